//! Copies a text to the clipboard. It shows only where the browser can: with scripts, and on a secure address.

use std::time::Duration;

use leptos::prelude::*;

use super::icon::{Glyph, Icon};

#[component]
pub fn CopyButton(
    #[prop(into)] text: Signal<String>,
    /// What is copied, for those who do not see where the button stands.
    label: &'static str,
) -> impl IntoView {
    let (able, set_able) = signal(false);
    let (done, set_done) = signal(false);
    Effect::new(move |_| set_able.set(window().is_secure_context()));
    let copy = move |_| {
        _ = window().navigator().clipboard().write_text(&text.get_untracked());
        set_done.set(true);
        set_timeout(move || _ = set_done.try_set(false), Duration::from_secs(2));
    };
    view! {
        <button type="button" class="copy" class:copy-able=able aria-label=label title=label on:click=copy>
            {move || view! { <Icon glyph=if done.get() { Glyph::Check } else { Glyph::Copy }/> }}
            <span class="sr-only" role="status">{move || if done.get() { "Copied" } else { "" }}</span>
        </button>
    }
}
