//! `/t/{tenant}/notifications/settings`: what the person wants to be told in this tenant.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::{
    api::notifications::{SaveNotificationSettings, get_notification_settings},
    model::{notification::NotificationSettings, operation::OperationType, user::Action},
    ui::{
        components::{error_panel::ErrorPanel, notice::Alert, page_header::PageHeader, toast::ToastText},
        context::{CurrentTenant, ViewerResource, action_error, role_in},
        inbox::InboxStore,
    },
};

#[component]
pub fn NotificationSettingsPage() -> impl IntoView {
    let CurrentTenant(tenant) = expect_context();
    let inbox = expect_context::<InboxStore>();
    let viewer = expect_context::<ViewerResource>();
    let settings = Resource::new(move || tenant.get(), get_notification_settings);
    let save = ServerAction::<SaveNotificationSettings>::new();
    let error = action_error(save);
    Effect::new(move |_| {
        if let Some(Ok(())) = save.value().get() {
            inbox.answer(ToastText { words: "Notification settings saved".to_owned(), alert: false, link: None });
        }
    });
    view! {
        <Title text="Notification settings"/>
        <PageHeader title="Notification settings" beside=|| ()>
            <Transition>
                {move || Suspend::new(async move {
                    let tenant = tenant.get();
                    role_in(&viewer.await, &tenant)
                        .is_some_and(|role| role.can(Action::ManageDestinations))
                        .then(|| {
                            let outgoing = format!("/t/{tenant}/notifications/outgoing");
                            view! { <a class="button" href=outgoing>"Outgoing notifications"</a> }
                        })
                })}
            </Transition>
            <a class="button" href=move || format!("/t/{}/notifications", tenant.get())>"All notifications"</a>
        </PageHeader>
        {move || error.get().map(|error| view! { <Alert text=error.to_string()/> })}
        <Transition>
            {move || Suspend::new(async move {
                match settings.await {
                    Err(error) => view! { <ErrorPanel error way_out=("/".to_owned(), "Go to operations")/> }.into_any(),
                    Ok(settings) => {
                        view! {
                            <ActionForm action=save attr:class="settings">
                                <input type="hidden" name="tenant" value=tenant.get_untracked()/>
                                <Choices settings/>
                                <button type="submit" class="button button-primary">"Save settings"</button>
                            </ActionForm>
                        }
                            .into_any()
                    }
                }
            })}
        </Transition>
    }
}

#[component]
fn Choices(settings: NotificationSettings) -> impl IntoView {
    view! {
        <fieldset>
            <legend>"Your own runs"</legend>
            <p class="quiet">"Runs of this tenant that you start or join."</p>
            <Choice name="run_started" value="true" checked=settings.run_started words="When one starts"/>
            <Choice name="run_completed" value="true" checked=settings.run_completed words="When one ends, with its outcome"/>
        </fieldset>
        <fieldset>
            <legend>"Failed runs of others"</legend>
            <p class="quiet">"Whoever started them, people or schedules."</p>
            <Types name="run_failed[]" chosen=settings.run_failed all=OperationType::ALL/>
        </fieldset>
        <fieldset>
            <legend>"Late schedules"</legend>
            <p class="quiet">"When a scheduled operation has not succeeded in the time that is expected of it."</p>
            <Types name="schedule_late[]" chosen=settings.schedule_late all=OperationType::ALL/>
        </fieldset>
        <fieldset>
            <legend>"How"</legend>
            <Choice name="quiet" value="true" checked=settings.quiet words="Quietly: only at the bell, without toasts"/>
        </fieldset>
    }
}

#[component]
fn Types(name: &'static str, chosen: Vec<OperationType>, all: &'static [OperationType]) -> impl IntoView {
    let choices = all
        .iter()
        .map(|which| {
            let checked = chosen.contains(which);
            view! { <Choice name value=which.as_str() checked words=which.label()/> }
        })
        .collect_view();
    view! { <div class="choice-grid">{choices}</div> }
}

#[component]
fn Choice(name: &'static str, value: &'static str, checked: bool, words: &'static str) -> impl IntoView {
    view! {
        <label class="choice">
            <input type="checkbox" name=name value=value checked=checked/>
            <span>{words}</span>
        </label>
    }
}
