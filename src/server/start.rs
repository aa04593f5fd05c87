//! What the operations page asks for: a page of the list, starting an operation, cancelling a run and doing it again, as
//! scripts do as well.

use serde_json::{Value, json};
use tracing::info;

use super::{
    audit::{By, Deed},
    db::{members::Membership, scope::TenantScope},
    error::ServiceError,
    jobs,
    runs::{Ensured, NewRun, OperationRunService},
    state::AppState,
};
use crate::{
    error::AppError,
    model::{
        audit::AuditAction,
        filter::RunFilter,
        ids::RunId,
        operation::OperationType,
        page::{ListChoices, RunPage},
        run::{Run, RunOutcome, Started},
    },
};

impl AppState {
    /// For a member: the page of runs that the query of the address names, with a note on what of it made no sense.
    pub async fn list_runs(&self, member: &Membership, query: &str) -> Result<RunPage, ServiceError> {
        let (filter, note) = RunFilter::parse(query);
        let page = self.runs.page(member.scope(), &filter, note, Some(member.user_id())).await?;
        if page.note.is_some() {
            info!(tenant = %member.scope().tenant(), "parts of an address made no sense and were ignored");
        }
        Ok(page)
    }

    /// For a member: the people whom the list can be filtered for.
    pub async fn filter_choices(&self, member: &Membership, query: &str) -> Result<ListChoices, ServiceError> {
        let (filter, _) = RunFilter::parse(query);
        Ok(self.runs.filter_choices(member.scope(), &filter, member.user_id()).await?)
    }

    /// For a member who may start operations: a new run, or the active one of the same identity.
    pub async fn start(
        &self,
        member: &Membership,
        operation_type: OperationType,
        inputs: &Value,
    ) -> Result<Started, ServiceError> {
        Ok(start(&self.runs, member.scope(), operation_type, inputs, member).await?.into())
    }

    /// For a member who may start operations: cancels a run of the tenant.
    pub async fn cancel(&self, member: &Membership, run: RunId) -> Result<Run, ServiceError> {
        Ok(self.runs.cancel(member.scope(), run, member).await?)
    }

    /// For a member who may start operations: does a run again, whole or only what failed.
    pub async fn retry(&self, member: &Membership, run: RunId, failed_only: bool) -> Result<Started, ServiceError> {
        Ok(retry(&self.runs, member.scope(), run, failed_only, member).await?.into())
    }
}

/// Asks the ledger for a run of this type with these inputs.
pub async fn start(
    ledger: &OperationRunService,
    scope: TenantScope,
    operation_type: OperationType,
    inputs: &Value,
    by: impl Into<By>,
) -> Result<Ensured, ServiceError> {
    start_as(ledger, scope, operation_type, inputs, Deed::new(by, AuditAction::RunStarted)).await
}

/// The same where the person does something else, to which the run belongs.
pub async fn start_as(
    ledger: &OperationRunService,
    scope: TenantScope,
    operation_type: OperationType,
    inputs: &Value,
    deed: Deed,
) -> Result<Ensured, ServiceError> {
    ensure(ledger, scope, operation_type, inputs, deed, None).await
}

/// Asks for a run that does again what a run did that failed, wholly or in part, or was cancelled. When the same work is
/// active already, that is joined.
pub async fn retry(
    ledger: &OperationRunService,
    scope: TenantScope,
    run: RunId,
    failed_only: bool,
    by: impl Into<By>,
) -> Result<Ensured, ServiceError> {
    let deed = Deed::new(by, AuditAction::RunRetried).with("retry_of", run).with("failed_only", failed_only);
    let detail = ledger.detail(scope, run).await?.ok_or_else(|| AppError::not_found("This run"))?;
    let conflict = |message: &str| AppError::Conflict { message: message.to_owned() };
    match detail.run.outcome {
        None => return Err(conflict("The run is still going on. Wait for its end, or cancel it first.").into()),
        Some(RunOutcome::Succeeded) => {
            return Err(conflict("The run succeeded: there is nothing to do again. Start a new one instead.").into());
        }
        Some(RunOutcome::Failed | RunOutcome::PartiallySucceeded | RunOutcome::Cancelled) => {}
    }
    let operation_type = detail.run.operation_type;
    let mut inputs = detail.context.get("inputs").cloned().unwrap_or_else(|| json!({}));
    if failed_only {
        inputs = jobs::failed_only(ledger.db(), scope, operation_type, &inputs, &detail.failures)
            .await?
            .ok_or_else(|| conflict("What failed in this run cannot be done on its own. Run it again as a whole."))?;
    }
    ensure(ledger, scope, operation_type, &inputs, deed, Some(run)).await
}

async fn ensure(
    ledger: &OperationRunService,
    scope: TenantScope,
    operation_type: OperationType,
    inputs: &Value,
    deed: Deed,
    retry_of: Option<RunId>,
) -> Result<Ensured, ServiceError> {
    let inputs = jobs::accept(operation_type, inputs)?;
    let initiator = deed.by.initiator.clone();
    jobs::check(ledger.db(), scope, operation_type, &inputs, &initiator).await?;
    let new = NewRun { operation_type, context: json!({ "inputs": inputs }), inputs, initiator, retry_of };
    Ok(ledger.ensure_run_for(scope, new, Some(deed)).await?)
}
