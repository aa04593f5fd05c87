//! Says discreetly whether the page is kept up to date.

use leptos::prelude::*;

use crate::ui::live::{LiveFeed, LiveState};

#[component]
pub fn LiveMark(
    /// Whether the reader holds the page still.
    #[prop(optional, into)]
    paused: Option<Signal<bool>>,
) -> impl IntoView {
    let feed = expect_context::<LiveFeed>();
    let told = move || match (feed.state(), paused.is_some_and(|paused| paused.get())) {
        (LiveState::Connecting, _) => ("live", ""),
        (LiveState::Live, false) => ("live live-on", "Live"),
        (LiveState::Live, true) => ("live live-paused", "Paused"),
        (LiveState::DatabaseAway, _) => ("live live-off", "The database is away, waiting\u{2026}"),
        (LiveState::Reconnecting, _) => ("live live-off", "Connection lost, reconnecting\u{2026}"),
    };
    view! {
        <span class=move || told().0 role="status">
            <span class="live-dot" aria-hidden="true"></span>
            {move || told().1}
        </span>
    }
}
