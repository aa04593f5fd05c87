//! Cancelling: a run that nobody works on ends at once, a worker is asked to stop.

use tracing::info;

use super::{OperationRunService, RunChange, change};
use crate::{
    error::AppError,
    model::{
        audit::AuditAction,
        ids::RunId,
        run::{Run, RunStatus},
    },
    server::{
        audit::{By, Deed, subject_of},
        db::{runs, scope::TenantScope, tasks},
        error::ServiceError,
    },
};

/// Why a run is not cancelled.
#[derive(Debug, thiserror::Error)]
pub enum CancelError {
    #[error("there is no such run in this tenant")]
    NotFound,
    #[error("the run has ended already")]
    Ended,
    /// The module whose work it is does not allow it; a sentence for people.
    #[error("{0}")]
    Refused(String),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl From<CancelError> for ServiceError {
    fn from(error: CancelError) -> Self {
        let conflict = |message: &str| AppError::Conflict { message: message.to_owned() };
        match error {
            CancelError::NotFound => AppError::not_found("This run").into(),
            CancelError::Ended => conflict("The run has ended already, so there is nothing left to cancel.").into(),
            CancelError::Refused(sentence) => conflict(&sentence).into(),
            CancelError::Database(error) => error.into(),
        }
    }
}

impl OperationRunService {
    /// Cancels a run of the tenant. One that waits ends in this moment, with its task. The worker of a running one is
    /// asked: it stops at its next step, and what was done stays recorded; meanwhile the run is running. Who asked, and
    /// when, is on the run and in its history. Asking again changes nothing.
    pub async fn cancel(&self, scope: TenantScope, id: RunId, by: impl Into<By>) -> Result<Run, CancelError> {
        let who = by.into();
        let by = &who.initiator;
        let mut tx = self.db().begin().await?;
        let mut full = runs::lock(&mut tx, id)
            .await?
            .filter(|full| full.run.tenant_id == scope.tenant())
            .ok_or(CancelError::NotFound)?;
        if full.run.cancel_requested.is_none() && full.run.status.is_active() {
            for mirror in self.mirrors_of(full.run.operation_type) {
                if let Some(sentence) = mirror.cancel(&mut tx, &full, by).await? {
                    return Err(CancelError::Refused(sentence));
                }
            }
        }
        let (attempt, now) = (full.run.attempt, self.clock().now());
        let line =
            change::apply(&mut full, attempt, &by.name, RunChange::Cancel, now).map_err(|_| CancelError::Ended)?;
        let Some(mut line) = line else { return Ok(full.run) };
        line.detail["user_id"] = serde_json::json!(by.user_id);
        self.write(&mut tx, &full, Some(line)).await?;
        let deed = Deed::new(who.clone(), AuditAction::RunCancelled);
        deed.done_to(subject_of(&full.run), &mut tx, self.clock(), scope).await?;
        if full.run.status == RunStatus::Completed {
            tasks::delete_pending(&mut tx, id).await?;
        }
        tx.commit().await?;
        info!(run = %id, by = by.name, status = %full.run.status, "cancelling asked for");
        self.publish(&full.run);
        Ok(full.run)
    }
}
