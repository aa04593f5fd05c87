//! `/t/{tenant}/restores/{restore}`: one restore, from its preview to its result.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

use crate::{
    api::restores::{CancelRestore, ConfirmRestore, PreviewRestoreAgain, UndoRestore, show_restore},
    model::{
        restore::{RestoreDetail, RestoreRun, RestoreStatus},
        run::{LiveEvent, RunProgress},
        user::{Action, Role},
    },
    ui::{
        components::{
            badge::Tag,
            error_panel::ErrorPanel,
            icon::{Glyph, Icon},
            live_mark::LiveMark,
            notice::Alert,
            progress_cell::RunProgressBar,
            restore::{
                actions::RestoreActions, badges::RestoreBadge, confirm::Confirm, facts::RestoreFacts,
                groups::RestoreGroups, items::RestoreItems, steps::Steps,
            },
            skeleton::DetailSkeleton,
            when::{Exact, When},
        },
        context::{CurrentTenant, ViewerResource, action_error, role_in},
        live::LiveFeed,
        restore_words,
        throttle::once_a_second,
    },
};

const WRONG_NAME: &str = "The name that was typed is not the name of this tenant. Type it exactly as it is to restore.";
const WRONG_GROUP: &str = "Give each group by its object id, as Microsoft Entra shows it: letters, digits and hyphens.";

/// What the page's forms do.
#[derive(Clone, Copy)]
struct Actions {
    preview: ServerAction<PreviewRestoreAgain>,
    confirm: ServerAction<ConfirmRestore>,
    cancel: ServerAction<CancelRestore>,
    undo: ServerAction<UndoRestore>,
}

#[component]
pub fn RestorePage() -> impl IntoView {
    let CurrentTenant(tenant) = expect_context();
    let viewer = expect_context::<ViewerResource>();
    let params = use_params_map();
    let id = Memo::new(move |_| params.read().get("restore").unwrap_or_default());
    let detail = Resource::new(move || (tenant.get(), id.get()), |(tenant, restore)| show_restore(tenant, restore));
    let actions = Actions {
        preview: ServerAction::new(),
        confirm: ServerAction::new(),
        cancel: ServerAction::new(),
        undo: ServerAction::new(),
    };
    let refusal = refusal(actions);
    let refresh = once_a_second(move || detail.refetch());
    expect_context::<LiveFeed>().listen(move |event| match event {
        // The run on the ledger has the restore's own id.
        LiveEvent::Run { run } if run.id.to_string() == id.get_untracked() => refresh(),
        LiveEvent::Gap => refresh(),
        _ => {}
    });
    Effect::new(move |_| {
        let done = [actions.preview.value().get(), actions.confirm.value().get(), actions.cancel.value().get()];
        if done.into_iter().flatten().any(|done| done.is_ok()) {
            refresh();
        }
    });
    view! {
        <nav class="crumbs" aria-label="Breadcrumb">
            <a href=move || format!("/t/{}/restores", tenant.get())><Icon glyph=Glyph::ChevronLeft/>"Restore"</a>
            <LiveMark/>
        </nav>
        <Transition fallback=|| view! { <DetailSkeleton/> }>
            {move || Suspend::new(async move {
                let tenant = tenant.get_untracked();
                let role = role_in(&viewer.await, &tenant);
                match detail.await {
                    Err(error) => {
                        let way_out = (format!("/t/{tenant}/restores"), "Back to restores");
                        view! { <ErrorPanel error way_out/> }.into_any()
                    }
                    Ok(detail) => {
                        view! {
                            <Title text=format!("Restore of {}", detail.run.backup_set_name)/>
                            <article class="detail">
                                <Head detail=detail.clone() role tenant=tenant.clone() actions/>
                                {move || refusal().map(|text| view! { <Alert text/> })}
                                <Body detail role tenant actions/>
                            </article>
                        }
                            .into_any()
                    }
                }
            })}
        </Transition>
    }
}

/// What the last form was refused for.
fn refusal(actions: Actions) -> impl Fn() -> Option<String> + Copy + Send + Sync + 'static {
    let Actions { preview, confirm, cancel, undo } = actions;
    let (preview_error, confirm_error) = (action_error(preview), action_error(confirm));
    let (cancel_error, undo_error) = (action_error(cancel), action_error(undo));
    move || {
        let confirmed =
            confirm_error.get().map(|error| restore_words::refusal(&error, confirm.version().get() > 0, WRONG_NAME));
        let previewed =
            preview_error.get().map(|error| restore_words::refusal(&error, preview.version().get() > 0, WRONG_GROUP));
        let other = || cancel_error.get().or_else(|| undo_error.get()).map(|error| error.to_string());
        confirmed.or(previewed).or_else(other)
    }
}

