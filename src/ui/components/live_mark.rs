//! Says discreetly whether the page is kept up to date.

use leptos::prelude::*;

use crate::ui::live::{LiveFeed, LiveState};

#[component]
pub fn LiveMark() -> impl IntoView {
    let feed = expect_context::<LiveFeed>();
    let word = move || match feed.state() {
        LiveState::Connecting => "",
        LiveState::Live => "Live",
        LiveState::Reconnecting => "Reconnecting\u{2026}",
    };
    let class = move || match feed.state() {
        LiveState::Connecting => "live",
        LiveState::Live => "live live-on",
        LiveState::Reconnecting => "live live-off",
    };
    view! {
        <span class=class role="status">
            <span class="live-dot" aria-hidden="true"></span>
            {word}
        </span>
    }
}
