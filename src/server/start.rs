//! What the operations page asks for: a page of the list, and starting an operation, as scripts do as well.

use serde_json::{Value, json};
use tracing::info;

use super::{
    db::{members::Membership, scope::TenantScope},
    error::ServiceError,
    jobs,
    runs::{Ensured, NewRun, OperationRunService},
    state::AppState,
};
use crate::model::{
    operation::OperationType,
    page::{RunCursor, RunPage},
    run::{Initiator, Started},
};

impl AppState {
    /// For a member: the page of runs that the address names, or the newest with a note when it names none.
    pub async fn list_runs(&self, member: &Membership, after: Option<&str>) -> Result<RunPage, ServiceError> {
        let (cursor, note) = RunCursor::parse(after);
        if note.is_some() {
            info!(tenant = %member.scope().tenant(), "an address named a place in the list that does not exist");
        }
        Ok(RunPage { note, ..self.runs.list(member.scope(), &cursor).await? })
    }

    /// For a member who may start operations: a new run, or the active one of the same identity.
    pub async fn start(
        &self,
        member: &Membership,
        operation_type: OperationType,
        inputs: &Value,
    ) -> Result<Started, ServiceError> {
        Ok(start(&self.runs, member.scope(), operation_type, inputs, member.initiator()).await?.into())
    }
}

/// Asks the ledger for a run of this type with these inputs.
pub async fn start(
    ledger: &OperationRunService,
    scope: TenantScope,
    operation_type: OperationType,
    inputs: &Value,
    initiator: Initiator,
) -> Result<Ensured, ServiceError> {
    let inputs = jobs::accept(operation_type, inputs)?;
    let new = NewRun { operation_type, context: json!({ "inputs": inputs }), inputs, initiator };
    Ok(ledger.ensure_run(scope, new).await?)
}
