//! The schedules of a tenant, one row for each operation that can start by itself.

use leptos::prelude::*;

use super::{
    badge::{Nothing, StateBadge},
    busy_button::BusyButton,
    icon::{Glyph, Icon},
    when::{Exact, When},
};
use crate::{
    api::operations::StartOperation,
    model::{
        operation::OperationType,
        run::Run,
        schedule::{Schedule, ScheduleSettings},
    },
};

#[component]
pub fn ScheduleTable(
    schedules: Vec<Schedule>,
    can_edit: bool,
    /// Absent for those who may not start operations.
    start: Option<ServerAction<StartOperation>>,
    #[prop(into)] tenant: String,
) -> impl IntoView {
    let heads = [
        ("Operation", "cell-what"),
        ("Starts", "cell-times"),
        ("Next run", "cell-next"),
        ("Last run", "cell-last"),
        ("State", "cell-state"),
    ];
    let acts = can_edit || start.is_some();
    let rows = schedules
        .into_iter()
        .map(|schedule| view! { <Row schedule can_edit start tenant=tenant.clone()/> })
        .collect_view();
    view! {
        <table role="table" class="runs schedules">
            <caption class="sr-only">"Operations that can start by themselves"</caption>
            <thead role="rowgroup">
                <tr role="row">
                    {heads
                        .map(|(name, class)| view! { <th role="columnheader" scope="col" class=class>{name}</th> })
                        .collect_view()}
                    {acts
                        .then(|| {
                            view! {
                                <th role="columnheader" scope="col" class="cell-acts"><span class="sr-only">"Actions"</span></th>
                            }
                        })}
                </tr>
            </thead>
            <tbody role="rowgroup">{rows}</tbody>
        </table>
    }
}

#[component]
fn Row(
    schedule: Schedule,
    can_edit: bool,
    start: Option<ServerAction<StartOperation>>,
    tenant: String,
) -> impl IntoView {
    let Schedule { operation_type, settings, last_run } = schedule;
    let next = settings.as_ref().and_then(|settings| settings.next_run_at);
    let edit = format!("/t/{tenant}/schedules?operation_type={operation_type}");
    let (edit_words, new) = if settings.is_some() { ("Edit", false) } else { ("Set up", true) };
    let acts = can_edit || start.is_some();
    view! {
        <tr role="row" class="run">
            <td role="cell" class="cell-what">{operation_type.label()}</td>
            <td role="cell" class="cell-times">
                {match settings.clone() {
                    None => view! { <span class="quiet">"Not by itself"</span> }.into_any(),
                    Some(settings) => {
                        let hint = format!("{} \u{b7} saved by {}", settings.cron, settings.updated_by_name);
                        view! {
                            <span title=hint>{settings.words}</span>
                            <span class="schedule-zone">{settings.time_zone}</span>
                        }
                            .into_any()
                    }
                }}
            </td>
            <td role="cell" class="cell-next">
                {match next {
                    Some(at) => view! { <When at exact=Exact::Minute/> }.into_any(),
                    None => view! { <Nothing meaning="None"/> }.into_any(),
                }}
            </td>
            <td role="cell" class="cell-last">
                {match last_run {
                    Some(run) => view! { <LastFired run tenant=tenant.clone()/> }.into_any(),
                    None => view! { <Nothing meaning="None yet"/> }.into_any(),
                }}
            </td>
            <td role="cell" class="cell-state"><State settings/></td>
            {acts
                .then(|| {
                    view! {
                        <td role="cell" class="cell-acts">
                            {start.map(|action| view! { <RunNow action operation_type tenant=tenant.clone()/> })}
                            {can_edit
                                .then(|| {
                                    let label = format!("{edit_words}: {}", operation_type.label());
                                    view! {
                                        <a class="button" class:schedule-new=new href=edit aria-label=label>{edit_words}</a>
                                    }
                                })}
                        </td>
                    }
                })}
        </tr>
    }
}

/// The run that came of the schedule last.
#[component]
fn LastFired(run: Run, tenant: String) -> impl IntoView {
    let address = format!("/t/{tenant}/operations/{}", run.id);
    view! {
        <a class="last-run" href=address>
            <StateBadge state=run.state()/>
            <When at=run.created_at exact=Exact::Minute/>
        </a>
    }
}

#[component]
fn State(settings: Option<ScheduleSettings>) -> impl IntoView {
    let on = settings.as_ref().is_some_and(|settings| settings.next_run_at.is_some());
    let late = settings.as_ref().is_some_and(|settings| settings.late);
    let succeeded = settings.filter(|_| late).map(|settings| settings.last_succeeded_at);
    view! {
        {match (on, late) {
            (true, true) => view! { <span class="badge state-partial"><Icon glyph=Glyph::Triangle/>"Late"</span> }.into_any(),
            (true, false) => view! { <span class="badge state-succeeded"><Icon glyph=Glyph::Clock/>"On"</span> }.into_any(),
            (false, _) => view! { <span class="badge state-cancelled"><Icon glyph=Glyph::CircleSlash/>"Off"</span> }.into_any(),
        }}
        {succeeded
            .map(|at| match at {
                Some(at) => view! {
                    <span class="schedule-late">"Last succeeded " <When at exact=Exact::Minute/></span>
                }
                    .into_any(),
                None => view! { <span class="schedule-late">"Has not succeeded yet"</span> }.into_any(),
            })}
    }
}

/// A form, so that it works without scripts.
#[component]
fn RunNow(action: ServerAction<StartOperation>, operation_type: OperationType, tenant: String) -> impl IntoView {
    let label = format!("Run now: {}", operation_type.label());
    view! {
        <ActionForm action>
            <input type="hidden" name="tenant" value=tenant/>
            <input type="hidden" name="operation_type" value=operation_type.as_str()/>
            <BusyButton busy=action.pending() class="button" glyph=Glyph::Play words="Run now" label/>
        </ActionForm>
    }
}
