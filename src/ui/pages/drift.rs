//! `/t/{tenant}/drift`: what differs from a baseline, by policy, and what is to be decided about it.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use crate::{
    api::drift::{DecideFindings, GenerateDrift, get_drift_overview, list_findings},
    error::AppError,
    model::{
        drift::{BaselineChoice, DriftOverview, Finding},
        finding_filter::FindingFilter,
        listing::Listing,
        operation::OperationType,
        run::LiveEvent,
        user::{Action, Role},
    },
    ui::{
        components::{
            badge::Tag,
            drift::{DecideSelected, FindingFilterForm, Findings, GenerateForm, LastComparisonLine, NoFindings},
            error_panel::ErrorPanel,
            icon::{Glyph, Icon},
            notice::{Alert, Notice},
            page_header::PageHeader,
            skeleton::DetailSkeleton,
            start_band::StartBand,
            toast::{Toast, ToastText},
        },
        context::{CurrentTenant, ViewerResource, action_error, role_in},
        drift_words,
        live::LiveFeed,
        starting::Starting,
        throttle::once_a_second,
    },
};

#[component]
pub fn DriftPage() -> impl IntoView {
    let CurrentTenant(tenant) = expect_context();
    let viewer = expect_context::<ViewerResource>();
    let query = use_query_map();
    let asked = Memo::new(move |_| FindingFilter::parse(|name| query.read().get(name)));
    let overview = Resource::new(move || tenant.get(), get_drift_overview);
    let findings =
        Resource::new(move || (tenant.get(), asked.get().0), |(tenant, filter)| list_findings(tenant, filter));
    let start = Starting::<GenerateDrift>::on_this_page();
    let decide = ServerAction::<DecideFindings>::new();
    let decide_error = action_error(decide);

    let refresh = once_a_second(move || {
        overview.refetch();
        findings.refetch();
    });
    expect_context::<LiveFeed>().listen(move |event| match event {
        LiveEvent::Run { run } => {
            let concerns = matches!(run.operation_type, OperationType::DriftGenerate | OperationType::PolicySync);
            if concerns && !run.status.is_active() {
                refresh();
            }
        }
        LiveEvent::Gap => refresh(),
        _ => {}
    });
    Effect::new(move |_| match decide.value().get() {
        Some(Ok(decided)) => {
            start.toast.set(Some(ToastText { words: drift_words::decided(&decided), alert: false, link: None }));
            refresh();
        }
        Some(Err(AppError::Unauthenticated)) => refresh(),
        Some(Err(error)) => start.toast.set(Some(ToastText { words: error.to_string(), alert: true, link: None })),
        None => {}
    });
    // Sent without scripts, the form's error is in the address; with scripts the toast tells it.
    let form_error = move || decide_error.get().filter(|_| decide.version().get() == 0);

    view! {
        <Title text="Drift"/>
        <Transition fallback=|| view! { <DetailSkeleton/> }>
            {move || Suspend::new(async move {
                let tenant = tenant.get_untracked();
                let (filter, note) = asked.get_untracked();
                let role = role_in(&viewer.await, &tenant);
                let (overview, findings) = match (overview.await, findings.await) {
                    (Ok(overview), Ok(findings)) => (overview, findings),
                    (Err(error), _) | (_, Err(error)) => {
                        let way_out = ("/".to_owned(), "Go to operations");
                        return view! { <ErrorPanel error way_out/> }.into_any();
                    }
                };
                let choices = if overview.syncs == 0 { Vec::new() } else { overview.choices.clone() };
                view! {
                    <Head role start=start.action tenant=tenant.clone() choices/>
                    <StartBand start operation=OperationType::DriftGenerate tenant=tenant.clone()/>
                    {move || form_error().map(|error| view! { <Alert text=error.to_string()/> })}
                    {note.map(|text| view! { <Notice text/> })}
                    <Content role overview findings filter decide tenant/>
                }
                    .into_any()
            })}
        </Transition>
        <Toast toast=start.toast/>
    }
}

/// The page's first line. What the role may not do is not there.
#[component]
fn Head(
    role: Option<Role>,
    start: ServerAction<GenerateDrift>,
    tenant: String,
    choices: Vec<BaselineChoice>,
) -> impl IntoView {
    let can_start = role.is_some_and(|role| role.can(Action::StartOperation)) && !choices.is_empty();
    view! {
        <PageHeader title="Drift" beside=|| ()>
            {(role == Some(Role::Readonly))
                .then(|| view! { <Tag glyph=Glyph::Eye text="Read-only" title="Your role sees everything and changes nothing"/> })}
            {can_start.then(|| view! { <GenerateForm action=start tenant choices/> })}
        </PageHeader>
    }
}

#[component]
fn Content(
    role: Option<Role>,
    overview: DriftOverview,
    findings: Listing<Finding>,
    filter: FindingFilter,
    decide: ServerAction<DecideFindings>,
    tenant: String,
) -> impl IntoView {
    let can = |action| role.is_some_and(|role| role.can(action));
    let (can_start, can_decide) = (can(Action::StartOperation), can(Action::TriageDrift));
    let narrow = filter.is_narrow();
    let last = overview.last.clone();
    // Before anything was compared there is nothing to look through.
    let shows = last.is_some() || narrow || !findings.items.is_empty();
    let bar = shows.then(|| {
        let (families, baselines) = (overview.families.clone(), overview.choices.clone());
        view! {
            {last.map(|last| view! { <LastComparisonLine last tenant=tenant.clone()/> })}
            <FindingFilterForm tenant=tenant.clone() filter=filter.clone() families baselines/>
        }
    });
    let deep = filter.after.is_some();
    let pager = view! { <Pages tenant=tenant.clone() filter deep next=findings.next/> };
    let body = match (findings.items, can_decide) {
        (items, _) if items.is_empty() => view! { <NoFindings overview narrow can_start tenant/> }.into_any(),
        (items, false) => view! { <Findings findings=items tenant selectable=false/> }.into_any(),
        (items, true) => view! {
            <ActionForm action=decide attr:class="drift-form">
                <input type="hidden" name="tenant" value=tenant.clone()/>
                <Findings findings=items tenant selectable=true/>
                <DecideSelected/>
            </ActionForm>
        }
        .into_any(),
    };
    view! {
        {bar}
        {body}
        {pager}
    }
}

/// The way on, and back to the beginning.
#[component]
fn Pages(tenant: String, filter: FindingFilter, deep: bool, next: Option<String>) -> impl IntoView {
    let page = |after: Option<&str>| format!("/t/{tenant}/drift{}", filter.query(after));
    (deep || next.is_some()).then(|| {
        view! {
            <nav class="pager" aria-label="Pages of findings">
                {deep
                    .then(|| {
                        view! {
                            <a class="button button-plain" href=page(None)>
                                <Icon glyph=Glyph::ChevronLeft/>
                                "From the beginning"
                            </a>
                        }
                    })}
                <span class="grow"></span>
                {next
                    .map(|next| {
                        view! {
                            <a class="button button-plain" href=page(Some(&next))>
                                "More findings"
                                <Icon glyph=Glyph::ChevronRight/>
                            </a>
                        }
                    })}
            </nav>
        }
    })
}
