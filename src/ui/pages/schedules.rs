//! `/t/{tenant}/schedules`: when operations start by themselves.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use crate::{
    api::{operations::StartOperation, schedules::list_schedules},
    model::{
        operation::OperationType,
        run::{LiveEvent, RunStatus},
        schedule::{ScheduleDraft, SchedulePage},
        user::{Action, Role},
    },
    ui::{
        components::{
            badge::Tag,
            error_panel::ErrorPanel,
            icon::{Glyph, Icon},
            notice::Alert,
            page_header::PageHeader,
            schedule_form::ScheduleEditor,
            schedule_table::ScheduleTable,
            toast::Toast,
        },
        context::{CurrentTenant, ViewerResource, role_in},
        live::LiveFeed,
        starting::Starting,
    },
};

/// What the address asks for: the schedule to edit, with what was typed where something was.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Asked {
    edited: Option<OperationType>,
    draft: Option<ScheduleDraft>,
}

impl Asked {
    fn read(get: impl Fn(&str) -> Option<String>) -> Self {
        let Some(operation_type) = get("operation_type").and_then(|text| text.parse().ok()) else {
            return Self::default();
        };
        let draft = get("cron").map(|cron| ScheduleDraft {
            operation_type,
            cron,
            time_zone: get("time_zone").unwrap_or_default(),
            expected_hours: get("expected_hours").unwrap_or_default(),
            enabled: get("enabled").is_some(),
        });
        Self { edited: Some(operation_type), draft }
    }
}

#[component]
pub fn SchedulesPage() -> impl IntoView {
    let CurrentTenant(tenant) = expect_context();
    let viewer = expect_context::<ViewerResource>();
    let query = use_query_map();
    let asked = Memo::new(move |_| {
        let query = query.read();
        Asked::read(|name| query.get_str(name).map(str::to_owned))
    });
    let page = Resource::new(
        move || (tenant.get(), asked.get()),
        |(tenant, asked)| list_schedules(tenant, asked.edited, asked.draft),
    );
    let start = Starting::<StartOperation>::on_this_page();
    start.on_started(move |_| page.refetch());
    expect_context::<LiveFeed>().listen(move |event| {
        // What somebody is typing must not go: the form is only there while it is edited.
        if let LiveEvent::Run { run } = event
            && run.status == RunStatus::Completed
            && asked.get_untracked().edited.is_none()
        {
            page.refetch();
        }
    });
    view! {
        <Title text="Schedules"/>
        <Transition>
            {move || Suspend::new(async move {
                let tenant = tenant.get_untracked();
                let role = role_in(&viewer.await, &tenant);
                match page.await {
                    Err(error) => {
                        let way_out = (format!("/t/{tenant}/schedules"), "Go to schedules");
                        view! { <ErrorPanel error way_out/> }.into_any()
                    }
                    Ok(SchedulePage { schedules, form }) => {
                        let can = |action| role.is_some_and(|role: Role| role.can(action));
                        let (can_edit, can_start) = (can(Action::ManageSchedules), can(Action::StartOperation));
                        let editor = form.map(|form| view! { <ScheduleEditor form tenant=tenant.clone()/> });
                        let told = tenant.clone();
                        view! {
                            <PageHeader title="Schedules" beside=|| ()>
                                {(role == Some(Role::Readonly))
                                    .then(|| view! {
                                        <Tag glyph=Glyph::Eye text="Read-only" title="Your role sees everything and changes nothing"/>
                                    })}
                            </PageHeader>
                            <Told start tenant=told/>
                            {editor}
                            <ScheduleTable
                                schedules
                                can_edit
                                start=can_start.then_some(start.action)
                                tenant=tenant.clone()
                            />
                        }
                            .into_any()
                    }
                }
            })}
        </Transition>
        <Toast toast=start.toast/>
    }
}

/// The answer to "Run now" for those without scripts.
#[component]
fn Told(start: Starting<StartOperation>, tenant: String) -> impl IntoView {
    view! {
        {move || start.form_error().map(|error| view! { <Alert text=error.to_string()/> })}
        {move || {
            start
                .form_told()
                .map(|told| {
                    let address = format!("/t/{tenant}/operations/{}", told.run);
                    let words = if told.created { "The run has started." } else { "Joined the run that is under way." };
                    view! {
                        <p class="notice" role="status">
                            <Icon glyph=Glyph::CircleCheck/>
                            <span>{words} " " <a href=address>"View run"</a></span>
                        </p>
                    }
                })
        }}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_opens_a_form_with_what_was_typed() {
        let asked = |pairs: &'static [(&'static str, &'static str)]| {
            Asked::read(|name| pairs.iter().find(|(own, _)| *own == name).map(|(_, value)| (*value).to_owned()))
        };
        assert_eq!(asked(&[]), Asked::default());
        assert_eq!(asked(&[("operation_type", "unicorns")]), Asked::default());
        let stored = asked(&[("operation_type", "policy.sync")]);
        assert_eq!((stored.edited, stored.draft), (Some(OperationType::PolicySync), None));
        let typed = asked(&[("operation_type", "policy.sync"), ("cron", ""), ("enabled", "on")]).draft.unwrap();
        assert_eq!((typed.cron.as_str(), typed.enabled), ("", true));
    }
}
