//! The run's history, drawn: a line with marks, their times and the time between them.

use leptos::prelude::*;

use crate::{
    model::{
        run::{RunEvent, RunEventKind, RunState},
        time,
    },
    ui::{
        components::{
            icon::{Glyph, Icon},
            when::{Exact, When},
        },
        timeline::{Mark, Step, marks},
    },
};

#[component]
pub fn Timeline(#[prop(into)] events: Signal<Vec<RunEvent>>) -> impl IntoView {
    let drawn = move || marks(&events.read()).into_iter().map(|mark| view! { <MarkView mark/> }).collect_view();
    view! {
        <section class="panel" aria-labelledby="timeline-title">
            <h2 id="timeline-title">"Timeline"</h2>
            <ol class="timeline">{drawn}</ol>
        </section>
    }
}

#[component]
fn MarkView(mark: Mark) -> impl IntoView {
    let (glyph, class) = look(&mark);
    let Mark { at, title, note, since, steps, .. } = mark;
    view! {
        <li class="mark">
            <span class=format!("mark-icon {class}")><Icon glyph/></span>
            <div class="mark-text">
                <span class="mark-title">{title}</span>
                {note.map(|note| view! { <span class="quiet">{note}</span> })}
                {(!steps.is_empty()).then(|| view! { <Steps steps/> })}
            </div>
            <div class="mark-time">
                <When at exact=Exact::TimeOfDay/>
                {since.map(|since| view! { <span class="quiet">{format!("+{}", time::span(since))}</span> })}
            </div>
        </li>
    }
}

#[component]
fn Steps(steps: Vec<Step>) -> impl IntoView {
    let count = steps.len();
    let list = steps
        .into_iter()
        .map(|Step { at, text, note }| {
            view! {
                <li>
                    <span>{note.unwrap_or_else(|| text.clone())}</span>
                    <When at exact=Exact::TimeOfDay/>
                </li>
            }
        })
        .collect_view();
    view! {
        <details class="fold">
            <summary>
                <Icon glyph=Glyph::ChevronRight/>
                {if count == 1 { "1 step".to_owned() } else { format!("{count} steps") }}
            </summary>
            <ol class="attempt-steps">{list}</ol>
        </details>
    }
}

/// The icon of a mark, and the class that colours it.
fn look(mark: &Mark) -> (Glyph, String) {
    let quiet = "state-queued".to_owned();
    match (mark.kind, mark.outcome) {
        (RunEventKind::Completed, Some(outcome)) => {
            let state = RunState::Ended(outcome);
            (Glyph::of(state), format!("state-{}", state.token()))
        }
        (RunEventKind::Completed, None) => (Glyph::Flag, quiet),
        (RunEventKind::Created, _) => (Glyph::Plus, quiet),
        (RunEventKind::Joined, _) => (Glyph::Join, quiet),
        (RunEventKind::Started, _) => (Glyph::Play, "state-running".to_owned()),
        (RunEventKind::Progress, _) => (Glyph::Dot, "state-running".to_owned()),
        (RunEventKind::CancelRequested, _) => (Glyph::CircleSlash, quiet),
        (RunEventKind::Released, _) => (Glyph::Clock, "state-partial".to_owned()),
        (RunEventKind::LateWrite, _) => (Glyph::Info, "state-partial".to_owned()),
    }
}
