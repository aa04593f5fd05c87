//! The audit log, one entry a row.

use leptos::prelude::*;
use serde_json::Value;

use super::when::{Exact, When};
use crate::{
    model::audit::{AuditEntry, Subject},
    ui::audit_words::facts,
};

#[component]
pub fn AuditTable(entries: Vec<AuditEntry>, tenant: String) -> impl IntoView {
    let rows = entries.into_iter().map(|entry| view! { <Row entry tenant=tenant.clone()/> }).collect_view();
    view! {
        <table role="table" class="runs audit">
            <caption class="sr-only">"What was done, newest first"</caption>
            <thead role="rowgroup">
                <tr role="row">
                    <th role="columnheader" scope="col" class="cell-at">"When"</th>
                    <th role="columnheader" scope="col" class="cell-who">"Who"</th>
                    <th role="columnheader" scope="col" class="cell-did">"What"</th>
                    <th role="columnheader" scope="col" class="cell-address">"From"</th>
                </tr>
            </thead>
            <tbody role="rowgroup">{rows}</tbody>
        </table>
    }
}

#[component]
fn Row(entry: AuditEntry, tenant: String) -> impl IntoView {
    let AuditEntry { at, actor_name, actor_address, action, subject, detail, .. } = entry;
    let path = subject.path(action).map(|path| format!("/t/{tenant}/{path}"));
    view! {
        <tr role="row" class="run">
            <td role="cell" class="cell-at"><When at exact=Exact::Second/></td>
            <td role="cell" class="cell-who">{actor_name}</td>
            <td role="cell" class="cell-did">
                <span class="audit-action">{action.label()}</span>
                " "
                <Thing subject path/>
                <Facts detail/>
            </td>
            <td role="cell" class="cell-address">
                {match actor_address {
                    Some(address) => view! { <code>{address}</code> }.into_any(),
                    None => view! { <span class="quiet">"The server itself"</span> }.into_any(),
                }}
            </td>
        </tr>
    }
}

#[component]
fn Thing(subject: Subject, path: Option<String>) -> impl IntoView {
    match path {
        Some(path) => view! { <a href=path>{subject.name}</a> }.into_any(),
        None => view! { <span class="audit-subject">{subject.name}</span> }.into_any(),
    }
}

#[component]
fn Facts(detail: Value) -> impl IntoView {
    let words = facts(&detail);
    (!words.is_empty()).then(|| view! { <p class="group-note">{words}</p> })
}
