//! The drift pages: findings, one finding, starting a comparison, deciding.

use leptos::prelude::*;

use crate::{
    error::AppError,
    model::{
        drift::{Decided, Decision, DriftOverview, Finding, FindingDetail},
        finding_filter::FindingFilter,
        listing::Listing,
        run::Started,
    },
};

/// What the drift page stands on: whether there is something to compare, with what, and what came of it last.
#[server(prefix = "/api", endpoint = "drift/overview")]
pub async fn get_drift_overview(tenant: String) -> Result<DriftOverview, AppError> {
    use crate::{
        model::user::Action,
        server::{auth::request, drift, error::shown},
    };
    let member = request::member(&tenant, Action::View).await?;
    drift::overview(request::state().runs.db(), &member).await.map_err(shown)
}

/// A page of the tenant's findings, by family and policy.
#[server(prefix = "/api", endpoint = "drift/list")]
pub async fn list_findings(
    tenant: String,
    #[server(default)] filter: FindingFilter,
) -> Result<Listing<Finding>, AppError> {
    use crate::{
        model::user::Action,
        server::{auth::request, drift, error::shown},
    };
    let member = request::member(&tenant, Action::View).await?;
    drift::list(request::state().runs.db(), &member, &filter).await.map_err(shown)
}

/// One finding with its history; 404 when it is not this tenant's or no finding at all.
#[server(prefix = "/api", endpoint = "drift/show")]
pub async fn show_finding(tenant: String, finding: String) -> Result<FindingDetail, AppError> {
    use crate::{
        model::user::Action,
        server::{auth::request, drift, error::shown},
    };
    let member = request::member(&tenant, Action::View).await?;
    let id = finding.parse().map_err(|_| shown(AppError::not_found("This finding")))?;
    drift::finding(request::state().runs.db(), &member, id).await.map_err(shown)
}

/// Starts a comparison with a baseline (`previous`, `backup_set:ID`, `tenant:SLUG`), or joins the active one.
#[server(prefix = "/api", endpoint = "drift/generate")]
pub async fn generate_drift(tenant: String, #[server(default)] baseline: Option<String>) -> Result<Started, AppError> {
    use crate::{
        model::{operation::OperationType, user::Action},
        server::{auth::request, drift, error::shown},
    };
    let member = request::member(&tenant, Action::StartOperation).await?;
    let inputs = drift::baseline::inputs(baseline.as_deref()).map_err(shown)?;
    let started = request::state().start(&member, OperationType::DriftGenerate, &inputs).await.map_err(shown)?;
    Ok(request::answer_form(started))
}

/// Accepts, ignores or reopens findings, by their tickets; all of them or none.
#[server(prefix = "/api", endpoint = "drift/decide")]
pub async fn decide_findings(
    tenant: String,
    #[server(default)] findings: Vec<String>,
    decision: Decision,
    #[server(default)] reason: Option<String>,
) -> Result<Decided, AppError> {
    use crate::{
        model::user::Action,
        server::{auth::request, drift, error::shown},
    };
    let member = request::member(&tenant, Action::TriageDrift).await?;
    let (state, reason) = (request::state(), reason.as_deref());
    drift::decide(state.runs.db(), state.runs.clock(), &member, &findings, decision, reason).await.map_err(shown)
}
