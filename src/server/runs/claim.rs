//! Whose turn it is: a worker that has a task asks here which run to begin, and gives back one that it cannot finish.

use tracing::{info, warn};

use super::{
    OperationRunService, UpdateError,
    change::{self, ReleaseReason, RunChange},
    pending::Holder,
};
use crate::{
    model::{
        ids::RunId,
        run::{Run, RunStatus},
    },
    server::db::{DbResult, life, runs, scope::TenantScope, tasks},
};

/// Names the choice among what nodes do one after the other: "claim" in ASCII.
const CLAIMING: i64 = 0x0063_6c61_696d;

/// How much of the workers one tenant may have, on all nodes together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Runs of one tenant at once.
    pub of_tenant: u32,
    /// Runs of one tenant and type at once.
    pub of_type: u32,
}

impl Limits {
    pub const NONE: Self = Self { of_tenant: u32::MAX, of_type: u32::MAX };
}

/// What there is to do for a worker.
#[derive(Debug)]
pub(super) enum Next {
    Run(Box<Run>, TenantScope),
    /// Runs wait, but their tenants have all that they may have.
    AtLimits,
    Nothing,
}

impl OperationRunService {
    /// Begins the run whose turn it is: of the tenant that has the fewest running, and waited longest.
    pub(super) async fn begin_next(&self, worker: &str, limits: Limits) -> DbResult<Next> {
        let mut tx = self.db().begin().await?;
        // Two nodes that choose at once would go over the limits.
        tx.in_turn(CLAIMING).await?;
        let next = life::next_waiting(&mut tx, limits.of_tenant.into(), limits.of_type.into()).await?;
        let Some((id, tenant)) = next else {
            let waiting = life::any_waiting(&mut tx).await?;
            return Ok(if waiting { Next::AtLimits } else { Next::Nothing });
        };
        let Some(mut full) = runs::lock(&mut tx, id).await? else { return Ok(Next::AtLimits) };
        let (attempt, now) = (full.run.attempt, self.clock().now());
        // It was cancelled between the choice and the lock: the next look finds another.
        let Ok(line) = change::apply(&mut full, attempt, worker, RunChange::Start, now) else {
            return Ok(Next::AtLimits);
        };
        if full.run.attempt > 1 {
            for mirror in self.mirrors_of(full.run.operation_type) {
                let left = mirror.left(&mut tx, &full).await?;
                full.run.summary_counts.merge(&left);
            }
        }
        self.write(&mut tx, &full, line).await?;
        life::take_turn(&mut tx, tenant).await?;
        tx.commit().await?;
        self.publish(&full.run);
        let scope = runs::scope_of(&full.run);
        Ok(Next::Run(Box::new(full.run), scope))
    }

    /// Gives a run back on behalf of its holder, with a task for whoever takes it up.
    pub(super) async fn release(&self, holder: &Holder, why: ReleaseReason) -> Result<Run, UpdateError> {
        let mut tx = self.db().begin().await?;
        let (run, taken) = self.settle_in(&mut tx, holder, Some(RunChange::Release { why })).await?;
        if run.status == RunStatus::Running {
            tasks::push_again(&mut tx, self.clock().new_id(), run.id).await?;
        }
        tx.commit().await?;
        taken.written();
        self.publish(&run);
        self.wake();
        info!(run = %run.id, attempt = run.attempt, ?why, "the run waits for another worker");
        Ok(run)
    }

    /// A task that was taken and not used goes back.
    pub(super) async fn give_back_task(&self, id: RunId) -> DbResult<()> {
        let mut tx = self.db().begin().await?;
        tasks::push_again(&mut tx, self.clock().new_id(), id).await?;
        tx.commit().await
    }

    /// Puts a task aside that nobody understands, unless it is one of a run's own.
    pub(super) async fn park(&self, task_id: &str, of: Option<RunId>, payload: &[u8]) -> DbResult<()> {
        let mut tx = self.db().begin().await?;
        if let Some(run) = of
            && !life::existing(&mut tx, &[run]).await?.is_empty()
        {
            return Ok(());
        }
        let now = self.clock().now();
        let reason = "This version of Runledger cannot read what the task says.";
        crate::server::db::parked::add(&mut tx, self.clock().new_id(), task_id, payload, reason, now).await?;
        tx.commit().await?;
        warn!(task = task_id, "a task that cannot be read was put aside");
        Ok(())
    }
}
