//! `/t/{tenant}/groups`: the directory's groups as the last sync left them.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use crate::{
    api::{groups::list_groups, operations::StartOperation},
    model::{
        directory_group::{GroupPage, GroupSelection},
        operation::OperationType,
        run::{LiveEvent, RunStatus},
        user::Action,
    },
    ui::{
        components::{
            error_panel::ErrorPanel,
            get_form::GetForm,
            group_table::GroupTable,
            icon::{Glyph, Icon},
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

const OPERATION: OperationType = OperationType::DirectoryGroupsSync;

/// What the address asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Asked {
    q: Option<String>,
    kind: Option<String>,
    after: Option<String>,
}

impl Asked {
    fn is_filtered(&self) -> bool {
        self.q.is_some() || self.kind.is_some()
    }
}

#[component]
pub fn GroupsPage() -> impl IntoView {
    let CurrentTenant(tenant) = expect_context();
    let viewer = expect_context::<ViewerResource>();
    let query = use_query_map();
    let asked = Memo::new(move |_| {
        let query = query.read();
        let given = |name: &str| query.get_str(name).filter(|text| !text.is_empty()).map(str::to_owned);
        Asked { q: given("q"), kind: given("kind"), after: given("after") }
    });
    let page = Resource::new(
        move || (tenant.get(), asked.get()),
        |(tenant, asked)| list_groups(tenant, asked.q, asked.kind, asked.after),
    );
    let start = Starting::<StartOperation>::on_this_page();
    expect_context::<LiveFeed>().listen(move |event| {
        if let LiveEvent::Run { run } = event
            && run.operation_type == OPERATION
            && run.status == RunStatus::Completed
        {
            page.refetch();
        }
    });
    view! {
        <Title text="Groups"/>
        <Transition>
            {move || Suspend::new(async move {
                let (tenant, asked) = (tenant.get_untracked(), asked.get_untracked());
                let role = role_in(&viewer.await, &tenant);
                match page.await {
                    Err(error) => {
                        let way_out = (format!("/t/{tenant}/operations"), "Go to operations");
                        view! { <ErrorPanel error way_out/> }.into_any()
                    }
                    Ok(GroupPage { groups, last_sync, any }) => {
                        let can_start = role.is_some_and(|role| role.can(Action::StartOperation));
                        let beside = {
                            let tenant = tenant.clone();
                            move || last_sync.clone().map(|run| view! { <LastRun run tenant=tenant.clone()/> })
                        };
                        let none = groups.items.is_empty();
                        let button = can_start.then(|| {
                            view! { <StartButton action=start.action tenant=tenant.clone() operation=OPERATION/> }
                        });
                        view! {
                            <PageHeader title="Groups" beside>{button}</PageHeader>
                            <StartBand start operation=OPERATION tenant=tenant.clone()/>
                            {any.then(|| view! { <Filters asked=asked.clone() tenant=tenant.clone()/> })}
                            {groups.note.map(|text| view! { <Notice text/> })}
                            {match none {
                                true => view! { <NoGroups any can_start/> }.into_any(),
                                false => view! { <GroupTable groups=groups.items/> }.into_any(),
                            }}
                            <Pages asked next=groups.next tenant/>
                        }
                            .into_any()
                    }
                }
            })}
        </Transition>
        <Toast toast=start.toast/>
    }
}

/// A form whose fields are the address.
#[component]
fn Filters(asked: Asked, tenant: String) -> impl IntoView {
    let action = format!("/t/{tenant}/groups");
    let filtered = asked.is_filtered();
    let chosen = asked.kind.unwrap_or_default();
    view! {
        <GetForm action=action.clone() class="group-filters" role="search">
            <label class="field-inline">
                <span class="sr-only">"Name contains"</span>
                <input type="search" name="q" placeholder="Search by name" value=asked.q autocomplete="off"/>
            </label>
            <label class="field-inline">
                <span class="sr-only">"Kind"</span>
                <select name="kind">
                    <option value="">"All kinds"</option>
                    {GroupSelection::ALL
                        .iter()
                        .map(|one| {
                            view! {
                                <option value=one.as_str() selected=one.as_str() == chosen>{one.label()}</option>
                            }
                        })
                        .collect_view()}
                </select>
            </label>
            <button type="submit" class="button">"Search"</button>
            {filtered.then(|| view! { <a class="button button-plain" href=action>"Show all"</a> })}
        </GetForm>
    }
}

#[component]
fn NoGroups(any: bool, can_start: bool) -> impl IntoView {
    let (title, advice) = match (any, can_start) {
        (true, _) => ("No group matches", "Search for another part of the name, or show all groups."),
        (false, true) => {
            ("No groups yet", "Sync groups to read them from the directory. Later syncs read only what has changed.")
        }
        (false, false) => ("No groups yet", "As soon as somebody has synced this tenant's groups, they appear here."),
    };
    view! {
        <div class="empty">
            <span class="empty-icon"><Icon glyph=Glyph::People/></span>
            <h2>{title}</h2>
            <p>{advice}</p>
        </div>
    }
}

#[component]
fn Pages(asked: Asked, next: Option<String>, tenant: String) -> impl IntoView {
    let deep = asked.after.is_some();
    let address = move |after: Option<&str>| {
        let pairs = [("q", asked.q.as_deref()), ("kind", asked.kind.as_deref()), ("after", after)];
        let query: Vec<String> = pairs
            .into_iter()
            .filter_map(|(name, value)| Some(format!("{name}={}", leptos_router::location::Url::escape(value?))))
            .collect();
        format!("/t/{tenant}/groups?{}", query.join("&"))
    };
    (deep || next.is_some()).then(|| {
        view! {
            <nav class="pager" aria-label="Pages of groups">
                {deep
                    .then(|| {
                        view! {
                            <a class="button button-plain" href=address(None)>
                                <Icon glyph=Glyph::ChevronLeft/>
                                "First groups"
                            </a>
                        }
                    })}
                <span class="grow"></span>
                {next
                    .map(|next| {
                        view! {
                            <a class="button button-plain" href=address(Some(&next))>
                                "More groups"
                                <Icon glyph=Glyph::ChevronRight/>
                            </a>
                        }
                    })}
            </nav>
        }
    })
}
