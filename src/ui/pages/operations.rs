//! `/t/{tenant}/operations`: the ledger of the tenant, newest first, kept up to date.

use leptos::{prelude::*, task::spawn_local};
use leptos_meta::Title;
use leptos_router::{NavigateOptions, components::Redirect, hooks::use_location};

use crate::{
    api::operations::{StartOperation, list_runs},
    error::AppError,
    model::{
        filter::{Place, RunFilter},
        operation::OperationType,
        page::RunPage,
        run::LiveEvent,
        user::{Action, Role},
    },
    ui::{
        components::{
            badge::Tag, error_panel::ErrorPanel, icon::Glyph, live_mark::LiveMark, notice::Notice,
            page_header::PageHeader, pager::Pager, run_table::RunTable, skeleton::RunTableSkeleton,
            start_band::StartBand, start_button::StartButton, toast::Toast,
        },
        context::{CurrentTenant, ViewerResource, role_in},
        live::LiveFeed,
        rows::RunRows,
        starting::Starting,
        throttle::once_a_second,
    },
};

#[component]
pub fn OperationsPage() -> impl IntoView {
    let CurrentTenant(tenant) = expect_context();
    let viewer = expect_context::<ViewerResource>();
    let query = use_location().search;
    let page = Resource::new(move || (tenant.get(), query.get()), |(tenant, query)| list_runs(tenant, query));
    // The rows on the screen now, for what comes in later.
    let shown = StoredValue::new(None::<RunRows>);
    let start = Starting::<StartOperation>::on_this_page();

    let refresh = once_a_second(move || {
        let (tenant, query) = (tenant.get_untracked(), query.get_untracked());
        spawn_local(async move {
            match list_runs(tenant, query).await {
                Ok(page) => with_rows(shown, |rows| rows.replace(&page)),
                // Shown by asking through the page's resource, which leads to the sign-in page.
                Err(AppError::Unauthenticated) => page.refetch(),
                // Away for a moment: what is on the screen stays, and the stream says that it reconnects.
                Err(_) => {}
            }
        });
    });
    expect_context::<LiveFeed>().listen(move |event| match event {
        LiveEvent::Run { run } => with_rows(shown, |rows| rows.apply(&run)),
        LiveEvent::Gap => refresh(),
        LiveEvent::Notification { .. } | LiveEvent::Inbox { .. } => {}
    });
    start.on_started(move |started| with_rows(shown, |rows| rows.apply(&started.run)));

    view! {
        <Title text="Operations"/>
        <Transition fallback=|| view! { <Head role=None start=None tenant=String::new()/> <RunTableSkeleton/> }>
            {move || Suspend::new(async move {
                let (tenant, query) = (tenant.get_untracked(), query.get_untracked());
                let role = role_in(&viewer.await, &tenant);
                match page.await {
                    Err(error) => view! { <ErrorPanel error way_out=("/".to_owned(), "Go to operations")/> }.into_any(),
                    Ok(RunPage { found: Some(run), .. }) => {
                        let options = NavigateOptions { replace: true, ..Default::default() };
                        view! { <Redirect path=format!("/t/{tenant}/operations/{run}") options/> }.into_any()
                    }
                    Ok(page) => {
                        let (filter, _) = RunFilter::parse(&query);
                        // New runs appear in a list only where they belong: at its beginning, when nothing is filtered.
                        let rows = RunRows::new(&page, page.previous.is_none() && filter.at(Place::Newest).is_open());
                        shown.set_value(Some(rows.clone()));
                        let can_start = role.is_some_and(|role| role.can(Action::StartOperation));
                        view! {
                            <Head role start=Some(start.action) tenant=tenant.clone()/>
                            <StartBand start operation=OperationType::InventorySync tenant=tenant.clone()/>
                            {page.note.map(|text| view! { <Notice text/> })}
                            <RunTable rows can_start tenant=tenant.clone()/>
                            <Pager tenant filter previous=page.previous next=page.next/>
                        }
                            .into_any()
                    }
                }
            })}
        </Transition>
        <Toast toast=start.toast/>
    }
}

/// The page's first line. What the role may not do is not there.
#[component]
fn Head(role: Option<Role>, start: Option<ServerAction<StartOperation>>, tenant: String) -> impl IntoView {
    let action = start.filter(|_| role.is_some_and(|role| role.can(Action::StartOperation)));
    view! {
        <PageHeader title="Operations" beside=|| view! { <LiveMark/> }>
            {(role == Some(Role::Readonly))
                .then(|| view! { <Tag glyph=Glyph::Eye text="Read-only" title="Your role sees everything and changes nothing"/> })}
            {action.map(|action| view! { <StartButton action tenant operation=OperationType::InventorySync/> })}
        </PageHeader>
    }
}

/// Works on the rows on the screen, if the page is still there.
fn with_rows(shown: StoredValue<Option<RunRows>>, work: impl FnOnce(&RunRows)) {
    if let Some(Some(rows)) = shown.try_get_value() {
        work(&rows);
    }
}
