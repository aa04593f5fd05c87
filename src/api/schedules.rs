//! The schedules page.

use leptos::prelude::*;

use crate::{
    error::AppError,
    model::{
        operation::OperationType,
        schedule::{ScheduleDraft, SchedulePage},
    },
};

/// The tenant's schedules; with `edited` its form, which shows `draft` or what is stored. A draft that makes no sense comes
/// back with what is wrong, and a page with it is answered with 422.
#[server(prefix = "/api", endpoint = "schedules/list")]
pub async fn list_schedules(
    tenant: String,
    edited: Option<OperationType>,
    draft: Option<ScheduleDraft>,
) -> Result<SchedulePage, AppError> {
    use crate::{
        model::user::Action,
        server::{auth::request, error::shown},
    };
    let action = if edited.is_some() { Action::ManageSchedules } else { Action::View };
    let member = request::member(&tenant, action).await?;
    let page = request::state().schedules().page(member.scope(), edited, draft).await.map_err(shown)?;
    request::refuse_draft(page.form.as_ref().and_then(|form| form.error()));
    Ok(page)
}

/// Sets a schedule up. A form without scripts goes back to the page; when something is wrong, with what was typed.
#[server(prefix = "/api", endpoint = "schedules/save")]
pub async fn save_schedule(
    tenant: String,
    operation_type: OperationType,
    cron: String,
    time_zone: String,
    expected_hours: String,
    enabled: Option<String>,
) -> Result<(), AppError> {
    use crate::{
        model::user::Action,
        server::{auth::request, error::shown},
    };
    let member = request::member(&tenant, Action::ManageSchedules).await?;
    let draft = ScheduleDraft { operation_type, cron, time_zone, expected_hours, enabled: enabled.is_some() };
    let saved = request::state().schedules().save(member.scope(), &member, draft).await.map_err(shown)?;
    request::answer_schedule(&tenant, saved.err().as_deref()).map_err(shown)
}
