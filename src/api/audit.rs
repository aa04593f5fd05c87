//! The audit log.

use leptos::prelude::*;

use crate::{error::AppError, model::audit::AuditPage};

/// One page of the tenant's audit log, newest first; everybody in the tenant sees it. The arguments are as the address
/// has them: what makes no sense is ignored, and said in the page's note.
#[server(prefix = "/api", endpoint = "audit/list")]
pub async fn list_audit(
    tenant: String,
    action: Option<String>,
    person: Option<String>,
    from: Option<String>,
    to: Option<String>,
    after: Option<String>,
) -> Result<AuditPage, AppError> {
    use crate::{
        model::{audit::AuditAsked, user::Action},
        server::{audit, auth::request, error::shown},
    };
    let member = request::member(&tenant, Action::View).await?;
    let (state, asked) = (request::state(), AuditAsked { action, person, from, to, after });
    audit::page(state.runs.db(), state.runs.clock(), member.scope(), &asked).await.map_err(shown)
}
