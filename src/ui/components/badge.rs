//! How a run stands: an icon and a word, in the colour of the state.

use leptos::prelude::*;

use super::icon::{Glyph, Icon};
use crate::model::run::{RunOutcome, RunState, RunStatus};

/// One badge for the whole state: the status while active, the outcome after.
#[component]
pub fn StateBadge(state: RunState) -> impl IntoView {
    view! {
        <span class=format!("badge state-{}", state.token())>
            <Icon glyph=Glyph::of(state)/>
            {state.word()}
        </span>
    }
}

/// The status column: an ended run is quiet here, its colour is in the outcome column.
#[component]
pub fn StatusBadge(state: RunState) -> impl IntoView {
    match state {
        RunState::Ended(_) => view! {
            <span class="badge badge-quiet">
                <Icon glyph=Glyph::Flag/>
                {RunStatus::Completed.label()}
            </span>
        }
        .into_any(),
        state => view! { <StateBadge state/> }.into_any(),
    }
}

/// The outcome column: icon and word without a ground, nothing while the run is active.
#[component]
pub fn OutcomeLabel(state: RunState) -> impl IntoView {
    match state {
        RunState::Ended(outcome) => view! {
            <span class=format!("outcome state-{}", state.token())>
                <Icon glyph=Glyph::of(state)/>
                <span class:struck=outcome == RunOutcome::Cancelled>{outcome.label()}</span>
            </span>
        }
        .into_any(),
        _ => view! { <Nothing meaning="None yet"/> }.into_any(),
    }
}

/// A dash where there is nothing to show, with its meaning for those who do not see it.
#[component]
pub fn Nothing(meaning: &'static str) -> impl IntoView {
    view! {
        <span class="nothing">
            <span aria-hidden="true">"\u{2013}"</span>
            <span class="sr-only">{meaning}</span>
        </span>
    }
}

/// A small word beside a name: "Sample", "Read-only".
#[component]
pub fn Tag(#[prop(optional)] glyph: Option<Glyph>, #[prop(into)] title: String, text: &'static str) -> impl IntoView {
    view! {
        <span class="tag" title=title>
            {glyph.map(|glyph| view! { <Icon glyph/> })}
            {text}
        </span>
    }
}
