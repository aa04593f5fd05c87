//! How much a finding matters, and where it stands: an icon and a word.

use leptos::prelude::*;

use crate::{
    model::drift::{FindingState, Severity},
    ui::components::icon::{Glyph, Icon},
};

#[component]
pub fn SeverityBadge(severity: Severity) -> impl IntoView {
    let (glyph, state) = match severity {
        Severity::High => (Glyph::Triangle, "state-failed"),
        Severity::Medium => (Glyph::Info, "state-partial"),
        Severity::Low => (Glyph::Dot, "state-queued"),
    };
    view! {
        <span class=format!("badge {state}")>
            <Icon glyph/>
            <span class="sr-only">"Severity: "</span>
            {severity.label()}
        </span>
    }
}

#[component]
pub fn StateLabel(state: FindingState) -> impl IntoView {
    let (glyph, class) = match state {
        FindingState::New => (Glyph::Flag, "state-running"),
        FindingState::Accepted => (Glyph::CircleCheck, "state-succeeded"),
        FindingState::Ignored => (Glyph::CircleSlash, "state-cancelled"),
        FindingState::Resolved => (Glyph::Check, "state-queued"),
    };
    view! {
        <span class=format!("outcome {class}") title=state.meaning()>
            <Icon glyph/>
            {state.label()}
        </span>
    }
}
