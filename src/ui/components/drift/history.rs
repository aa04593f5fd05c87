//! What became of a finding, oldest first.

use leptos::prelude::*;

use crate::{
    model::drift::{FindingEvent, FindingEventKind},
    ui::components::{
        icon::{Glyph, Icon},
        when::{Exact, When},
    },
};

#[component]
pub fn FindingHistory(events: Vec<FindingEvent>, #[prop(into)] tenant: String) -> impl IntoView {
    let marks = events.into_iter().map(|event| view! { <Mark event tenant=tenant.clone()/> }).collect_view();
    view! {
        <section class="panel" aria-labelledby="history-title">
            <h2 id="history-title">"History"</h2>
            <ol class="timeline">{marks}</ol>
        </section>
    }
}

#[component]
fn Mark(event: FindingEvent, tenant: String) -> impl IntoView {
    let FindingEvent { kind, at, actor, run, reason } = event;
    let (glyph, class) = match kind {
        FindingEventKind::Found | FindingEventKind::Returned => (Glyph::Flag, "state-running"),
        FindingEventKind::ValueChanged => (Glyph::Swap, "state-partial"),
        FindingEventKind::Resolved => (Glyph::Check, "state-queued"),
        FindingEventKind::Accepted => (Glyph::CircleCheck, "state-succeeded"),
        FindingEventKind::Ignored => (Glyph::CircleSlash, "state-cancelled"),
        FindingEventKind::Reopened => (Glyph::Flag, "state-queued"),
    };
    let title = match actor {
        Some(actor) => format!("{} by {actor}", kind.label()),
        None => kind.label().to_owned(),
    };
    view! {
        <li class="mark">
            <span class=format!("mark-icon {class}")><Icon glyph/></span>
            <div class="mark-text">
                <span class="mark-title">{title}</span>
                {reason.map(|reason| view! { <span class="quiet">{reason}</span> })}
                {run.map(|run| view! { <a class="quiet" href=format!("/t/{tenant}/operations/{run}")>"View run"</a> })}
            </div>
            <div class="mark-time"><When at exact=Exact::Minute/></div>
        </li>
    }
}
