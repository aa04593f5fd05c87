//! `/t/{tenant}/policies/{family}/{id}`: one policy, its versions, and what differs between two of them.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::{
    hooks::{use_params_map, use_query_map},
    location::Url,
};

use crate::{
    api::items::show_policy,
    model::policy::PolicyDetail,
    ui::{
        components::{
            badge::Tag,
            comparison::Comparison,
            error_panel::ErrorPanel,
            icon::{Glyph, Icon},
            notice::Notice,
            policy::{Assignments, ChooseVersions, PolicyFacts, Versions},
            skeleton::DetailSkeleton,
        },
        context::CurrentTenant,
    },
};

#[component]
pub fn PolicyPage() -> impl IntoView {
    let CurrentTenant(tenant) = expect_context();
    let (params, query) = (use_params_map(), use_query_map());
    let place = Memo::new(move |_| {
        let params = params.read();
        (params.get("family").unwrap_or_default(), params.get("id").unwrap_or_default())
    });
    let compared = Memo::new(move |_| (query.read().get("from"), query.read().get("to")));
    let policy = Resource::new(
        move || (tenant.get(), place.get(), compared.get()),
        |(tenant, (family, id), (from, to))| show_policy(tenant, family, id, from, to),
    );
    let list = move || format!("/t/{}/policies?family={}", tenant.get(), Url::escape(&place.get().0));
    view! {
        <nav class="crumbs" aria-label="Breadcrumb">
            <a href=list><Icon glyph=Glyph::ChevronLeft/>"Policies"</a>
        </nav>
        <Transition fallback=|| view! { <DetailSkeleton/> }>
            {move || Suspend::new(async move {
                let tenant = tenant.get_untracked();
                match policy.await {
                    Err(error) => {
                        let way_out = (format!("/t/{tenant}/policies"), "Back to policies");
                        view! { <ErrorPanel error way_out/> }.into_any()
                    }
                    Ok(detail) => view! { <Policy detail tenant/> }.into_any(),
                }
            })}
        </Transition>
    }
}

#[component]
fn Policy(detail: PolicyDetail, tenant: String) -> impl IntoView {
    let PolicyDetail { policy, family_label, versions, comparison, assignments, body, note } = detail;
    let title = policy.title().to_owned();
    let gone = policy.removed_at.is_some();
    let conditional_access = family_label.starts_with("Conditional Access");
    let numbers: Vec<i32> = versions.iter().map(|version| version.version).collect();
    let changes = match comparison {
        None => view! { <p class="quiet">"It has not changed since it was first seen."</p> }.into_any(),
        Some(comparison) => view! {
            <ChooseVersions numbers from=comparison.from to=comparison.to/>
            <h3>"Content"</h3>
            <Comparison changes=comparison.changes/>
            {(!comparison.assignment_changes.is_empty())
                .then(|| {
                    view! {
                        <h3>"Assignments"</h3>
                        <Comparison changes=comparison.assignment_changes/>
                    }
                })}
        }
        .into_any(),
    };
    let json = match body {
        Some(text) => view! {
            <details class="fold policy-json">
                <summary><Icon glyph=Glyph::ChevronRight/>"Show the whole policy as JSON"</summary>
                <pre class="json">{text}</pre>
            </details>
        }
        .into_any(),
        None => view! { <p class="quiet">"The policy is too long to be shown here."</p> }.into_any(),
    };
    view! {
        <Title text=title.clone()/>
        <article class="detail policy">
            <header class="detail-head">
                <div class="detail-title">
                    <h1>{title}</h1>
                    {gone
                        .then(|| view! { <Tag glyph=Glyph::CircleSlash text="Removed" title="Not in the tenant any more"/> })}
                </div>
            </header>
            {note.map(|text| view! { <Notice text/> })}
            <PolicyFacts policy family=family_label/>
            <section class="panel" aria-labelledby="changes-title">
                <h2 id="changes-title">"What changed"</h2>
                {changes}
            </section>
            <section class="panel" aria-labelledby="versions-title">
                <h2 id="versions-title">"Versions"</h2>
                <Versions versions tenant/>
            </section>
            <section class="panel" aria-labelledby="assignments-title">
                <h2 id="assignments-title">"Assignments"</h2>
                <Assignments assignments conditional_access/>
            </section>
            <section class="panel" aria-labelledby="content-title">
                <h2 id="content-title">"Content"</h2>
                {json}
            </section>
        </article>
    }
}
