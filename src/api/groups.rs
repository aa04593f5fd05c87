//! The groups page.

use leptos::prelude::*;

use crate::{error::AppError, model::directory_group::GroupPage};

/// One page of the tenant's groups by name; `q` is a part of the name, `kind` and `after` are as the address has them.
/// What makes no sense is ignored, and said in the page's note.
#[server(prefix = "/api", endpoint = "groups/list")]
pub async fn list_groups(
    tenant: String,
    q: Option<String>,
    kind: Option<String>,
    after: Option<String>,
) -> Result<GroupPage, AppError> {
    use crate::{
        model::user::Action,
        server::{auth::request, directory, error::shown},
    };
    let member = request::member(&tenant, Action::View).await?;
    directory::page(request::state().runs.db(), member.scope(), q, kind, after).await.map_err(shown)
}
