//! The inventory and the policies.

use leptos::prelude::*;

use crate::{
    error::AppError,
    model::{
        item::{FamilyPage, FamilyQuery},
        policy::PolicyDetail,
    },
};

/// One page of a family of the inventory, by name. What of the query makes no sense is ignored, and said in the page's note.
#[server(prefix = "/api", endpoint = "inventory/list")]
pub async fn list_inventory(tenant: String, #[server(default)] query: FamilyQuery) -> Result<FamilyPage, AppError> {
    use crate::{
        model::user::Action,
        server::{auth::request, error::shown, items},
    };
    let member = request::member(&tenant, Action::View).await?;
    items::inventory(request::state().runs.db(), member.scope(), query).await.map_err(shown)
}

/// One page of a family of policies, by name.
#[server(prefix = "/api", endpoint = "policies/list")]
pub async fn list_policies(tenant: String, #[server(default)] query: FamilyQuery) -> Result<FamilyPage, AppError> {
    use crate::{
        model::user::Action,
        server::{auth::request, error::shown, items},
    };
    let member = request::member(&tenant, Action::View).await?;
    items::policies(request::state().runs.db(), member.scope(), query).await.map_err(shown)
}

/// One policy, with two of its versions compared: those that are named, or the newest two. 404 when it is not this
/// tenant's.
#[server(prefix = "/api", endpoint = "policies/show")]
pub async fn show_policy(
    tenant: String,
    family: String,
    id: String,
    from: Option<String>,
    to: Option<String>,
) -> Result<PolicyDetail, AppError> {
    use crate::{
        model::user::Action,
        server::{auth::request, error::shown, policies},
    };
    let member = request::member(&tenant, Action::View).await?;
    let db = request::state().runs.db().clone();
    policies::detail(&db, member.scope(), &family, &id, from.as_deref(), to.as_deref()).await.map_err(shown)
}
