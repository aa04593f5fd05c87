//! The list of restores.

use leptos::prelude::*;

use super::badges::RestoreBadge;
use crate::{
    model::restore::RestoreRun,
    ui::{
        components::{
            badge::Nothing,
            when::{Exact, When},
        },
        restore_words, words,
    },
};

const COLUMNS: [(&str, &str); 7] = [
    ("Restore of", "restore-name"),
    ("Status", "restore-status"),
    ("Policies", "restore-count"),
    ("Result", "restore-result"),
    ("Made by", "restore-by"),
    ("Made", "restore-when"),
    ("Ended", "restore-when"),
];

#[component]
pub fn RestoreTable(restores: Vec<RestoreRun>, #[prop(into)] tenant: String) -> impl IntoView {
    let rows = restores.into_iter().map(|run| view! { <Row run tenant=tenant.clone()/> }).collect_view();
    view! {
        <table role="table" class="runs restores">
            <caption class="sr-only">"Restores, newest first"</caption>
            <thead role="rowgroup">
                <tr role="row">
                    {COLUMNS
                        .map(|(name, class)| view! { <th role="columnheader" scope="col" class=class>{name}</th> })
                        .collect_view()}
                </tr>
            </thead>
            <tbody role="rowgroup">{rows}</tbody>
        </table>
    }
}

#[component]
fn Row(run: RestoreRun, tenant: String) -> impl IntoView {
    let address = format!("/t/{tenant}/restores/{}", run.id);
    let result = if run.status.has_ended() { restore_words::result(&run.counts) } else { String::new() };
    view! {
        <tr role="row" class="run">
            <td role="cell" class="restore-name">
                <a class="row-link clip" href=address>{run.backup_set_name.clone()}</a>
            </td>
            <td role="cell" class="restore-status"><RestoreBadge run=run.clone()/></td>
            <td role="cell" class="restore-count">
                <span class="card-label">"Policies "</span>
                {words::number(run.counts.total)}
            </td>
            <td role="cell" class="restore-result">
                {match result.is_empty() {
                    true => view! { <Nothing meaning="None yet"/> }.into_any(),
                    false => view! { <span class="clip" title=result.clone()>{result.clone()}</span> }.into_any(),
                }}
            </td>
            <td role="cell" class="restore-by"><span class="clip" title=run.created_by.clone()>{run.created_by.clone()}</span></td>
            <td role="cell" class="restore-when"><When at=run.created_at exact=Exact::Minute/></td>
            <td role="cell" class="restore-when">
                {match run.completed_at {
                    Some(at) => view! { <When at exact=Exact::Minute/> }.into_any(),
                    None => view! { <Nothing meaning="Not yet"/> }.into_any(),
                }}
            </td>
        </tr>
    }
}
