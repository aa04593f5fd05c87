//! `/t/{tenant}/backups`: the backup sets of the tenant, newest first.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use crate::{
    api::backups::list_backup_sets,
    model::{
        operation::OperationType,
        run::LiveEvent,
        user::{Action, Role},
    },
    ui::{
        components::{
            backup::set_table::SetTable,
            error_panel::ErrorPanel,
            icon::{Glyph, Icon},
            live_mark::LiveMark,
            notice::Notice,
            page_header::PageHeader,
            pages::NextPage,
            skeleton::DetailSkeleton,
        },
        context::{CurrentTenant, ViewerResource, role_in},
        live::LiveFeed,
        throttle::once_a_second,
    },
};

#[component]
pub fn BackupsPage() -> impl IntoView {
    let CurrentTenant(tenant) = expect_context();
    let viewer = expect_context::<ViewerResource>();
    let query = use_query_map();
    let after = Memo::new(move |_| query.read().get("after"));
    let sets = Resource::new(move || (tenant.get(), after.get()), |(tenant, after)| list_backup_sets(tenant, after));
    let refresh = once_a_second(move || sets.refetch());
    expect_context::<LiveFeed>().listen(move |event| match event {
        LiveEvent::Run { run } if run.operation_type == OperationType::BackupSetAddPolicies => refresh(),
        LiveEvent::Gap => refresh(),
        _ => {}
    });
    view! {
        <Title text="Backups"/>
        <Transition fallback=|| view! { <Head role=None tenant=String::new()/> <DetailSkeleton/> }>
            {move || Suspend::new(async move {
                let tenant = tenant.get_untracked();
                let role = role_in(&viewer.await, &tenant);
                match sets.await {
                    Err(error) => {
                        let way_out = (format!("/t/{tenant}/operations"), "Go to operations");
                        view! { <ErrorPanel error way_out/> }.into_any()
                    }
                    Ok(page) => {
                        let path = format!("/t/{tenant}/backups");
                        let deep = after.get_untracked().is_some_and(|after| !after.is_empty()) && page.note.is_none();
                        let can_make = role.is_some_and(|role| role.can(Action::MakeBackup));
                        view! {
                            <Head role tenant=tenant.clone()/>
                            {page.note.map(|text| view! { <Notice text/> })}
                            {match page.items.is_empty() {
                                true => view! { <NoSets can_make/> }.into_any(),
                                false => view! { <SetTable sets=page.items tenant/> }.into_any(),
                            }}
                            <NextPage path deep next=page.next what="sets"/>
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
    let can_make = role.is_some_and(|role| role.can(Action::MakeBackup));
    view! {
        <PageHeader title="Backups" beside=|| view! { <LiveMark/> }>
            {can_make
                .then(|| {
                    view! {
                        <a class="button" href=format!("/t/{tenant}/backups/load")>"Load a file"</a>
                        <a class="button button-primary" href=format!("/t/{tenant}/backups/new")>
                            <Icon glyph=Glyph::Archive/>
                            "Back up policies"
                        </a>
                    }
                })}
        </PageHeader>
    }
}

#[component]
fn NoSets(can_make: bool) -> impl IntoView {
    let advice = match can_make {
        true => "Back up policies before you change them: a set keeps them as they are now, to compare and to restore.",
        false => "As soon as somebody backs up policies of this tenant, the set appears here.",
    };
    view! {
        <div class="empty">
            <span class="empty-icon"><Icon glyph=Glyph::Archive/></span>
            <h2>"No backup sets yet"</h2>
            <p>{advice}</p>
        </div>
    }
}
