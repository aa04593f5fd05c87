//! `/t/{tenant}/restores`: the restores of the tenant, newest first.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use crate::{
    api::restores::list_restores,
    model::{
        operation::OperationType,
        run::LiveEvent,
        user::{Action, Role},
    },
    ui::{
        components::{
            error_panel::ErrorPanel,
            icon::{Glyph, Icon},
            live_mark::LiveMark,
            notice::Notice,
            page_header::PageHeader,
            pages::NextPage,
            restore::table::RestoreTable,
            skeleton::DetailSkeleton,
        },
        context::{CurrentTenant, ViewerResource, role_in},
        live::LiveFeed,
        throttle::once_a_second,
    },
};

#[component]
pub fn RestoresPage() -> impl IntoView {
    let CurrentTenant(tenant) = expect_context();
    let viewer = expect_context::<ViewerResource>();
    let query = use_query_map();
    let after = Memo::new(move |_| query.read().get("after"));
    let restores = Resource::new(move || (tenant.get(), after.get()), |(tenant, after)| list_restores(tenant, after));
    let refresh = once_a_second(move || restores.refetch());
    expect_context::<LiveFeed>().listen(move |event| match event {
        LiveEvent::Run { run } if run.operation_type == OperationType::RestoreExecute => refresh(),
        LiveEvent::Gap => refresh(),
        _ => {}
    });
    view! {
        <Title text="Restore"/>
        <Transition fallback=|| view! { <Head role=None tenant=String::new()/> <DetailSkeleton/> }>
            {move || Suspend::new(async move {
                let tenant = tenant.get_untracked();
                let role = role_in(&viewer.await, &tenant);
                match restores.await {
                    Err(error) => {
                        let way_out = (format!("/t/{tenant}/operations"), "Go to operations");
                        view! { <ErrorPanel error way_out/> }.into_any()
                    }
                    Ok(page) => {
                        let path = format!("/t/{tenant}/restores");
                        let deep = after.get_untracked().is_some_and(|after| !after.is_empty()) && page.note.is_none();
                        view! {
                            <Head role tenant=tenant.clone()/>
                            {page.note.map(|text| view! { <Notice text/> })}
                            {match page.items.is_empty() {
                                true => view! { <NoRestores role tenant/> }.into_any(),
                                false => view! { <RestoreTable restores=page.items tenant/> }.into_any(),
                            }}
                            <NextPage path deep next=page.next what="restores"/>
                        }
                            .into_any()
                    }
                }
            })}
        </Transition>
    }
}

#[component]
fn Head(role: Option<Role>, tenant: String) -> impl IntoView {
    let can_begin = role.is_some_and(|role| role.can(Action::PreviewRestore));
    view! {
        <PageHeader title="Restore" beside=|| view! { <LiveMark/> }>
            {can_begin
                .then(|| view! { <a class="button" href=format!("/t/{tenant}/backups")>"Choose a backup set"</a> })}
        </PageHeader>
    }
}

#[component]
fn NoRestores(role: Option<Role>, tenant: String) -> impl IntoView {
    let can_begin = role.is_some_and(|role| role.can(Action::PreviewRestore));
    let advice = match can_begin {
        true => {
            "Open a backup set and choose the policies to bring back. You see what would change before anything is \
             written."
        }
        false => "As soon as somebody restores policies of a backup set, the restore appears here.",
    };
    view! {
        <div class="empty">
            <span class="empty-icon"><Icon glyph=Glyph::Undo/></span>
            <h2>"No restores yet"</h2>
            <p>{advice}</p>
            {can_begin
                .then(|| {
                    view! {
                        <p class="empty-actions"><a class="button" href=format!("/t/{tenant}/backups")>"Go to backups"</a></p>
                    }
                })}
        </div>
    }
}
