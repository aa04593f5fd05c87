//! The facts of a backup set: where it comes from, who made it and how long it is kept.

use leptos::prelude::*;

use crate::{
    model::backup::BackupSet,
    ui::{
        components::{
            badge::Nothing,
            when::{Exact, When},
        },
        words,
    },
};

#[component]
pub fn SetFacts(set: BackupSet) -> impl IntoView {
    let missing = (set.missing > 0).then(|| format!("{} missing", words::number(set.missing)));
    view! {
        <dl class="facts set-facts">
            <div>
                <dt>"Policies"</dt>
                <dd>
                    {words::number(set.items)}
                    {missing.map(|text| view! { <span class="set-missing">{text}</span> })}
                </dd>
            </div>
            <div><dt>"Source"</dt><dd>{set.source.label()}</dd></div>
            <div><dt>"Made by"</dt><dd>{set.created_by}</dd></div>
            <div><dt>"Made"</dt><dd><When at=set.created_at exact=Exact::Minute/></dd></div>
            <div>
                <dt>"Completed"</dt>
                <dd>
                    {match set.completed_at {
                        Some(at) => view! { <When at exact=Exact::Minute/> }.into_any(),
                        None => view! { <Nothing meaning="Not yet"/> }.into_any(),
                    }}
                </dd>
            </div>
            <div>
                <dt>"Kept until"</dt>
                <dd>
                    {match set.expires_at {
                        Some(at) => view! { <When at exact=Exact::Minute/> }.into_any(),
                        None => "It is deleted by hand".into_any(),
                    }}
                </dd>
            </div>
        </dl>
    }
}
