//! `/t/{tenant}/backups/{set}`: one backup set with its policies, and what can be done to it.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::{
    hooks::{use_params_map, use_query_map},
    location::Url,
};

use crate::{
    api::{
        backups::{CompleteBackupSet, DeleteBackupSet, RetryBackupSet, show_backup_set},
        restores::CreateRestore,
    },
    model::{
        backup::{BackupSetDetail, SetStatus},
        operation::OperationType,
        run::LiveEvent,
        user::{Action, Role},
    },
    ui::{
        components::{
            backup::{
                delete_set::DeleteSet, missing::Missing, policy_filter::PolicyFilter, policy_table::PolicyTable,
                restore_form::RestoreForm, set_badge::SetBadge, set_facts::SetFacts,
            },
            busy_button::BusyButton,
            error_panel::ErrorPanel,
            icon::{Glyph, Icon},
            live_mark::LiveMark,
            notice::{Alert, Notice},
            pages::NextPage,
            skeleton::DetailSkeleton,
            start_band::StartBand,
            toast::Toast,
        },
        context::{CurrentTenant, ViewerResource, action_error, role_in},
        live::LiveFeed,
        restore_words,
        starting::Starting,
        throttle::once_a_second,
    },
};

/// What the page's forms do.
#[derive(Clone, Copy)]
struct Actions {
    retry: Starting<RetryBackupSet>,
    complete: ServerAction<CompleteBackupSet>,
    delete: ServerAction<DeleteBackupSet>,
    restore: ServerAction<CreateRestore>,
}

/// What of the set the address asks for: the set, a family, a search, a place.
type Asked = (String, String, String, String);

#[component]
pub fn BackupSetPage() -> impl IntoView {
    let CurrentTenant(tenant) = expect_context();
    let viewer = expect_context::<ViewerResource>();
    let (params, query) = (use_params_map(), use_query_map());
    let asked = Memo::new(move |_| -> Asked {
        let text = |name: &str| query.read().get(name).unwrap_or_default();
        (params.read().get("set").unwrap_or_default(), text("family"), text("search"), text("after"))
    });
    let detail = Resource::new(
        move || (tenant.get(), asked.get()),
        |(tenant, (set, family, search, after))| show_backup_set(tenant, set, Some(family), Some(search), Some(after)),
    );
    let actions = Actions {
        retry: Starting::on_this_page(),
        complete: ServerAction::new(),
        delete: ServerAction::new(),
        restore: ServerAction::new(),
    };
    let (complete_error, delete_error) = (action_error(actions.complete), action_error(actions.delete));
    let restore_error = action_error(actions.restore);
    let restore_refused = move || {
        let scripted = actions.restore.version().get() > 0;
        let error = restore_error.get()?;
        Some(restore_words::refusal(&error, scripted, "Choose the policies to restore: at least one, at most 500."))
    };
    let refresh = once_a_second(move || detail.refetch());
    expect_context::<LiveFeed>().listen(move |event| match event {
        LiveEvent::Run { run } if run.operation_type == OperationType::BackupSetAddPolicies => refresh(),
        LiveEvent::Gap => refresh(),
        _ => {}
    });
    Effect::new(move |_| {
        if actions.complete.value().get().is_some_and(|done| done.is_ok()) {
            detail.refetch();
        }
    });
    view! {
        <nav class="crumbs" aria-label="Breadcrumb">
            <a href=move || format!("/t/{}/backups", tenant.get())><Icon glyph=Glyph::ChevronLeft/>"Backups"</a>
            <LiveMark/>
        </nav>
        <Transition fallback=|| view! { <DetailSkeleton/> }>
            {move || Suspend::new(async move {
                let (tenant, asked) = (tenant.get_untracked(), asked.get_untracked());
                let role = role_in(&viewer.await, &tenant);
                match detail.await {
                    Err(error) => {
                        view! { <ErrorPanel error way_out=(format!("/t/{tenant}/backups"), "Back to backups")/> }.into_any()
                    }
                    Ok(detail) => {
                        view! {
                            <Title text=detail.set.name.clone()/>
                            <Head detail=detail.clone() role tenant=tenant.clone() complete=actions.complete/>
                            <StartBand start=actions.retry operation=OperationType::BackupSetAddPolicies tenant=tenant.clone()/>
                            {move || {
                                let error = complete_error.get().or_else(|| delete_error.get());
                                let text = error.map(|error| error.to_string()).or_else(restore_refused);
                                text.map(|text| view! { <Alert text/> })
                            }}
                            <Body detail role tenant asked actions/>
                        }
                            .into_any()
                    }
                }
            })}
        </Transition>
        <Toast toast=actions.retry.toast/>
    }
}