#[component]
fn Head(detail: RestoreDetail, role: Option<Role>, tenant: String, actions: Actions) -> impl IntoView {
    // A preview that found nothing to write is no step on the way to anything.
    let goes_on = detail.run.status != RestoreStatus::Previewed || detail.to_write() > 0;
    let run = detail.run;
    let can_act = role.is_some_and(|role| role.can(Action::PreviewRestore));
    view! {
        <header class="detail-head">
            <div class="detail-title">
                <h1>"Restore of " {run.backup_set_name.clone()}</h1>
                <RestoreBadge run=run.clone()/>
                <span class="grow"></span>
                {(role == Some(Role::Readonly))
                    .then(|| view! { <Tag glyph=Glyph::Eye text="Read-only" title="Your role sees everything and changes nothing"/> })}
                <div class="detail-actions">
                    {can_act
                        .then(|| {
                            let Actions { preview, cancel, undo, .. } = actions;
                            view! { <RestoreActions run=run.clone() preview cancel undo tenant/> }
                        })}
                </div>
            </div>
        </header>
        {goes_on.then(|| view! { <Steps status=run.status/> })}
    }
}

#[component]
fn Body(detail: RestoreDetail, role: Option<Role>, tenant: String, actions: Actions) -> impl IntoView {
    let may = |action| role.is_some_and(|role: Role| role.can(action));
    let run = detail.run.clone();
    let previewed = run.status == RestoreStatus::Previewed;
    let choose = (previewed && may(Action::PreviewRestore)).then_some(actions.preview);
    let confirm = may(Action::ExecuteRestore).then_some(actions.confirm);
    let begun = run.started_at.is_some();
    let summary = match run.status {
        RestoreStatus::Draft => None,
        RestoreStatus::Previewed => Some(restore_words::preview(&detail)),
        _ => Some(restore_words::result(&run.counts)),
    };
    let sides = (!begun && detail.items.iter().any(|item| !item.changes.is_empty()))
        .then_some("In a comparison, before is the tenant as it is now, after is the backup.");
    view! {
        <Present run=run.clone()/>
        {previewed
            .then(|| view! { <Confirm detail=detail.clone() action=confirm tenant=tenant.clone()/> })}
        {(run.status != RestoreStatus::Draft)
            .then(|| view! { <RestoreGroups detail=detail.clone() choose tenant=tenant.clone()/> })}
        <RestoreFacts run tenant/>
        <section aria-labelledby="items-title">
            <h2 id="items-title" class="restore-title">
                "Policies"
                {summary.filter(|text| !text.is_empty()).map(|text| view! { <span class="quiet">{text}</span> })}
            </h2>
            {sides.map(|text| view! { <p class="quiet restore-hint">{text}</p> })}
            <RestoreItems items=detail.items begun/>
        </section>
    }
}

/// What goes on now, or went wrong with the whole of it.
#[component]
fn Present(run: RestoreRun) -> impl IntoView {
    let looking = (run.status == RestoreStatus::Draft).then(|| {
        view! {
            <p class="notice" role="status">
                <Icon glyph=Glyph::Arc/>
                <span>
                    "Runledger compares the backup with the tenant. Nothing is written. " <a href="" rel="external">"Reload"</a>
                </span>
            </p>
        }
    });
    let progress = (run.status == RestoreStatus::Running).then(|| {
        let RestoreRun { counts, .. } = &run;
        let progress =
            RunProgress { done: counts.processed, total: Some(counts.total), unit: "policies".to_owned(), step: None };
        view! { <div class="restore-progress"><RunProgressBar progress/></div> }
    });
    let stopping = !run.status.has_ended();
    let cancel = run.cancel_requested_at.map(|at| {
        view! {
            <p class="quiet restore-hint">
                <strong>{run.cancel_requested_by.clone()}</strong> " asked to cancel it, " <When at exact=Exact::Minute/>
                {stopping.then_some(". It stops after the policy that is being written.")}
            </p>
        }
    });
    view! {
        {looking}
        {progress}
        {cancel}
        {run.failure.map(|failure| view! { <Alert text=failure.message/> })}
    }
}
