//! Restores on the ledger: their events, mapped to an operation run each. The only place that knows both.

use futures::{FutureExt, future::BoxFuture};
use serde_json::json;
use uuid::Uuid;

use super::{
    clock::Clock,
    db::{Db, DbResult, Tx, restores, rows::FullRun},
    restore::{RestoreEvent, RestoreListener, RestoreService},
    runs::{OperationRunService, RunMirror, identity::run_identity_hash},
};
use crate::model::{
    ids::{RestoreRunId, RunId},
    operation::OperationType,
    restore::{RestoreRun, RestoreStatus},
    run::{CancelRequest, Initiator, Run, RunProgress, RunStatus, SummaryCounts},
};

/// Maps each event of a restore to its operation run, which has the restore's own id. An event that is shown already
/// changes nothing, so that all of them can be replayed.
pub struct SyncRestoreRunToOperation {
    ledger: OperationRunService,
}

impl SyncRestoreRunToOperation {
    pub const fn new(ledger: OperationRunService) -> Self {
        Self { ledger }
    }
}

impl RestoreListener for SyncRestoreRunToOperation {
    fn hear<'a>(&'a self, tx: &'a mut Tx, event: &'a RestoreEvent) -> BoxFuture<'a, DbResult<()>> {
        async move {
            let run = event.run();
            if restores::shadow_version(tx, run.id).await?.is_some_and(|shown| shown >= run.version) {
                return Ok(());
            }
            let shadow = shadow_of(run).map_err(|error| sqlx::Error::Encode(Box::new(error)))?;
            self.ledger.follow(tx, &shadow).await?;
            restores::put_shadow_version(tx, shadow.run.id.0, run.id, run.version).await
        }
        .boxed()
    }

    fn committed(&self, event: &RestoreEvent) {
        if let Ok(shadow) = shadow_of(event.run()) {
            self.ledger.publish(&shadow.run);
        }
    }
}

/// The operation run that shows a restore: the same restore gives the same run, always.
pub fn shadow_of(restore: &RestoreRun) -> Result<FullRun, serde_json::Error> {
    let inputs = json!({ "restore_run_id": restore.id });
    let (status, outcome) = match restore.status {
        RestoreStatus::Draft | RestoreStatus::Previewed => (RunStatus::Queued, None),
        // Confirmed, and nobody has begun.
        RestoreStatus::Running if restore.first_attempt.is_none() => (RunStatus::Queued, None),
        RestoreStatus::Running => (RunStatus::Running, None),
        RestoreStatus::Completed | RestoreStatus::Failed | RestoreStatus::Cancelled => {
            (RunStatus::Completed, restore.outcome())
        }
    };
    let running = status == RunStatus::Running;
    let cancel = restore
        .cancel_requested_at
        .map(|at| CancelRequest { at, by: restore.cancel_requested_by.clone().unwrap_or_default() });
    let run = Run {
        id: RunId(restore.id.0),
        tenant_id: restore.tenant_id,
        operation_type: OperationType::RestoreExecute,
        status,
        outcome,
        initiator: Initiator { user_id: restore.created_by_id, name: restore.created_by.clone() },
        // Looking is no attempt: it writes nothing.
        attempt: restore.first_attempt.map_or(0, |first| restore.attempt - first + 1),
        summary_counts: counts(restore),
        progress: running.then(|| RunProgress {
            done: restore.counts.processed,
            total: Some(restore.counts.total),
            unit: "policies".to_owned(),
            step: None,
        }),
        joined_count: 0,
        cancel_requested: cancel,
        retry_of: None,
        released_at: None,
        sample: false,
        heartbeat_at: restore.beat_at.filter(|_| running),
        created_at: restore.created_at,
        started_at: restore.started_at.filter(|_| status != RunStatus::Queued),
        completed_at: restore.completed_at,
        updated_at: restore.updated_at,
    };
    let run_identity_hash = run_identity_hash(OperationType::RestoreExecute, &inputs)?;
    Ok(FullRun { run, run_identity_hash, failures: restore.failures.clone(), context: inputs })
}

/// Cancelled before it began, nothing was done: as the ledger says it of its own runs.
fn counts(restore: &RestoreRun) -> SummaryCounts {
    let counts = restore.counts.clone();
    match (restore.status, restore.first_attempt) {
        (RestoreStatus::Cancelled, None) => SummaryCounts { processed: 0, skipped: 0, ..counts },
        _ => counts,
    }
}

/// Lets the ledger's cancel reach the restore, in the transaction in which the ledger writes it down on the shadow.
pub struct CancelRestore {
    restores: RestoreService,
}

impl CancelRestore {
    pub fn new(db: &Db, clock: &Clock) -> Self {
        Self { restores: RestoreService::new(db.clone(), clock.clone(), Vec::new()) }
    }
}

impl RunMirror for CancelRestore {
    fn operation_type(&self) -> OperationType {
        OperationType::RestoreExecute
    }

    fn write<'a>(&'a self, _: &'a mut Tx, _: Uuid, _: &'a FullRun) -> BoxFuture<'a, DbResult<()>> {
        async { Ok(()) }.boxed()
    }

    fn cancel<'a>(
        &'a self,
        tx: &'a mut Tx,
        run: &'a FullRun,
        by: &'a Initiator,
    ) -> BoxFuture<'a, DbResult<Option<String>>> {
        async move {
            self.restores.cancel_in(tx, run.scope(), RestoreRunId(run.run.id.0), &by.name).await?;
            Ok(None)
        }
        .boxed()
    }
}
