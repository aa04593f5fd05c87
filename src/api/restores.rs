//! Restores: the list, one restore, and each step of its life.

use leptos::prelude::*;

use crate::{
    error::AppError,
    model::{
        ids::RestoreRunId,
        listing::Listing,
        restore::{GroupChoice, RestoreDetail, RestoreRun},
    },
};

/// One page of the tenant's restores, newest first.
#[server(prefix = "/api", endpoint = "restores/list")]
pub async fn list_restores(tenant: String, after: Option<String>) -> Result<Listing<RestoreRun>, AppError> {
    use crate::{
        model::user::Action,
        server::{auth::request, error::shown},
    };
    let member = request::member(&tenant, Action::View).await?;
    request::state().restores.list(member.scope(), after.as_deref()).await.map_err(shown)
}

/// One restore with its policies; 404 when it is not this tenant's.
#[server(prefix = "/api", endpoint = "restores/show")]
pub async fn show_restore(tenant: String, restore: String) -> Result<RestoreDetail, AppError> {
    use crate::{
        model::user::Action,
        server::{auth::request, error::shown},
    };
    let member = request::member(&tenant, Action::View).await?;
    let id = restore.parse().map_err(|_| shown(AppError::not_found("This restore")))?;
    request::state().restores.detail(member.scope(), id).await.map_err(shown)
}

/// Drafts a restore of policies of a set, which is previewed at once, and leads to it. `policies` are words
/// `family/id`; `all` takes everything of the set that the filter lets through instead.
#[server(prefix = "/api", endpoint = "restores/create")]
pub async fn create_restore(
    tenant: String,
    set: String,
    #[server(default)] policies: Vec<String>,
    #[server(default)] all: bool,
    #[server(default)] family: String,
    #[server(default)] search: String,
    #[server(default)] assignments: bool,
) -> Result<RestoreRunId, AppError> {
    use crate::{
        model::user::Action,
        server::{auth::request, error::shown, restore::RestoreRequest},
    };
    let member = request::member(&tenant, Action::PreviewRestore).await?;
    let asked = RestoreRequest { set, policies, all, family, search, assignments };
    let run = request::state().restores.request(&member, asked).await.map_err(shown)?;
    leptos_axum::redirect(&format!("/t/{tenant}/restores/{}", run.id));
    Ok(run.id)
}

/// Looks at the tenant again, with the groups chosen by hand.
#[server(prefix = "/api", endpoint = "restores/preview")]
pub async fn preview_restore_again(
    tenant: String,
    restore: String,
    #[server(default)] groups: Vec<GroupChoice>,
) -> Result<(), AppError> {
    use crate::{
        model::user::Action,
        server::{auth::request, error::shown},
    };
    let member = request::member(&tenant, Action::PreviewRestore).await?;
    let id = restore.parse().map_err(|_| shown(AppError::not_found("This restore")))?;
    request::state().restores.map_groups(&member, id, groups).await.map_err(shown)?;
    leptos_axum::redirect(&format!("/t/{tenant}/restores/{id}"));
    Ok(())
}

/// Lets a previewed restore write, once the tenant's name was typed.
#[server(prefix = "/api", endpoint = "restores/confirm")]
pub async fn confirm_restore(tenant: String, restore: String, name: String) -> Result<(), AppError> {
    use crate::{
        model::user::Action,
        server::{auth::request, error::shown},
    };
    let member = request::member(&tenant, Action::ExecuteRestore).await?;
    let id = restore.parse().map_err(|_| shown(AppError::not_found("This restore")))?;
    request::state().restores.confirm(&member, id, &name).await.map_err(shown)?;
    leptos_axum::redirect(&format!("/t/{tenant}/restores/{id}"));
    Ok(())
}

/// Cancels a restore: at once what was not begun, else after the policy that is being written.
#[server(prefix = "/api", endpoint = "restores/cancel")]
pub async fn cancel_restore(tenant: String, restore: String) -> Result<(), AppError> {
    use crate::{
        model::user::Action,
        server::{auth::request, error::shown},
    };
    let member = request::member(&tenant, Action::PreviewRestore).await?;
    let id = restore.parse().map_err(|_| shown(AppError::not_found("This restore")))?;
    request::state().restores.cancel(&member, id).await.map_err(shown)?;
    leptos_axum::redirect(&format!("/t/{tenant}/restores/{id}"));
    Ok(())
}

/// Drafts the restore of what a restore has overwritten, from its safety backup, and leads to it.
#[server(prefix = "/api", endpoint = "restores/undo")]
pub async fn undo_restore(tenant: String, restore: String) -> Result<RestoreRunId, AppError> {
    use crate::{
        model::user::Action,
        server::{auth::request, error::shown},
    };
    let member = request::member(&tenant, Action::PreviewRestore).await?;
    let id = restore.parse().map_err(|_| shown(AppError::not_found("This restore")))?;
    let run = request::state().restores.undo(&member, id).await.map_err(shown)?;
    leptos_axum::redirect(&format!("/t/{tenant}/restores/{}", run.id));
    Ok(run.id)
}
