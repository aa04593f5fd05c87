//! What a run leaves of its set: which run adds to which set, and what the set is once no run adds to it any more.
//! Called in each of the run's transactions, so that the set never says anything else than the ledger.

use super::AddInputs;
use crate::{
    model::{
        backup::SetStatus,
        reason::ReasonCode,
        run::{RunOutcome, RunStatus, SummaryCounts},
    },
    server::{
        db::{DbResult, Tx, backup_items, backups, rows::FullRun, scope::TenantScope},
        runs::RunMirror,
    },
};

/// Brings the set of a run in line with the run.
pub async fn settle(tx: &mut Tx, scope: TenantScope, full: &FullRun) -> DbResult<()> {
    let run = &full.run;
    if run.status == RunStatus::Running {
        return Ok(());
    }
    // A run without inputs of ours was made by a test or a sample: it has no set.
    let Some(Ok(inputs)) = full.context.get("inputs").map(AddInputs::parse) else { return Ok(()) };
    let id = inputs.backup_set_id;
    if run.status == RunStatus::Queued {
        return backups::link_run(tx, scope, id, run.id).await;
    }
    // Held from here on: two runs that end at once settle one after the other.
    let Some(set) = backups::lock(tx, scope, id).await? else { return Ok(()) };
    if set.status == SetStatus::Complete {
        return Ok(());
    }
    let why = match run.outcome {
        Some(RunOutcome::Cancelled) => ReasonCode::Cancelled,
        _ => full.failures.last().map_or(ReasonCode::WorkerLost, |failure| failure.code),
    };
    backups::note_never_read(tx, scope, id, run.id, &inputs.policies, (why, why.sentence())).await?;
    let Some(set) = backups::lock(tx, scope, id).await? else { return Ok(()) };
    let (status, at) = match (set.missing, set.keep_open) {
        // Another run still adds to it.
        _ if set.busy => (SetStatus::Open, None),
        (1.., _) => (SetStatus::Incomplete, None),
        (0, true) => (SetStatus::Open, None),
        (0, false) => (SetStatus::Complete, run.completed_at),
    };
    backups::set_status(tx, scope, id, status, at).await
}

/// Calls [`settle`] wherever the ledger writes a run of this type.
pub struct SettleBackupSet;

impl RunMirror for SettleBackupSet {
    fn operation_type(&self) -> crate::model::operation::OperationType {
        crate::model::operation::OperationType::BackupSetAddPolicies
    }

    fn write<'a>(
        &'a self,
        tx: &'a mut Tx,
        _: uuid::Uuid,
        run: &'a FullRun,
    ) -> futures::future::BoxFuture<'a, DbResult<()>> {
        Box::pin(async move { settle(tx, run.scope(), run).await })
    }

    fn left<'a>(&'a self, tx: &'a mut Tx, run: &'a FullRun) -> futures::future::BoxFuture<'a, DbResult<SummaryCounts>> {
        Box::pin(async move {
            let Some(Ok(inputs)) = run.context.get("inputs").map(AddInputs::parse) else {
                return Ok(SummaryCounts::default());
            };
            // Those that could not be read are asked for again.
            let kept = backup_items::kept_by(tx, run.scope(), inputs.backup_set_id, run.run.id).await?.len() as u64;
            Ok(SummaryCounts { total: kept, processed: kept, succeeded: kept, ..SummaryCounts::default() })
        })
    }
}
