//! The watchdog: a run whose worker gives no sign of life for the length of the lease goes to another one.

use std::{collections::HashMap, time::Duration};

use tokio::time::Instant;
use tracing::{error, info, warn};

use super::{
    OperationRunService,
    change::{self, ReleaseReason, RunChange},
    failure::plain,
};
use crate::{
    model::{
        ids::RunId,
        reason::ReasonCode,
        run::{Run, RunStatus},
    },
    server::{
        db::{
            DbResult,
            life::{self, Held},
            runs, tasks,
        },
        error::is_passing,
    },
};

/// Who it is, in the history.
const ACTOR: &str = "watchdog";
/// A run that has cost so many workers is not given to another one: it may well be what kills them.
pub const MOST_ATTEMPTS: i32 = 10;

/// Sees runs, and how long each has stood still by this process' own steady clock: a wall clock that jumps, here or on
/// another node, kills nothing. Any number of watchdogs may look; the first one acts.
pub struct Watchdog {
    ledger: OperationRunService,
    lease: Duration,
    seen: HashMap<RunId, (Held, Instant)>,
}

impl Watchdog {
    pub fn new(ledger: OperationRunService, lease: Duration) -> Self {
        Self { ledger, lease, seen: HashMap::new() }
    }

    /// Looks once, and acts on what stood still for the lease. Gives the runs that lost their worker.
    pub async fn look(&mut self) -> DbResult<Vec<Run>> {
        let held = match life::held(self.ledger.db()).await {
            Ok(held) => held,
            Err(error) => {
                // Nobody could beat while the database was away, and nobody is to blame for it.
                self.seen.clear();
                return Err(error);
            }
        };
        let now = Instant::now();
        let mut seen = HashMap::with_capacity(held.len());
        let mut still = Vec::new();
        for held in held {
            let since = match self.seen.remove(&held.id) {
                Some((before, since)) if before == held => {
                    if now.duration_since(since) >= self.lease {
                        still.push(held);
                    }
                    since
                }
                // One look proves nothing.
                _ => now,
            };
            seen.insert(held.id, (held, since));
        }
        self.seen = seen;
        let mut lost = Vec::new();
        for held in still {
            match self.ledger.lose(held).await {
                Ok(run) => lost.extend(run),
                // What cannot be written for the watchdog cannot be written for the workers either: all begin anew.
                Err(error) if is_passing(&error) => {
                    self.seen.clear();
                    return Err(error);
                }
                // It is about this run alone, and the others are not to wait for it.
                Err(error) => error!(run = %held.id, %error, "a lost run could not be taken from its worker"),
            }
            self.seen.remove(&held.id);
        }
        Ok(lost)
    }
}

impl OperationRunService {
    /// Takes the run from a worker that is gone, unless it has beaten since: to be begun again where the work allows it,
    /// else closed as `worker_lost`.
    async fn lose(&self, held: Held) -> DbResult<Option<Run>> {
        let mut tx = self.db().begin().await?;
        let Some(mut full) = runs::lock(&mut tx, held.id).await? else { return Ok(None) };
        if life::beats(&mut tx, held.id).await? != Some(held.beats) {
            return Ok(None);
        }
        let again = full.run.operation_type.repeatable() && held.attempt < MOST_ATTEMPTS;
        let change = if again {
            RunChange::Release { why: ReleaseReason::WorkerLost }
        } else {
            RunChange::Complete { failure: Some(plain(ReasonCode::WorkerLost, ReasonCode::WorkerLost.sentence())) }
        };
        let now = self.clock().now();
        let Ok(line) = change::apply(&mut full, held.attempt, ACTOR, change, now) else { return Ok(None) };
        self.write(&mut tx, &full, line).await?;
        if full.run.status == RunStatus::Running {
            tasks::push_again(&mut tx, self.clock().new_id(), held.id).await?;
        }
        tx.commit().await?;
        warn!(run = %held.id, attempt = held.attempt, again, "the run's worker gave no sign of life for the lease");
        self.publish(&full.run);
        self.wake();
        Ok(Some(full.run))
    }
}

/// Looks again and again, and repairs what is missing in the queue, until the process stops.
pub async fn watch(ledger: OperationRunService, lease: Duration) {
    let mut watchdog = Watchdog::new(ledger.clone(), lease);
    let mut looks = tokio::time::interval((lease / 4).clamp(Duration::from_millis(100), Duration::from_secs(10)));
    looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        looks.tick().await;
        if let Err(error) = watchdog.look().await {
            warn!(%error, "looking for lost runs failed; tried again soon");
            continue;
        }
        match ledger.repair().await {
            Ok(done) if done.is_empty() => {}
            Ok(done) => info!(%done, "repaired the queue"),
            Err(error) => error!(%error, "repairing the queue failed; tried again soon"),
        }
    }
}
