//! One run in the list: a row of the table, a card on a phone.

use leptos::prelude::*;

use super::{
    badge::{Nothing, OutcomeLabel, StatusBadge, Tag},
    life_mark::LifeMark,
    progress_cell::ProgressCell,
    run_duration::RunDuration,
    when::{Exact, When},
};
use crate::ui::{rows::Row, words};

#[component]
pub fn RunRow(row: Row, #[prop(into)] tenant: String) -> impl IntoView {
    let run = RwSignal::from(row.run);
    // What never changes of a run is read once.
    let (operation, who, sample) =
        run.with_untracked(|run| (run.operation_type.label(), words::initiator(&run.initiator), run.sample));
    let state = Memo::new(move |_| run.read().state());
    let started = Memo::new(move |_| run.read().started_at);
    let address = format!("/t/{tenant}/operations/{}", row.id);
    // The roles keep it a table for screen readers where a phone lays it out as cards.
    view! {
        <tr role="row" class="run" class:run-active=move || run.read().status.is_active()>
            <td role="cell" class="cell-status">{move || view! { <StatusBadge state=state.get()/> }}</td>
            <td role="rowheader" class="cell-operation">
                <a class="row-link" href=address>{operation}</a>
                {sample.then(|| view! { <Tag text="Sample" title="Made for the demo; no work was done"/> })}
            </td>
            <td role="cell" class="cell-initiator"><span class="clip" title=who.clone()>{who.clone()}</span></td>
            <td role="cell" class="cell-started">
                {move || match started.get() {
                    Some(at) => view! { <When at exact=Exact::Minute ago=true/> }.into_any(),
                    None => view! { <Nothing meaning="Not yet"/> }.into_any(),
                }}
            </td>
            <td role="cell" class="cell-duration"><RunDuration run/></td>
            <td role="cell" class="cell-outcome">{move || view! { <OutcomeLabel state=state.get()/> }}</td>
            <td role="cell" class="cell-progress"><ProgressCell run/><LifeMark run/></td>
        </tr>
    }
}
