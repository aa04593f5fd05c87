//! What can be done to a run: cancel it while it goes on, do it again when it did not succeed. Plain forms.

use leptos::prelude::*;

use crate::{
    api::operations::{CancelRun, RetryRun},
    model::{
        ids::RunId,
        run::{Run, RunDetail, RunOutcome},
        user::Action,
    },
    ui::{
        components::{
            icon::{Glyph, Icon},
            notice::Alert,
            when::{Exact, When},
        },
        context::{CurrentTenant, ViewerResource, action_error, role_in},
        words,
    },
};

/// What a run in this state lets one do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Offer {
    cancel: bool,
    again: bool,
    failed_only: bool,
}

fn offer(detail: &RunDetail) -> Offer {
    let run = &detail.run;
    let unlucky = matches!(run.outcome, Some(RunOutcome::Failed | RunOutcome::PartiallySucceeded));
    let named = detail.failures.iter().any(|failure| failure.item.is_some());
    Offer {
        cancel: run.status.is_active() && run.cancel_requested.is_none(),
        again: !run.sample
            && !run.operation_type.is_shadow()
            && (unlucky || run.outcome == Some(RunOutcome::Cancelled)),
        failed_only: !run.sample && unlucky && named && run.operation_type.retries_failed_items(),
    }
}

#[component]
pub fn Actions(#[prop(into)] detail: Signal<RunDetail>) -> impl IntoView {
    let CurrentTenant(tenant) = expect_context();
    let viewer = expect_context::<ViewerResource>();
    let (cancel, retry) = (ServerAction::<CancelRun>::new(), ServerAction::<RetryRun>::new());
    let (cancel_error, retry_error) = (action_error(cancel), action_error(retry));
    let offer = Memo::new(move |_| offer(&detail.read()));
    let id = detail.with_untracked(|detail| detail.run.id);
    let error = move || cancel_error.get().or_else(|| retry_error.get());
    view! {
        <Transition>
            {move || Suspend::new(async move {
                let tenant = tenant.get_untracked();
                let role = role_in(&viewer.await, &tenant);
                role.is_some_and(|role| role.can(Action::StartOperation)).then(|| {
                    let buttons = move || {
                        let Offer { cancel: can_cancel, again, failed_only } = offer.get();
                        let (tenant, other) = (tenant.clone(), tenant.clone());
                        view! {
                            {can_cancel.then(|| view! { <Cancel action=cancel tenant=tenant.clone() id/> })}
                            {failed_only.then(|| view! { <Again action=retry tenant id failed_only=true/> })}
                            {again.then(|| view! { <Again action=retry tenant=other id failed_only=false/> })}
                        }
                    };
                    view! { <div class="run-actions">{buttons}</div> }
                })
            })}
        </Transition>
        {move || error().map(|error| view! { <Alert text=error.to_string()/> })}
    }
}

#[component]
fn Cancel(action: ServerAction<CancelRun>, tenant: String, id: RunId) -> impl IntoView {
    view! {
        <ActionForm action>
            <input type="hidden" name="tenant" value=tenant/>
            <input type="hidden" name="run" value=id.to_string()/>
            <button type="submit" class="button" aria-busy=move || action.pending().get().then_some("true")>
                <Icon glyph=Glyph::CircleSlash/>
                "Cancel run"
            </button>
        </ActionForm>
    }
}

#[component]
fn Again(action: ServerAction<RetryRun>, tenant: String, id: RunId, failed_only: bool) -> impl IntoView {
    view! {
        <ActionForm action>
            <input type="hidden" name="tenant" value=tenant/>
            <input type="hidden" name="run" value=id.to_string()/>
            {failed_only.then(|| view! { <input type="hidden" name="failed_only" value="true"/> })}
            <button type="submit" class="button" aria-busy=move || action.pending().get().then_some("true")>
                <Icon glyph=Glyph::Sync/>
                {if failed_only { "Run failed items again" } else { "Run again" }}
            </button>
        </ActionForm>
    }
}

/// Who asked to cancel it, which run it repeats, and which repeated it.
#[component]
pub fn Ties(#[prop(into)] run: Signal<Run>, #[prop(into)] retried_by: Signal<Vec<RunId>>) -> impl IntoView {
    let CurrentTenant(tenant) = expect_context();
    let link = move |id: RunId| {
        let address = format!("/t/{}/operations/{id}", tenant.get_untracked());
        view! { <a href=address><code>{words::short_id(id)}</code></a> }
    };
    let asked = Memo::new(move |_| run.read().cancel_requested.clone());
    let stopping = Memo::new(move |_| run.read().status.is_active());
    let retry_of = run.with_untracked(|run| run.retry_of);
    view! {
        {move || asked.get().map(|asked| view! {
            <p class="quiet">
                <strong>{asked.by}</strong> " asked to cancel it, " <When at=asked.at exact=Exact::Minute/>
                {stopping.get().then_some(". It stops at its next step, within a minute at the latest.")}
            </p>
        })}
        {retry_of.map(|parent| view! { <p class="quiet">"Does run " {link(parent)} " again"</p> })}
        {move || {
            let again = retried_by.get();
            (!again.is_empty()).then(|| view! {
                <p class="quiet">"Done again by run "{again.into_iter().map(|id| view! { {link(id)} " " }).collect_view()}</p>
            })
        }}
    }
}
