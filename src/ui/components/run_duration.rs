//! How long a run took, or has taken so far: then it ticks.

use chrono::{DateTime, Utc};
use leptos::prelude::*;

use super::badge::Nothing;
use crate::{
    model::{run::Run, time},
    ui::clock::{Clock, hydrated},
};

#[component]
pub fn RunDuration(#[prop(into)] run: Signal<Run>) -> impl IntoView {
    let clock = expect_context::<Clock>();
    let alive = hydrated();
    let text = Memo::new(move |_| {
        let run = run.read();
        // An ended run does not listen to the clock.
        let now = match run.completed_at {
            None if alive.get() => clock.now(),
            _ => None,
        };
        duration(&run, now)
    });
    move || match text.get() {
        Some(text) => view! { <span class="duration">{text}</span> }.into_any(),
        None => view! { <Nothing meaning="Not yet"/> }.into_any(),
    }
}

/// From the start to the end, or to `now`; without a clock to the last sign of life, which server and browser agree on.
fn duration(run: &Run, now: Option<DateTime<Utc>>) -> Option<String> {
    let started = run.started_at?;
    let last_sign = run.heartbeat_at.map_or(run.updated_at, |beat| beat.max(run.updated_at));
    let end = run.completed_at.unwrap_or_else(|| now.map_or(last_sign, |now| now.max(last_sign)));
    Some(time::duration(end - started))
}
