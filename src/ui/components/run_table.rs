//! The list of runs, and what stands there while there are none.

use leptos::prelude::*;

use super::{
    icon::{Glyph, Icon},
    run_row::RunRow,
};
use crate::ui::rows::RunRows;

/// The columns, with the class that sets their width.
const COLUMNS: [(&str, &str); 7] = [
    ("Status", "cell-status"),
    ("Operation", "cell-operation"),
    ("Initiator", "cell-initiator"),
    ("Started", "cell-started"),
    ("Duration", "cell-duration"),
    ("Outcome", "cell-outcome"),
    ("Progress", "cell-progress"),
];

#[component]
pub fn RunTable(
    rows: RunRows,
    #[prop(into)] tenant: String,
    /// Whether the reader could start one, which the empty state then suggests.
    can_start: bool,
    /// Whether a filter may be why there are none.
    filtered: bool,
) -> impl IntoView {
    let (empty, each) = (rows.clone(), rows);
    let list = format!("/t/{tenant}/operations");
    let nothing = move || match filtered {
        true => view! { <NoMatch list=list.clone()/> }.into_any(),
        false => view! { <NoRuns can_start/> }.into_any(),
    };
    view! {
        <Show when=move || !empty.is_empty() fallback=nothing>
            {
                let (each, tenant) = (each.clone(), tenant.clone());
                view! {
                    <table role="table" class="runs">
                        <caption class="sr-only">"Operation runs, newest first"</caption>
                        <RunTableHead/>
                        <tbody role="rowgroup">
                            <For
                                each=move || each.rows()
                                key=|row| row.id
                                children=move |row| view! { <RunRow row tenant=tenant.clone()/> }
                            />
                        </tbody>
                    </table>
                }
            }
        </Show>
    }
}

#[component]
pub fn RunTableHead() -> impl IntoView {
    view! {
        <thead role="rowgroup">
            <tr role="row">
                {COLUMNS
                    .map(|(name, class)| view! { <th role="columnheader" scope="col" class=class>{name}</th> })
                    .collect_view()}
            </tr>
        </thead>
    }
}

#[component]
fn NoRuns(can_start: bool) -> impl IntoView {
    let advice = match can_start {
        true => "Start with an inventory sync: it reads what the tenant has, and everything else builds on it.",
        false => "As soon as somebody starts an operation on this tenant, it appears here.",
    };
    view! {
        <div class="empty">
            <span class="empty-icon"><Icon glyph=Glyph::Inbox/></span>
            <h2>"No runs yet"</h2>
            <p>{advice}</p>
        </div>
    }
}

#[component]
fn NoMatch(list: String) -> impl IntoView {
    view! {
        <div class="empty">
            <span class="empty-icon"><Icon glyph=Glyph::Filter/></span>
            <h2>"No run matches"</h2>
            <p>"Nothing on the ledger passes these filters. Take one away, or look at all runs."</p>
            <p class="empty-actions"><a class="button" href=list>"Clear the filters"</a></p>
        </div>
    }
}
