//! Changing a run: the state machine's answer, written with everything that belongs to it.

use chrono::{DateTime, Utc};
use tracing::warn;

use super::{
    OperationRunService, RunMoment,
    change::{self, Refusal, RunChange},
    pending::{Holder, Taken},
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
        self.change_locked(tx, &mut full, (attempt, actor), vec![(change, now)]).await?;
        Ok(full.run)
    }

    /// Writes what the holder of a run has told and nobody has written yet, and then `last`, and commits.
    pub(super) async fn settle(&self, holder: &Holder, last: Option<RunChange>) -> Result<Run, UpdateError> {
        let mut tx = self.db().begin().await?;
        match self.settle_in(&mut tx, holder, last).await {
            Ok((run, taken)) => {
                tx.commit().await?;
                taken.written();
                self.publish(&run);
                Ok(run)
            }
            Err(UpdateError::Refused(refusal)) => {
                tx.commit().await?;
                warn!(run = %holder.run, attempt = holder.attempt, actor = holder.worker, %refusal, "change refused");
                Err(UpdateError::Refused(refusal))
            }
            Err(error) => Err(error),
        }
    }

    /// The same within a transaction of the caller's, who commits, says that it was written, and publishes the run.
    pub(super) async fn settle_in<'a>(
        &self,
        tx: &mut Tx,
        holder: &'a Holder,
        last: impl IntoIterator<Item = RunChange>,
    ) -> Result<(Run, Taken<'a>), UpdateError> {
        let mut full = runs::lock(tx, holder.run).await?.ok_or(UpdateError::NotFound)?;
        let mut taken = holder.pending.take(&full.run.summary_counts);
        let now = self.clock().now();
        let changes: Vec<_> = taken.changes().chain(last.into_iter().map(|change| (change, now))).collect();
        if !changes.is_empty() {
            self.change_locked(tx, &mut full, (holder.attempt, &holder.worker), changes).await?;
            taken.sent(&full.run.summary_counts);
        }
        Ok((full.run, taken))
    }

    /// Makes some changes to a run that is locked, each as of its time, and writes it once. All are taken or none is.
    async fn change_locked(
        &self,
        tx: &mut Tx,
        full: &mut FullRun,
        (attempt, actor): (i32, &str),
        changes: Vec<(RunChange, DateTime<Utc>)>,
    ) -> Result<(), UpdateError> {
        let now = self.clock().now();
        let asked = changes.last().map(|(change, _)| change.clone());
        let mut lines = Vec::new();
        for (change, at) in changes {
            match change::apply(full, attempt, actor, change, at) {
                Ok(line) => lines.extend(line),
                Err(refusal) => {
                    if let Some(asked) = asked
                        && !matches!(refusal, Refusal::Illegal { .. })
                    {
                        self.note(tx, full.run.id, &change::late_write(full, attempt, actor, &asked, now)).await?;
                    }
                    return Err(refusal.into());
                }
            }
        }
        full.run.updated_at = full.run.updated_at.max(now);
        Ok(self.write(tx, full, lines).await?)
    }

    /// Writes a changed run, its lines of history, its producer's record, and what others make of its end.
    pub(super) async fn write(
        &self,
        tx: &mut Tx,
        full: &FullRun,
        lines: impl IntoIterator<Item = RunEvent>,
    ) -> DbResult<()> {
        runs::update(tx, full).await?;
        for line in lines {
            self.note(tx, full.run.id, &line).await?;
        }
        self.mirror(tx, full).await?;
        if full.run.status == RunStatus::Completed {
            self.tell(tx, RunMoment::Completed, &full.run).await?;
        }
        Ok(())
    }
}
