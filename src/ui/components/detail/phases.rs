//! Where the run's time went, drawn: waiting, then each attempt. It grows while the run is active.

use chrono::{DateTime, Utc};
use leptos::prelude::*;

use crate::{
    model::{
        run::{Run, RunEvent},
        time,
    },
    ui::{
        clock::{Clock, hydrated},
        phases::{Phase, phases, shares},
    },
};

#[component]
pub fn Phases(#[prop(into)] run: Signal<Run>, #[prop(into)] events: Signal<Vec<RunEvent>>) -> impl IntoView {
    let clock = expect_context::<Clock>();
    let alive = hydrated();
    let drawn = Memo::new(move |_| {
        let run = run.read();
        // An ended run does not listen to the clock; without one, time ends at the last change.
        let now = if run.completed_at.is_none() && alive.get() { clock.now() } else { None };
        phases(&run, &events.read(), now.unwrap_or(DateTime::<Utc>::MIN_UTC))
    });
    view! {
        <section class="panel" aria-labelledby="phases-title">
            <h2 id="phases-title">"Time"</h2>
            {move || bar(&drawn.read())}
            <dl class="numbers numbers-small">{move || legend(&drawn.read())}</dl>
        </section>
    }
}

fn bar(phases: &[Phase]) -> impl IntoView + use<> {
    let parts = phases
        .iter()
        .zip(shares(phases))
        .map(|(phase, (x, width))| {
            let class = format!("segment {}", class(phase));
            view! { <rect class=class x=format!("{x:.2}%") width=format!("{width:.2}%") height="100%"></rect> }
        })
        .collect_view();
    view! { <svg class="stack" aria-hidden="true" width="100%" height="8">{parts}</svg> }
}

fn legend(phases: &[Phase]) -> impl IntoView + use<> {
    phases
        .iter()
        .map(|phase| {
            let span = match phase.open {
                true => time::duration(phase.span),
                false => time::span(phase.span),
            };
            view! {
                <div>
                    <dt>
                        <span class=format!("swatch {}", class(phase)) aria-hidden="true"></span>
                        {phase.name()}
                    </dt>
                    <dd>{span}</dd>
                </div>
            }
        })
        .collect_view()
}

/// Attempts alternate in tone, so that one can be told from the next.
const fn class(phase: &Phase) -> &'static str {
    match phase.attempt {
        0 => "phase-waiting",
        attempt if attempt % 2 == 1 => "phase-odd",
        _ => "phase-even",
    }
}
