//! `/t/{tenant}/operations`: the ledger of the tenant, newest first, filtered by its address, kept up to date.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_location;

use super::operations_list::RunList;
use crate::{
    api::operations::{StartOperation, filter_choices},
    model::{
        filter::RunFilter,
        operation::OperationType,
        user::{Action, Role},
    },
    ui::{
        components::{
            badge::Tag, error_panel::ErrorPanel, export_menu::ExportMenu, filter_bar::FilterBar, icon::Glyph,
            live_mark::LiveMark, new_runs::PauseButton, page_header::PageHeader, skeleton::RunTableSkeleton,
            start_band::StartBand, start_button::StartButton, toast::Toast,
        },
        context::{CurrentTenant, ViewerResource, role_in},
        filter_words,
        live_list::LiveList,
        starting::Starting,
    },
};

#[component]
pub fn OperationsPage() -> impl IntoView {
    let CurrentTenant(tenant) = expect_context();
    let viewer = expect_context::<ViewerResource>();
    let query = use_location().search;
    let filter = Memo::new(move |_| RunFilter::parse(&query.read()).0);
    let typed = Memo::new(move |_| crate::model::query::value(&query.read(), "q").unwrap_or_default());
    // The people do not change with the filter: the bar stays as it is while one chooses.
    let choices = Resource::new(move || tenant.get(), move |tenant| filter_choices(tenant, query.get_untracked()));
    let start = Starting::<StartOperation>::on_this_page();
    let list = LiveList::on_this_page(tenant, query, filter);
    start.on_started(move |started| list.started(&started.run));
    let count = move || view! { <RunTotal list/> };

    view! {
        <Title text="Operations"/>
        <Transition fallback=|| view! { <RunTableSkeleton/> }>
            {move || Suspend::new(async move {
                let tenant = tenant.get_untracked();
                let role = role_in(&viewer.await, &tenant);
                match choices.await {
                    Err(error) => view! { <ErrorPanel error way_out=("/".to_owned(), "Go to operations")/> }.into_any(),
                    Ok(choices) => {
                        let can_start = role.is_some_and(|role| role.can(Action::StartOperation));
                        let head = tenant.clone();
                        view! {
                            <PageHeader title="Operations" beside=move || view! { <LiveMark paused=list.paused/> }>
                                <PauseButton paused=list.paused/>
                                <ExportMenu tenant=head.clone() filter/>
                                {(role == Some(Role::Readonly))
                                    .then(|| {
                                        view! {
                                            <Tag
                                                glyph=Glyph::Eye
                                                text="Read-only"
                                                title="Your role sees everything and changes nothing"
                                            />
                                        }
                                    })}
                                {can_start
                                    .then(|| {
                                        view! {
                                            <StartButton
                                                action=start.action
                                                tenant=head
                                                operation=OperationType::InventorySync
                                            />
                                        }
                                    })}
                            </PageHeader>
                            <StartBand start operation=OperationType::InventorySync tenant=tenant.clone()/>
                            <FilterBar tenant=tenant.clone() filter choices typed beside=count/>
                            <RunList list can_start tenant/>
                        }
                            .into_any()
                    }
                }
            })}
        </Transition>
        <Toast toast=start.toast/>
    }
}

/// How many runs there are; first as the page was asked for, then as it stands.
#[component]
fn RunTotal(list: LiveList) -> impl IntoView {
    view! {
        <span class="run-count">
            <Transition>
                {move || Suspend::new(async move {
                    let asked = list.page.await.ok().map(|page| page.count);
                    move || list.count().or(asked).map(filter_words::runs)
                })}
            </Transition>
        </span>
    }
}
