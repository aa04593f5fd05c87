//! The mark and the wordmark.

use leptos::prelude::*;

/// Lines of a ledger, the last one still being written.
#[component]
pub fn Logo() -> impl IntoView {
    view! {
        <span class="logo">
            <svg class="logo-mark" viewBox="0 0 20 20" width="20" height="20" aria-hidden="true" focusable="false">
                <rect class="logo-ground" width="20" height="20" rx="5"></rect>
                <path class="logo-lines" d="M5 6.25h10M5 10h7M5 13.75h3.5"></path>
                <circle class="logo-dot" cx="13" cy="13.75" r="1.75"></circle>
            </svg>
            <span class="logo-word">"Runledger"</span>
        </span>
    }
}
