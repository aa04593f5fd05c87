//! `/t/{tenant}/inventory` and `/t/{tenant}/policies`: what the last sync left, by family and name.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use crate::{
    api::{
        items::{list_inventory, list_policies},
        operations::StartOperation,
    },
    model::{
        item::{FamilyPage, FamilyQuery},
        operation::OperationType,
        run::{LiveEvent, RunStatus},
        user::Action,
    },
    ui::{
        components::{
            error_panel::ErrorPanel,
            families::{Families, ItemSearch, MoreItems},
            icon::{Glyph, Icon},
            item_table::ItemTable,
            last_run::LastRun,
            notice::Notice,
            page_header::PageHeader,
            start_band::StartBand,
            start_button::StartButton,
            toast::Toast,
        },
        context::{CurrentTenant, ViewerResource, role_in},
        live::LiveFeed,
        starting::Starting,
    },
};

/// What the two pages have of their own.
#[derive(Clone, Copy)]
struct Screen {
    title: &'static str,
    /// Within the tenant.
    path: &'static str,
    operation: OperationType,
    glyph: Glyph,
    empty: &'static str,
    /// What an empty page advises to those who can follow it, and says to those who cannot.
    advice: &'static str,
    waiting: &'static str,
}

const INVENTORY: Screen = Screen {
    title: "Inventory",
    path: "inventory",
    operation: OperationType::InventorySync,
    glyph: Glyph::Layers,
    empty: "Nothing in the inventory yet",
    advice: "Sync the inventory to read everything that the tenant has. Later syncs tell what is new, changed or gone.",
    waiting: "As soon as somebody has synced this tenant's inventory, it appears here.",
};

const POLICIES: Screen = Screen {
    title: "Policies",
    path: "policies",
    operation: OperationType::PolicySync,
    glyph: Glyph::Document,
    empty: "No policies yet",
    advice: "Sync the policies to read them from the tenant. Each later sync keeps a version of what has changed.",
    waiting: "As soon as somebody has synced this tenant's policies, they appear here.",
};

#[component]
pub fn InventoryPage() -> impl IntoView {
    view! { <Items screen=INVENTORY/> }
}

#[component]
pub fn PoliciesPage() -> impl IntoView {
    view! { <Items screen=POLICIES/> }
}

#[component]
fn Items(screen: Screen) -> impl IntoView {
    let CurrentTenant(tenant) = expect_context();
    let viewer = expect_context::<ViewerResource>();
    let query = use_query_map();
    let asked = Memo::new(move |_| {
        let query = query.read();
        let given = |name: &str| query.get_str(name).filter(|text| !text.is_empty()).map(str::to_owned);
        FamilyQuery { family: given("family"), q: given("q"), after: given("after") }
    });
    let page = Resource::new(
        move || (tenant.get(), asked.get()),
        move |(tenant, asked)| async move {
            match screen.operation {
                OperationType::InventorySync => list_inventory(tenant, asked).await,
                _ => list_policies(tenant, asked).await,
            }
        },
    );
    let start = Starting::<StartOperation>::on_this_page();
    expect_context::<LiveFeed>().listen(move |event| {
        if let LiveEvent::Run { run } = event
            && run.operation_type == screen.operation
            && run.status == RunStatus::Completed
        {
            page.refetch();
        }
    });
    view! {
        <Title text=screen.title/>
        <Transition>
            {move || Suspend::new(async move {
                let (tenant, asked) = (tenant.get_untracked(), asked.get_untracked());
                let role = role_in(&viewer.await, &tenant);
                let can_start = role.is_some_and(|role| role.can(Action::StartOperation));
                match page.await {
                    Err(error) => {
                        let way_out = (format!("/t/{tenant}/operations"), "Go to operations");
                        view! { <ErrorPanel error way_out/> }.into_any()
                    }
                    Ok(page) => {
                        let beside = {
                            let (tenant, last_sync) = (tenant.clone(), page.last_sync.clone());
                            move || last_sync.clone().map(|run| view! { <LastRun run tenant=tenant.clone()/> })
                        };
                        let button = can_start.then(|| {
                            view! { <StartButton action=start.action tenant=tenant.clone() operation=screen.operation/> }
                        });
                        view! {
                            <PageHeader title=screen.title beside>{button}</PageHeader>
                            <StartBand start operation=screen.operation tenant=tenant.clone()/>
                            <Content screen page asked tenant can_start/>
                        }
                            .into_any()
                    }
                }
            })}
        </Transition>
        <Toast toast=start.toast/>
    }
}

#[component]
fn Content(screen: Screen, page: FamilyPage, asked: FamilyQuery, tenant: String, can_start: bool) -> impl IntoView {
    if !page.any() && asked.q.is_none() {
        let advice = if can_start { screen.advice } else { screen.waiting };
        return view! { <Empty glyph=screen.glyph title=screen.empty advice/> }.into_any();
    }
    let address = format!("/t/{tenant}/{}", screen.path);
    let FamilyPage { families, family, items, .. } = page;
    let label = families.iter().find(|one| one.key == family).map(|one| one.label.clone()).unwrap_or_default();
    let none = items.items.is_empty();
    let (title, advice) = match asked.q {
        Some(_) => ("Nothing matches", "Search for another part of the name, or show the whole family."),
        None => ("Nothing in this family", "The last sync found none. Choose another family."),
    };
    // A policy has a page of its own.
    let linked = screen.operation == OperationType::PolicySync;
    view! {
        <div class="items">
            <Families families current=family.clone() address=address.clone()/>
            <div class="items-main">
                <ItemSearch family=family.clone() q=asked.q.clone() address=address.clone()/>
                {items.note.map(|text| view! { <Notice text/> })}
                {match none {
                    true => view! { <Empty glyph=screen.glyph title advice/> }.into_any(),
                    false => {
                        let base = linked.then(|| format!("{address}/{family}"));
                        view! { <ItemTable items=items.items caption=label base/> }.into_any()
                    }
                }}
                <MoreItems query=FamilyQuery { family: Some(family), ..asked } next=items.next address/>
            </div>
        </div>
    }
    .into_any()
}

#[component]
fn Empty(glyph: Glyph, title: &'static str, advice: &'static str) -> impl IntoView {
    view! {
        <div class="empty">
            <span class="empty-icon"><Icon glyph/></span>
            <h2>{title}</h2>
            <p>{advice}</p>
        </div>
    }
}
