//! The operations page: the list, one run, and starting operations.

use leptos::prelude::*;

use crate::{
    error::AppError,
    model::{
        operation::OperationType,
        page::{ListChoices, RunPage},
        run::{Run, RunDetail, Started},
    },
};

/// One page of the tenant's runs, newest first: the one that the query of the address names, as [`RunFilter`] reads it.
/// What makes no sense is ignored, and said in the page's note.
///
/// [`RunFilter`]: crate::model::filter::RunFilter
#[server(prefix = "/api", endpoint = "operations/list")]
pub async fn list_runs(tenant: String, #[server(default)] query: String) -> Result<RunPage, AppError> {
    use crate::{
        model::user::Action,
        server::{auth::request, error::shown},
    };
    let member = request::member(&tenant, Action::View).await?;
    request::state().list_runs(&member, &query).await.map_err(shown)
}

/// The people of the tenant whom the list can be filtered for: its members, and those whom the query names.
#[server(prefix = "/api", endpoint = "operations/filter_choices")]
pub async fn filter_choices(tenant: String, #[server(default)] query: String) -> Result<ListChoices, AppError> {
    use crate::{
        model::user::Action,
        server::{auth::request, error::shown},
    };
    let member = request::member(&tenant, Action::View).await?;
    request::state().filter_choices(&member, &query).await.map_err(shown)
}

/// All there is to tell of one run; 404 when it is not this tenant's or no run id at all.
#[server(prefix = "/api", endpoint = "operations/show")]
pub async fn show_run(tenant: String, run: String) -> Result<RunDetail, AppError> {
    use crate::{
        model::{ids::RunId, user::Action},
        server::{auth::request, error::shown},
    };
    let member = request::member(&tenant, Action::View).await?;
    let id = run.parse::<RunId>().map_err(|_| shown(AppError::not_found("This run")))?;
    let detail = request::state().runs.detail(member.scope(), id).await.map_err(shown)?;
    detail.ok_or_else(|| shown(AppError::not_found("This run")))
}

/// Starts an operation, or joins the active run that does the same work. A form that was sent without scripts goes back
/// to its page, which tells.
#[server(prefix = "/api", endpoint = "operations/start")]
pub async fn start_operation(tenant: String, operation_type: OperationType) -> Result<Started, AppError> {
    use crate::{
        model::user::Action,
        server::{auth::request, error::shown},
    };
    let member = request::member(&tenant, Action::StartOperation).await?;
    let started = request::state().start(&member, operation_type, &serde_json::json!({})).await.map_err(shown)?;
    Ok(request::answer_form(started))
}

/// Cancels a run: one that waits ends at once, a running one is asked to stop.
#[server(prefix = "/api", endpoint = "operations/cancel")]
pub async fn cancel_run(tenant: String, run: String) -> Result<Run, AppError> {
    use crate::{
        model::{ids::RunId, user::Action},
        server::{auth::request, error::shown},
    };
    let member = request::member(&tenant, Action::StartOperation).await?;
    let id = run.parse::<RunId>().map_err(|_| shown(AppError::not_found("This run")))?;
    request::state().cancel(&member, id).await.map_err(shown)
}

/// Does a run again that failed, wholly or in part, or was cancelled; with `failed_only` just what failed in it. Goes to
/// the new run.
#[server(prefix = "/api", endpoint = "operations/retry")]
pub async fn retry_run(tenant: String, run: String, failed_only: Option<bool>) -> Result<Started, AppError> {
    use crate::{
        model::{ids::RunId, user::Action},
        server::{auth::request, error::shown},
    };
    let member = request::member(&tenant, Action::StartOperation).await?;
    let id = run.parse::<RunId>().map_err(|_| shown(AppError::not_found("This run")))?;
    let started = request::state().retry(&member, id, failed_only == Some(true)).await.map_err(shown)?;
    leptos_axum::redirect(&format!("/t/{tenant}/operations/{}", started.run.id));
    Ok(started)
}
