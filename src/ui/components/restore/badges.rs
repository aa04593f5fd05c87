//! How a restore stands, and what becomes of each of its policies: an icon and a word.

use leptos::prelude::*;

use crate::{
    model::{
        restore::{RestoreItem, RestorePlan, RestoreRun, RestoreState, RestoreStatus},
        run::RunState,
    },
    ui::components::{
        badge::StateBadge,
        icon::{Glyph, Icon},
    },
};

#[component]
pub fn RestoreBadge(run: RestoreRun) -> impl IntoView {
    if let Some(outcome) = run.outcome() {
        return view! { <StateBadge state=RunState::Ended(outcome)/> }.into_any();
    }
    let (glyph, state, word) = match run.status {
        RestoreStatus::Draft => (Glyph::Arc, "state-running", "Being previewed"),
        RestoreStatus::Previewed => (Glyph::Eye, "state-queued", RestoreStatus::Previewed.label()),
        status => (Glyph::Arc, "state-running", status.label()),
    };
    view! { <span class=format!("badge {state}")><Icon glyph/>{word}</span> }.into_any()
}

/// What is planned for a policy, and once the restore was confirmed, what became of it.
#[component]
pub fn ItemMark(
    item: RestoreItem,
    /// Whether the restore was let write.
    begun: bool,
) -> impl IntoView {
    let (glyph, state, word) = if begun || item.state.has_ended() { became(item.state) } else { planned(item.plan) };
    view! { <span class=format!("outcome {state}")><Icon glyph/>{word}</span> }
}

const fn planned(plan: RestorePlan) -> (Glyph, &'static str, &'static str) {
    let (glyph, state) = match plan {
        RestorePlan::Pending => (Glyph::Clock, "state-queued"),
        RestorePlan::Create => (Glyph::Plus, "state-succeeded"),
        RestorePlan::Update => (Glyph::Swap, "state-running"),
        RestorePlan::Unchanged => (Glyph::Check, "state-cancelled"),
        RestorePlan::Blocked => (Glyph::CircleSlash, "state-failed"),
    };
    (glyph, state, plan.label())
}

const fn became(state: RestoreState) -> (Glyph, &'static str, &'static str) {
    let (glyph, colour) = match state {
        RestoreState::Waiting => (Glyph::Clock, "state-queued"),
        RestoreState::Writing => (Glyph::Arc, "state-running"),
        RestoreState::Created | RestoreState::Updated => (Glyph::CircleCheck, "state-succeeded"),
        RestoreState::Unchanged => (Glyph::Check, "state-cancelled"),
        RestoreState::Failed => (Glyph::CircleCross, "state-failed"),
        RestoreState::Cancelled => (Glyph::CircleSlash, "state-cancelled"),
    };
    (glyph, colour, state.label())
}
