//! The facts of a restore: where it comes from, who made and confirmed it, and what belongs to it.

use leptos::prelude::*;

use crate::{
    model::restore::RestoreRun,
    ui::{
        components::{
            badge::Nothing,
            when::{Exact, When},
        },
        words,
    },
};

#[component]
pub fn RestoreFacts(run: RestoreRun, #[prop(into)] tenant: String) -> impl IntoView {
    let set = format!("/t/{tenant}/backups/{}", run.backup_set_id);
    let ledger = format!("/t/{tenant}/operations/{}", run.id);
    let assignments = if run.assignments { "Replaced by those of the backup" } else { "Stay as they are" };
    let point = |at: Option<_>| match at {
        Some(at) => view! { <When at exact=Exact::Minute/> }.into_any(),
        None => view! { <Nothing meaning="Not yet"/> }.into_any(),
    };
    view! {
        <dl class="facts restore-facts">
            <div><dt>"Backup set"</dt><dd><a class="clip" href=set>{run.backup_set_name}</a></dd></div>
            <div><dt>"Policies"</dt><dd>{words::number(run.counts.total)}</dd></div>
            <div><dt>"Assignments"</dt><dd>{assignments}</dd></div>
            <div>
                <dt>"Made"</dt>
                <dd><When at=run.created_at exact=Exact::Minute/><span class="fact-note">"by " {run.created_by}</span></dd>
            </div>
            <div>
                <dt>"Started"</dt>
                <dd>
                    {point(run.started_at)}
                    {run.confirmed_by.map(|name| view! { <span class="fact-note">"confirmed by " {name}</span> })}
                </dd>
            </div>
            <div>
                <dt>"Ended"</dt>
                <dd>{point(run.completed_at)}</dd>
            </div>
            {run
                .safety_set_id
                .map(|set| {
                    let address = format!("/t/{tenant}/backups/{set}");
                    view! { <div><dt>"Safety backup"</dt><dd><a href=address>"What was overwritten"</a></dd></div> }
                })}
            <div><dt>"On the ledger"</dt><dd><a href=ledger>"View run"</a></dd></div>
        </dl>
    }
}
