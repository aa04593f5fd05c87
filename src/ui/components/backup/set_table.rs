//! The list of backup sets.

use leptos::prelude::*;

use super::set_badge::SetBadge;
use crate::{
    model::backup::BackupSet,
    ui::{
        components::when::{Exact, When},
        words,
    },
};

const COLUMNS: [(&str, &str); 7] = [
    ("Name", "set-name"),
    ("Status", "set-status"),
    ("Policies", "set-count"),
    ("Source", "set-source"),
    ("Made by", "set-by"),
    ("Made", "set-when"),
    ("Kept until", "set-when"),
];

#[component]
pub fn SetTable(sets: Vec<BackupSet>, #[prop(into)] tenant: String) -> impl IntoView {
    let rows = sets.into_iter().map(|set| view! { <SetRow set tenant=tenant.clone()/> }).collect_view();
    view! {
        <table role="table" class="runs sets">
            <caption class="sr-only">"Backup sets, newest first"</caption>
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
fn SetRow(set: BackupSet, tenant: String) -> impl IntoView {
    let address = format!("/t/{tenant}/backups/{}", set.id);
    let missing = (set.missing > 0).then(|| format!("{} missing", words::number(set.missing)));
    view! {
        <tr role="row" class="run">
            <td role="cell" class="set-name"><a class="row-link clip" href=address>{set.name.clone()}</a></td>
            <td role="cell" class="set-status"><SetBadge set=set.clone()/></td>
            <td role="cell" class="set-count">
                {words::number(set.items)}
                {missing.map(|text| view! { <span class="set-missing">{text}</span> })}
            </td>
            <td role="cell" class="set-source">{set.source.label()}</td>
            <td role="cell" class="set-by"><span class="clip" title=set.created_by.clone()>{set.created_by.clone()}</span></td>
            <td role="cell" class="set-when"><When at=set.created_at exact=Exact::Minute/></td>
            <td role="cell" class="set-when">
                {match set.expires_at {
                    Some(at) => view! { <When at exact=Exact::Minute/> }.into_any(),
                    None => view! { <span class="quiet">"Deleted by hand"</span> }.into_any(),
                }}
            </td>
        </tr>
    }
}