#[component]
fn Head(
    detail: BackupSetDetail,
    role: Option<Role>,
    tenant: String,
    complete: ServerAction<CompleteBackupSet>,
) -> impl IntoView {
    let set = detail.set;
    let can_make = role.is_some_and(|role| role.can(Action::MakeBackup));
    let path = format!("/t/{tenant}/backups");
    let completes = can_make && set.status == SetStatus::Open && set.keep_open && !set.busy && set.items > 0;
    view! {
        <header class="page-header set-header">
            <h1>{set.name.clone()}</h1>
            <SetBadge set=set.clone()/>
            <span class="grow"></span>
            {completes
                .then(|| {
                    view! {
                        <ActionForm action=complete>
                            <input type="hidden" name="tenant" value=tenant.clone()/>
                            <input type="hidden" name="set" value=set.id.to_string()/>
                            <button type="submit" class="button" title="A complete set stays as it is">"Complete set"</button>
                        </ActionForm>
                    }
                })}
            {(can_make && set.closed().is_none())
                .then(|| view! { <a class="button" href=format!("{path}/new?set={}", set.id)>"Add policies"</a> })}
            {(set.items > 0)
                .then(|| {
                    view! {
                        <a class="button" href=format!("{path}/{}/download", set.id) rel="external" download>
                            <Icon glyph=Glyph::Download/>
                            "Download"
                        </a>
                    }
                })}
        </header>
    }
}

#[component]
fn Body(detail: BackupSetDetail, role: Option<Role>, tenant: String, asked: Asked, actions: Actions) -> impl IntoView {
    let BackupSetDetail { set, page, missing, runs } = detail;
    let may = move |action| role.is_some_and(|role| role.can(action));
    let path = format!("/t/{tenant}/backups/{}", set.id);
    let (_, family, search, after) = asked;
    let onward = format!("{path}?family={}&search={}", Url::escape(&family), Url::escape(&search));
    let deep = !after.is_empty() && page.note.is_none();
    // The band above says it already to whoever has just started it.
    let told = actions.retry.form_told().is_some();
    let under_way = runs.first().filter(|_| set.busy && !told).map(|run| {
        let address = format!("/t/{tenant}/operations/{run}");
        view! { <p class="notice" role="status"><Icon glyph=Glyph::Arc/><span>"A run is adding policies to this set. "<a href=address>"View run"</a></span></p> }
    });
    let id = set.id.to_string();
    let retry = (may(Action::MakeBackup) && set.closed().is_none() && !set.busy).then(|| {
        let tenant = tenant.clone();
        view! {
            <ActionForm action=actions.retry.action>
                <input type="hidden" name="tenant" value=tenant/>
                <input type="hidden" name="set" value=id/>
                <BusyButton busy=actions.retry.action.pending() class="button" glyph=Glyph::Sync words="Try again"/>
            </ActionForm>
        }
    });
    let lacks = (!missing.is_empty())
        .then(|| view! { <Missing missing total=set.missing tenant=tenant.clone()>{retry}</Missing> });
    let policies = match (page.policies.is_empty(), set.items) {
        (true, 0) => view! { <p class="nothing-found">"There is nothing in this set yet."</p> }.into_any(),
        (true, _) => view! { <p class="nothing-found">"No policy fits."</p> }.into_any(),
        (false, _) if may(Action::PreviewRestore) && !set.busy => {
            let (tenant, family, search) = (tenant.clone(), family.clone(), search.clone());
            let page = page.clone();
            view! { <RestoreForm action=actions.restore set=set.id page tenant family search/> }.into_any()
        }
        (false, _) => view! { <PolicyTable policies=page.policies.clone() times="Captured"/> }.into_any(),
    };
    view! {
        {under_way}
        <SetFacts set=set.clone()/>
        {lacks}
        {page.note.map(|text| view! { <Notice text/> })}
        {(set.items > 0).then(|| view! { <PolicyFilter families=page.families family search path/> })}
        {policies}
        <NextPage path=onward deep next=page.next what="policies"/>
        {(may(Action::DeleteBackup) && !set.busy)
            .then(|| view! { <DeleteSet action=actions.delete set=set.clone() tenant=tenant.clone()/> })}
    }
}
