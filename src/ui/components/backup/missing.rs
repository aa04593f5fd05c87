//! What is missing from a set, and why.

use leptos::prelude::*;

use crate::{
    model::backup::MissingPolicy,
    ui::{
        components::icon::{Glyph, Icon},
        words,
    },
};

#[component]
pub fn Missing(
    missing: Vec<MissingPolicy>,
    /// How many there are, which may be more than are named.
    total: u64,
    #[prop(into)] tenant: String,
    /// The button to try again, for those who may.
    children: Children,
) -> impl IntoView {
    let unnamed = total.saturating_sub(missing.len() as u64);
    let list = missing
        .into_iter()
        .map(|policy| {
            let run = format!("/t/{tenant}/operations/{}", policy.run_id);
            let name = policy.name.unwrap_or_else(|| policy.key.graph_id.clone());
            view! {
                <li>
                    <span class="failure-item">{name}<span class="fact-note">{policy.family_label}</span></span>
                    <div>
                        <span class="failure-message">{policy.message}</span>
                        <span class="failure-trace">
                            <code>{policy.code.as_str()}</code>
                            <code>{policy.key.graph_id}</code>
                            <a href=run>"View run"</a>
                        </span>
                    </div>
                </li>
            }
        })
        .collect_view();
    view! {
        <section class="panel missing" aria-labelledby="missing-title">
            <header class="missing-head">
                <span class="state-partial"><Icon glyph=Glyph::Triangle/></span>
                <h2 id="missing-title">"This set is incomplete"</h2>
                <span class="grow"></span>
                {children()}
            </header>
            <p class="failure-hint">{words::missing_policies(total)}</p>
            <ul class="failure-items">{list}</ul>
            {(unnamed > 0).then(|| view! { <p class="quiet">{format!("And {} more.", words::number(unnamed))}</p> })}
        </section>
    }
}
