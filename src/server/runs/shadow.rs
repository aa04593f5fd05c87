//! Runs that only show work of somebody else's: written as they are told, without a task, a worker or an attempt of the
//! ledger's own. Neither the tracker nor the watchdog touches them: see [`OperationType::is_shadow`].
//!
//! [`OperationType::is_shadow`]: crate::model::operation::OperationType::is_shadow

use serde_json::json;

use super::{OperationRunService, RunMoment, change};
use crate::{
    model::run::{RunEventKind, RunStatus},
    server::db::{DbResult, Tx, rows::FullRun, runs},
};

impl OperationRunService {
    /// Writes a shadow as it now is. One that has ended stays as it is. What changes of its status is told in the history.
    pub async fn follow(&self, tx: &mut Tx, shadow: &FullRun) -> DbResult<()> {
        let run = &shadow.run;
        let line = |kind, detail| Some(change::event(kind, &run.initiator.name, run.attempt, detail, run.updated_at));
        let Some(before) = runs::lock(tx, run.id).await? else {
            if runs::insert(tx, shadow).await? {
                if let Some(line) = line(RunEventKind::Created, json!({})) {
                    self.note(tx, run.id, &line).await?;
                }
                self.mirror(tx, shadow).await?;
                self.tell(tx, RunMoment::Created, run).await?;
            }
            return Ok(());
        };
        // Cancelled by the ledger first: the counts come from whoever is followed.
        let ended = before.run.status == RunStatus::Completed;
        if ended && run.status != RunStatus::Completed {
            return Ok(());
        }
        let asked = before.run.cancel_requested.is_none() && run.cancel_requested.is_some();
        if let Some(request) = run.cancel_requested.as_ref().filter(|_| asked && run.status == RunStatus::Running) {
            let line = change::event(RunEventKind::CancelRequested, &request.by, run.attempt, json!({}), request.at);
            self.note(tx, run.id, &line).await?;
        }
        let line = match (before.run.status, run.status) {
            (RunStatus::Completed, _) => None,
            (_, RunStatus::Completed) => {
                line(RunEventKind::Completed, json!({ "outcome": run.outcome, "counts": run.summary_counts }))
            }
            (_, RunStatus::Running) if before.run.attempt < run.attempt => line(RunEventKind::Started, json!({})),
            _ => None,
        };
        let mut after = shadow.clone();
        after.run.joined_count = before.run.joined_count;
        self.write(tx, &after, line).await
    }
}
