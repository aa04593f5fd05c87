//! Backup sets: the list, one set, choosing policies, and what can be done to a set.

use leptos::prelude::*;

use crate::{
    error::AppError,
    model::{
        backup::{BackupSet, BackupSetDetail, PolicyChoices},
        listing::Listing,
        run::Started,
    },
};

/// One page of the tenant's backup sets, newest first.
#[server(prefix = "/api", endpoint = "backups/list")]
pub async fn list_backup_sets(tenant: String, after: Option<String>) -> Result<Listing<BackupSet>, AppError> {
    use crate::{
        model::user::Action,
        server::{auth::request, backup::BackupService, error::shown},
    };
    let member = request::member(&tenant, Action::View).await?;
    BackupService::new(&request::state().runs).list(member.scope(), after.as_deref()).await.map_err(shown)
}

/// One set with a page of its policies, of a family and with a search if asked for; 404 when it is not this tenant's.
#[server(prefix = "/api", endpoint = "backups/show")]
pub async fn show_backup_set(
    tenant: String,
    set: String,
    family: Option<String>,
    search: Option<String>,
    after: Option<String>,
) -> Result<BackupSetDetail, AppError> {
    use crate::{
        model::user::Action,
        server::{
            auth::request,
            backup::{BackupService, PolicyFilter},
            error::shown,
        },
    };
    let member = request::member(&tenant, Action::View).await?;
    let id = set.parse().map_err(|_| shown(AppError::not_found("This backup set")))?;
    let filter = PolicyFilter::new(family.as_deref(), search.as_deref());
    let backups = BackupService::new(&request::state().runs);
    backups.detail(member.scope(), id, &filter, after.as_deref()).await.map_err(shown)
}

/// A page of the policies that can be backed up, with the sets that take more.
#[server(prefix = "/api", endpoint = "backups/choices")]
pub async fn list_policy_choices(
    tenant: String,
    family: Option<String>,
    search: Option<String>,
    after: Option<String>,
) -> Result<PolicyChoices, AppError> {
    use crate::{
        model::user::Action,
        server::{
            auth::request,
            backup::{BackupService, PolicyFilter},
            error::shown,
        },
    };
    let member = request::member(&tenant, Action::MakeBackup).await?;
    let filter = PolicyFilter::new(family.as_deref(), search.as_deref());
    let backups = BackupService::new(&request::state().runs);
    backups.choices(member.scope(), &filter, after.as_deref()).await.map_err(shown)
}

/// Adds policies to a set, `set` or a new one with the id `new_set`, and leads to it. `policies` are words
/// `family/id`; `all` takes everything that the filter lets through instead.
#[server(prefix = "/api", endpoint = "backups/add")]
#[allow(clippy::too_many_arguments, reason = "the fields of a form")]
pub async fn add_to_backup_set(
    tenant: String,
    #[server(default)] set: String,
    #[server(default)] new_set: String,
    #[server(default)] name: String,
    #[server(default)] keep: String,
    #[server(default)] keep_open: bool,
    #[server(default)] all: bool,
    #[server(default)] family: String,
    #[server(default)] search: String,
    #[server(default)] policies: Vec<String>,
) -> Result<Started, AppError> {
    use crate::{
        model::user::Action,
        server::{
            auth::request,
            backup::{AddRequest, BackupService},
            error::shown,
        },
    };
    let member = request::member(&tenant, Action::MakeBackup).await?;
    let asked = AddRequest { set, new_set, name, keep, keep_open, all, family, search, policies };
    let (set, started) = BackupService::new(&request::state().runs).request(&member, asked).await.map_err(shown)?;
    leptos_axum::redirect(&format!("/t/{tenant}/backups/{set}?{}", started.query()));
    Ok(started)
}

/// Asks again for what is missing from a set, and leads to it.
#[server(prefix = "/api", endpoint = "backups/retry")]
pub async fn retry_backup_set(tenant: String, set: String) -> Result<Started, AppError> {
    use crate::{
        model::user::Action,
        server::{auth::request, backup::BackupService, error::shown},
    };
    let member = request::member(&tenant, Action::MakeBackup).await?;
    let id = set.parse().map_err(|_| shown(AppError::not_found("This backup set")))?;
    let started = BackupService::new(&request::state().runs).retry(&member, id).await.map_err(shown)?;
    leptos_axum::redirect(&format!("/t/{tenant}/backups/{set}?{}", started.query()));
    Ok(started)
}

/// Says that an open set has all that it should have.
#[server(prefix = "/api", endpoint = "backups/complete")]
pub async fn complete_backup_set(tenant: String, set: String) -> Result<(), AppError> {
    use crate::{
        model::user::Action,
        server::{auth::request, backup::BackupService, error::shown},
    };
    let member = request::member(&tenant, Action::MakeBackup).await?;
    let id = set.parse().map_err(|_| shown(AppError::not_found("This backup set")))?;
    BackupService::new(&request::state().runs).complete(&member, id).await.map_err(shown)?;
    leptos_axum::redirect(&format!("/t/{tenant}/backups/{set}"));
    Ok(())
}

/// Deletes a set whose name was typed, and leads to the list.
#[server(prefix = "/api", endpoint = "backups/delete")]
pub async fn delete_backup_set(tenant: String, set: String, name: String) -> Result<(), AppError> {
    use crate::{
        model::user::Action,
        server::{auth::request, backup::BackupService, error::shown},
    };
    let member = request::member(&tenant, Action::DeleteBackup).await?;
    let id = set.parse().map_err(|_| shown(AppError::not_found("This backup set")))?;
    BackupService::new(&request::state().runs).delete(&member, id, &name).await.map_err(shown)?;
    leptos_axum::redirect(&format!("/t/{tenant}/backups"));
    Ok(())
}
