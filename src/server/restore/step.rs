//! One change of a restore: the restore, its policies, its event and what listeners make of it are one transaction.

use super::{RestoreError, RestoreService, event::RestoreEvent};
use crate::{
    model::{
        audit::{Subject, SubjectKind},
        ids::RestoreRunId,
        reason::ReasonCode,
        restore::{RestoreRun, RestoreState, RestoreStatus, TOLD_FAILURES},
        run::{RunFailure, SummaryCounts},
    },
    server::{
        audit::Deed,
        db::{DbResult, Tx, restore_items, restores, scope::TenantScope},
    },
};

/// Who does a restore at the moment: a later taking makes all of an earlier one's writes refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hold {
    pub scope: TenantScope,
    pub id: RestoreRunId,
    pub attempt: i32,
}

/// An open change. Dropped without [`Step::commit`], nothing has happened.
pub struct Step<'a> {
    service: &'a RestoreService,
    pub tx: Tx,
    pub run: RestoreRun,
    pub scope: TenantScope,
    created: bool,
}

impl RestoreService {
    /// Opens a change of a restore that is there.
    pub(super) async fn step(&self, scope: TenantScope, id: RestoreRunId) -> Result<Step<'_>, RestoreError> {
        let mut tx = self.db.begin().await?;
        let run = restores::lock(&mut tx, scope, id).await?.ok_or(RestoreError::NotFound)?;
        Ok(Step { service: self, tx, run, scope, created: false })
    }

    /// The same for whoever does it: refused once somebody else has taken it, or it has ended.
    pub(super) async fn held(&self, hold: Hold) -> Result<Step<'_>, RestoreError> {
        let step = self.step(hold.scope, hold.id).await?;
        if step.run.attempt != hold.attempt || step.run.status.has_ended() {
            return Err(RestoreError::Lost);
        }
        Ok(step)
    }

    /// The change that makes a restore.
    pub(super) async fn creation(&self, scope: TenantScope, run: RestoreRun) -> Result<Step<'_>, RestoreError> {
        let mut tx = self.db.begin().await?;
        // First, so that its policies have something to belong to.
        restores::put(&mut tx, &run).await?;
        Ok(Step { service: self, tx, run, scope, created: true })
    }
}

impl Step<'_> {
    /// Writes down in the audit log what somebody does to the restore.
    pub async fn note(&mut self, deed: Deed) -> DbResult<()> {
        let subject = Subject::new(SubjectKind::Restore, self.run.id, &*self.run.backup_set_name);
        deed.done_to(subject, &mut self.tx, &self.service.clock, self.scope).await
    }

    /// Ends the restore as failed, and commits. What it has written stays as it says of each policy.
    pub async fn fail(mut self, failure: RunFailure) -> Result<(), RestoreError> {
        const UNKNOWN: &str = "It was cut off while it was written. Look at the policy in the tenant.";
        let (scope, id) = (self.scope, self.run.id);
        restore_items::fail_writing(&mut self.tx, scope, id, failure.code, UNKNOWN).await?;
        restore_items::end_waiting(&mut self.tx, scope, id, RestoreState::Cancelled).await?;
        self.run.status = RestoreStatus::Failed;
        self.run.failure = Some(failure);
        self.run.completed_at = Some(self.service.clock.now());
        self.commit().await.map(drop)
    }

    /// Writes the restore as it now is, tells the listeners, and commits.
    pub async fn commit(mut self) -> Result<RestoreRun, RestoreError> {
        let event = self.service.write(&mut self.tx, self.scope, &mut self.run, self.created).await?;
        self.tx.commit().await?;
        for listener in self.service.listeners.iter() {
            listener.committed(&event);
        }
        Ok(event.run().clone())
    }
}

impl RestoreService {
    /// Writes a changed restore with its event, in a transaction that the caller commits.
    pub(super) async fn write(
        &self,
        tx: &mut Tx,
        scope: TenantScope,
        run: &mut RestoreRun,
        created: bool,
    ) -> DbResult<RestoreEvent> {
        run.version += 1;
        // A clock that was put back must not make this state look older than the one before.
        run.updated_at = run.updated_at.max(self.clock.now());
        sum_up(tx, scope, run).await?;
        restores::put(tx, run).await?;
        let boxed = Box::new(run.clone());
        let event = match created {
            true => RestoreEvent::Created { run: boxed },
            false => RestoreEvent::Updated { run: boxed },
        };
        let kept = serde_json::to_value(&event).map_err(|error| sqlx::Error::Encode(Box::new(error)))?;
        restores::add_event(tx, run, &kept).await?;
        for listener in self.listeners.iter() {
            listener.hear(tx, &event).await?;
        }
        Ok(event)
    }
}

/// What policies of these states come to.
pub(super) fn counted(states: impl IntoIterator<Item = (RestoreState, i64)>) -> SummaryCounts {
    let mut counts = SummaryCounts::default();
    for word in ["created", "updated", "unchanged"] {
        counts.own.insert(word.to_owned(), 0);
    }
    for (state, number) in states {
        let number = number.unsigned_abs();
        counts.total += number;
        match state {
            RestoreState::Waiting | RestoreState::Writing => continue,
            RestoreState::Failed => counts.failed += number,
            RestoreState::Cancelled => counts.skipped += number,
            RestoreState::Created | RestoreState::Updated | RestoreState::Unchanged => {
                counts.succeeded += number;
                *counts.own.entry(state.as_str().to_owned()).or_default() += number;
            }
        }
        counts.processed += number;
    }
    counts
}

/// What the policies of the restore come to.
async fn sum_up(tx: &mut Tx, scope: TenantScope, run: &mut RestoreRun) -> DbResult<()> {
    run.counts = counted(restore_items::states(tx, scope, run.id).await?);
    let failed = restore_items::failures(tx, scope, run.id, TOLD_FAILURES as i64).await?;
    run.failures = failed
        .into_iter()
        .map(|(name, code, message)| RunFailure {
            code: code.unwrap_or(ReasonCode::Internal),
            message: message.unwrap_or_default(),
            item: Some(crate::server::redact::redact(&name)),
            http_status: None,
            request_id: None,
        })
        .chain(run.failure.clone())
        .collect();
    Ok(())
}
