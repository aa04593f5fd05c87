//! `/t/{tenant}/drift/{finding}`: one place that differs, its history, and what is decided about it.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

use crate::{
    api::drift::{DecideFindings, show_finding},
    error::AppError,
    model::{
        drift::{Finding, FindingDetail},
        user::{Action, Role},
    },
    ui::{
        components::{
            badge::Tag,
            comparison::Comparison,
            drift::{Decide, FindingHistory, SeverityBadge, StateLabel},
            error_panel::ErrorPanel,
            icon::{Glyph, Icon},
            notice::Alert,
            skeleton::DetailSkeleton,
            toast::{Toast, ToastText},
            when::{Exact, When},
        },
        context::{CurrentTenant, ViewerResource, action_error, role_in},
        drift_words,
    },
};

#[component]
pub fn FindingPage() -> impl IntoView {
    let CurrentTenant(tenant) = expect_context();
    let viewer = expect_context::<ViewerResource>();
    let params = use_params_map();
    let id = Memo::new(move |_| params.read().get("finding").unwrap_or_default());
    let detail = Resource::new(move || (tenant.get(), id.get()), |(tenant, finding)| show_finding(tenant, finding));
    let decide = ServerAction::<DecideFindings>::new();
    let decide_error = action_error(decide);
    let toast = RwSignal::new(None);
    Effect::new(move |_| match decide.value().get() {
        Some(Ok(decided)) => {
            toast.set(Some(ToastText { words: drift_words::decided(&decided), alert: false, link: None }));
            detail.refetch();
        }
        Some(Err(AppError::Unauthenticated)) => detail.refetch(),
        Some(Err(error)) => toast.set(Some(ToastText { words: error.to_string(), alert: true, link: None })),
        None => {}
    });
    let form_error = move || decide_error.get().filter(|_| decide.version().get() == 0);
    let list = move || format!("/t/{}/drift", tenant.get());
    view! {
        <nav class="crumbs" aria-label="Breadcrumb">
            <a href=list><Icon glyph=Glyph::ChevronLeft/>"Drift"</a>
        </nav>
        <Transition fallback=|| view! { <DetailSkeleton/> }>
            {move || Suspend::new(async move {
                let tenant = tenant.get_untracked();
                let role = role_in(&viewer.await, &tenant);
                match detail.await {
                    Err(error) => {
                        let way_out = (format!("/t/{tenant}/drift"), "Back to drift");
                        view! { <ErrorPanel error way_out/> }.into_any()
                    }
                    Ok(FindingDetail { finding, events }) => {
                        let title = drift_words::policy_name(&finding.policy_name).to_owned();
                        let changes = vec![finding.change.clone()];
                        let can_decide = role.is_some_and(|role| role.can(Action::TriageDrift));
                        view! {
                            <Title text=title/>
                            {move || form_error().map(|error| view! { <Alert text=error.to_string()/> })}
                            <article class="detail">
                                <Head finding=finding.clone() role/>
                                <Facts finding=finding.clone() tenant=tenant.clone()/>
                                <div class="detail-columns">
                                    <div class="detail-main">
                                        <section class="panel" aria-labelledby="comparison-title">
                                            <h2 id="comparison-title">"What differs"</h2>
                                            <Comparison changes/>
                                        </section>
                                        {can_decide
                                            .then(|| view! { <Decide action=decide finding tenant=tenant.clone()/> })}
                                    </div>
                                    <FindingHistory events tenant/>
                                </div>
                            </article>
                        }
                            .into_any()
                    }
                }
            })}
        </Transition>
        <Toast toast/>
    }
}

#[component]
fn Head(finding: Finding, role: Option<Role>) -> impl IntoView {
    let name = drift_words::policy_name(&finding.policy_name).to_owned();
    view! {
        <header class="detail-head">
            <div class="detail-title">
                <h1>{name}</h1>
                <SeverityBadge severity=finding.severity/>
                <StateLabel state=finding.state/>
                <span class="grow"></span>
                {(role == Some(Role::Readonly))
                    .then(|| view! { <Tag glyph=Glyph::Eye text="Read-only" title="Your role sees everything and changes nothing"/> })}
            </div>
            <p class="quiet">
                {finding.family.label} ", compared with " {drift_words::baseline(finding.baseline, &finding.baseline_name)}
                ": what is before is the baseline's, what is after is the tenant's."
            </p>
        </header>
    }
}

#[component]
fn Facts(finding: Finding, tenant: String) -> impl IntoView {
    let run = |run| format!("/t/{tenant}/operations/{run}");
    let decided = finding.decided_at.map(|at| {
        view! {
            <div>
                <dt>"Decided"</dt>
                <dd>
                    <When at exact=Exact::Minute/>
                    <span class="fact-note">
                        {finding.decided_by.map(|name| format!("by {name}"))}
                        {finding.reason.map(|reason| format!(": {reason}"))}
                    </span>
                </dd>
            </div>
        }
    });
    view! {
        <dl class="facts">
            <div>
                <dt>"First found"</dt>
                <dd>
                    <When at=finding.first_seen_at exact=Exact::Minute/>
                    <span class="fact-note"><a href=run(finding.first_seen_run)>"View run"</a></span>
                </dd>
            </div>
            <div>
                <dt>"Last seen"</dt>
                <dd>
                    <When at=finding.last_seen_at exact=Exact::Minute/>
                    <span class="fact-note"><a href=run(finding.last_seen_run)>"View run"</a></span>
                </dd>
            </div>
            {decided}
            {finding
                .resolved_at
                .map(|at| view! { <div><dt>"Resolved"</dt><dd><When at exact=Exact::Minute/></dd></div> })}
        </dl>
    }
}
