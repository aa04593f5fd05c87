//! Changing a run: the state machine's answer, written with everything that belongs to it.

use tracing::warn;

use super::{
    OperationRunService, RunMoment,
    change::{self, Refusal, RunChange},
};
use crate::{
    model::{
        ids::RunId,
        run::{Run, RunEvent, RunStatus},
    },
    server::db::{DbResult, Tx, rows::FullRun, runs},
};

/// Why a run was not changed.
#[derive(Debug, thiserror::Error)]
pub enum UpdateError {
    #[error("there is no such run")]
    NotFound,
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl OperationRunService {
    /// Changes a run on behalf of the holder of `attempt`. Only legal transitions are taken; counts and failures merge;
    /// every change but a heartbeat leaves a line in the history. A write that comes too late leaves one as well.
    pub async fn update_run(
        &self,
        id: RunId,
        attempt: i32,
        actor: &str,
        change: RunChange,
    ) -> Result<Run, UpdateError> {
        let mut tx = self.db().begin().await?;
        match self.update_in(&mut tx, id, attempt, actor, change).await {
            Ok(run) => {
                tx.commit().await?;
                self.publish(&run);
                Ok(run)
            }
            // The refusal has been noted in the history: that is kept, the change is not.
            Err(UpdateError::Refused(refusal)) => {
                tx.commit().await?;
                warn!(run = %id, attempt, actor, %refusal, "change refused");
                Err(UpdateError::Refused(refusal))
            }
            Err(error) => Err(error),
        }
    }

    /// The same within a transaction of the caller's, who commits and then publishes the run.
    pub async fn update_in(
        &self,
        tx: &mut Tx,
        id: RunId,
        attempt: i32,
        actor: &str,
        change: RunChange,
    ) -> Result<Run, UpdateError> {
        let mut full = runs::lock(tx, id).await?.ok_or(UpdateError::NotFound)?;
        let now = self.clock().now();
        match change::apply(&mut full, attempt, actor, change.clone(), now) {
            Ok(line) => {
                self.write(tx, &full, line).await?;
                Ok(full.run)
            }
            Err(refusal) => {
                if !matches!(refusal, Refusal::Illegal { .. }) {
                    self.note(tx, id, &change::late_write(&full, attempt, actor, &change, now)).await?;
                }
                Err(refusal.into())
            }
        }
    }

    /// Writes a changed run, its line of history, its producer's record, and what others make of its end.
    pub(super) async fn write(&self, tx: &mut Tx, full: &FullRun, line: Option<RunEvent>) -> DbResult<()> {
        runs::update(tx, full).await?;
        if let Some(line) = line {
            self.note(tx, full.run.id, &line).await?;
        }
        self.mirror(tx, full).await?;
        if full.run.status == RunStatus::Completed {
            self.tell(tx, RunMoment::Completed, &full.run).await?;
        }
        Ok(())
    }
}
