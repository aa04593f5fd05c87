//! Which run it is, how it stands, who asked for it.

use leptos::prelude::*;

use crate::{
    model::run::Run,
    ui::{
        components::{
            badge::{StateBadge, Tag},
            copy_button::CopyButton,
            icon::{Glyph, Icon},
            life_mark::LifeMark,
            progress_cell::RunProgressBar,
            when::{Exact, When},
        },
        run_overlay::run_address,
        words,
    },
};

#[component]
pub fn Head(#[prop(into)] run: Signal<Run>, #[prop(into)] tenant: String) -> impl IntoView {
    let state = Memo::new(move |_| run.read().state());
    let joined = Memo::new(move |_| words::joined(run.read().joined_count));
    let progress = Memo::new(move |_| {
        let run = run.read();
        run.progress.clone().filter(|_| run.status.is_active())
    });
    // What never changes of a run is read once.
    let (operation, who, created, sample, id) = run.with_untracked(|run| {
        (run.operation_type.label(), words::initiator(&run.initiator), run.created_at, run.sample, run.id)
    });
    view! {
        <header class="detail-head">
            <div class="detail-title">
                <h1>{operation}</h1>
                {move || view! { <StateBadge state=state.get()/> }}
                <LifeMark run/>
                {sample.then(|| view! { <Tag text="Sample" title="Made for the demo; no work was done"/> })}
                <span class="grow"></span>
                <span class="run-id" title=id.to_string()>
                    <code>{words::short_id(id)}</code>
                    <CopyButton text=Signal::stored(id.to_string()) label="Copy the run id"/>
                </span>
                // What can be done with the run stands here.
                <div class="detail-actions">
                    <a class="button" href=format!("{}/export.json", run_address(&tenant, id)) download rel="external">
                        <Icon glyph=Glyph::Download/>
                        "JSON"
                    </a>
                </div>
            </div>
            <p class="quiet">
                "Started by " <strong>{who}</strong> ", " <When at=created exact=Exact::Minute/>
                {move || joined.get().map(|joined| format!(" \u{b7} {joined}"))}
            </p>
            {move || progress.get().map(|progress| view! { <RunProgressBar progress/> })}
        </header>
    }
}
