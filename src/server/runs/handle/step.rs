//! One step of a job: its rows and the run's counts, in one transaction.

use super::{RunHandle, StepResult};
use crate::server::{
    db::Tx,
    runs::{JobError, UpdateError},
};

/// An open transaction for one step: the job's rows and the run's counts are written together or not at all.
pub struct Step<'a> {
    pub(super) handle: &'a RunHandle,
    pub(super) tx: Tx,
}

impl Step<'_> {
    pub const fn tx(&mut self) -> &mut Tx {
        &mut self.tx
    }

    /// Commits the step with its result and with what was recorded before. When the run is no longer this job's, the step's
    /// rows are undone. When it was cancelled meanwhile, what was done is still recorded, and the next step is the one that
    /// is refused.
    pub async fn commit(mut self, result: StepResult) -> Result<(), JobError> {
        let inner = &self.handle.inner;
        let changes: Vec<_> = result.into_changes().collect();
        match inner.ledger.settle_in(&mut self.tx, &inner.holder, changes.clone()).await {
            Ok((run, taken)) => {
                self.tx.commit().await?;
                taken.written();
                inner.cancel.heed(&run);
                self.handle.told();
                inner.ledger.publish(&run);
                Ok(())
            }
            Err(UpdateError::Refused(_)) => {
                drop(self.tx);
                // Again, outside of the step's transaction: so that the refusal stays in the history.
                match changes.into_iter().next() {
                    Some(change) => self.handle.update(change).await,
                    None => Err(JobError::Stopped),
                }
            }
            Err(error) => self.handle.heed(Err(error)).map(drop),
        }
    }
}
