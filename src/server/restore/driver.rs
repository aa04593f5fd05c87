//! Does restores: takes those with something to do that nobody gives a sign of life for. After a crash that is the same
//! as after a confirmation, so a restore goes on by itself.

use std::{panic::AssertUnwindSafe, time::Duration};

use futures::FutureExt;
use tokio::{
    task::JoinSet,
    time::{Instant, timeout},
};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};
use tracing::{error, info, warn};

use super::{RestoreError, RestoreService, signs::Signs, step::Hold};
use crate::{
    model::{
        reason::ReasonCode,
        restore::{RestoreRun, RestoreStatus},
        run::RunFailure,
    },
    server::{
        connections::Connections,
        db::{
            restore_items,
            restores::{self, Unfinished},
        },
    },
};

/// How often one looks for something to do when nobody says so.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long a restore that was stopped in the midst of it may take to be handed back.
const HAND_BACK: Duration = Duration::from_secs(5);
/// A restore that has cost so many processes is not gone on with: it may well be what kills them.
const MOST_ATTEMPTS: i32 = 10;
/// Names the choice among what nodes do one after the other: "restore" in ASCII.
const TAKING: i64 = 0x0072_6573_746f_7265;

/// How a process does restores.
#[derive(Debug, Clone, Copy)]
pub struct DriverSettings {
    /// After so long without a sign of life whoever did a restore is lost.
    pub patience: Duration,
    /// How long the policy that is being written may take when the process stops.
    pub grace: Duration,
    /// How many restores of one tenant may be done at once, on all nodes together.
    pub of_tenant: u32,
}

impl DriverSettings {
    /// Several signs fit into the patience, so that one that is late does not matter.
    fn beat_every(&self) -> Duration {
        self.patience / 3
    }
}

/// Drives restores until `stopping`. What is under way then ends with its present policy, or when the grace time is over,
/// and is handed back: another process goes on at once.
pub async fn drive(
    service: RestoreService,
    connections: Connections,
    settings: DriverSettings,
    stopping: CancellationToken,
) {
    let (mut under_way, mut signs) = (JoinSet::new(), Signs::default());
    let mut holds = Vec::new();
    while !stopping.is_cancelled() {
        for restore in service.abandoned(&mut signs, settings.patience).await {
            match service.take(restore, settings.of_tenant).await {
                Ok(Some((hold, status))) => {
                    let (service, connections, stopping) = (service.clone(), connections.clone(), stopping.clone());
                    holds.push(hold);
                    under_way.spawn(async move {
                        service.do_it(hold, status, &connections, settings, &stopping).await;
                        hold
                    });
                }
                Ok(None) => {}
                Err(cause) => warn!(restore = %restore.id, %cause, "a restore could not be taken"),
            }
        }
        while let Some(ended) = under_way.try_join_next() {
            holds.retain(|hold| !ended.as_ref().is_ok_and(|ended| ended == hold));
        }
        tokio::select! {
            () = stopping.cancelled() => {}
            _ = timeout(LOOK_EVERY, service.nudge.notified()) => {}
        }
    }
    finish(&service, under_way, holds, settings.grace).await;
}

/// Waits for the last policies, no longer than `grace`; what is cut off is handed back where that is safe.
async fn finish(service: &RestoreService, mut under_way: JoinSet<Hold>, mut holds: Vec<Hold>, grace: Duration) {
    let ended = async {
        while let Some(ended) = under_way.join_next().await {
            holds.retain(|hold| !ended.as_ref().is_ok_and(|ended| ended == hold));
        }
    };
    if timeout(grace, ended).await.is_ok() {
        return;
    }
    warn!(restores = holds.len(), "restores are still writing; they are cut off");
    under_way.shutdown().await;
    for hold in holds {
        service.hand_back(hold).await;
    }
}

impl RestoreService {
    /// Restores that nobody does; none while the database is away.
    async fn abandoned(&self, signs: &mut Signs, patience: Duration) -> Vec<Unfinished> {
        match restores::unfinished(&self.db).await {
            Ok(found) => {
                let seen: Vec<_> = found.iter().map(|restore| (restore.id, restore.version)).collect();
                let still = signs.still_for(&seen, Instant::now()).into_iter();
                let alone =
                    |(restore, still): (Unfinished, _)| (!restore.taken || still >= patience).then_some(restore);
                found.into_iter().zip(still).filter_map(alone).collect()
            }
            Err(cause) => {
                signs.forget();
                warn!(%cause, "restores could not be looked for");
                Vec::new()
            }
        }
    }

    /// Takes a restore that nobody does; none when somebody was faster, or the tenant has all that it may have.
    async fn take(&self, found: Unfinished, of_tenant: u32) -> Result<Option<(Hold, RestoreStatus)>, RestoreError> {
        let (scope, id) = (found.scope, found.id);
        let mut step = self.step(scope, id).await?;
        let to_do = matches!(step.run.status, RestoreStatus::Draft | RestoreStatus::Running);
        if !to_do || step.run.version != found.version {
            return Ok(None);
        }
        // Two nodes that choose at once would go over the limit.
        step.tx.in_turn(TAKING).await?;
        if restores::taken_beside(&mut step.tx, scope, id).await? >= i64::from(of_tenant) {
            return Ok(None);
        }
        if found.taken && attempts(&step.run) >= MOST_ATTEMPTS {
            error!(restore = %id, "the restore has lost its process again and again, and is given up");
            step.fail(failure(ReasonCode::WorkerLost)).await?;
            return Ok(None);
        }
        step.run.attempt += 1;
        if step.run.status == RestoreStatus::Running {
            step.run.first_attempt.get_or_insert(step.run.attempt);
        }
        step.run.beat_at = Some(self.clock.now());
        let run = step.commit().await?;
        info!(restore = %id, attempt = run.attempt, status = %run.status, "restore taken");
        Ok(Some((Hold { scope, id, attempt: run.attempt }, run.status)))
    }

    async fn do_it(
        &self,
        hold: Hold,
        status: RestoreStatus,
        connections: &Connections,
        settings: DriverSettings,
        stopping: &CancellationToken,
    ) {
        let heart = AbortOnDropHandle::new(tokio::spawn(beat(self.clone(), hold, settings.beat_every())));
        let work = async {
            let client = match connections.open(hold.scope).await {
                Ok(client) => match client.sign_in().await {
                    Ok(()) => client,
                    Err(error) => return self.fail(hold, error.failure(None)).await,
                },
                Err(failure) => return self.fail(hold, failure).await,
            };
            match status {
                RestoreStatus::Draft => tokio::select! {
                    previewed = self.preview(hold, &client) => previewed,
                    // It writes nothing, so it can be begun anew.
                    () = stopping.cancelled() => Ok(()),
                },
                _ => self.execute(hold, &client, stopping).await,
            }
        };
        let ended = AssertUnwindSafe(work).catch_unwind().await;
        drop(heart);
        match ended {
            Ok(Ok(())) if stopping.is_cancelled() => self.hand_back(hold).await,
            Ok(Ok(())) => {}
            Ok(Err(RestoreError::Lost | RestoreError::NotFound)) => {
                info!(restore = %hold.id, "the restore is no longer ours")
            }
            // Taken up again once the heart has not beaten for a while.
            Ok(Err(cause)) => error!(restore = %hold.id, %cause, "a restore stopped; it goes on in a moment"),
            Err(_panic) => {
                error!(restore = %hold.id, "a restore panicked");
                if let Err(cause) = self.fail(hold, failure(ReasonCode::Internal)).await {
                    error!(restore = %hold.id, %cause, "the failed restore could not be closed");
                }
            }
        }
        // Another of the tenant may have waited for this one.
        self.nudge.notify_one();
    }

    /// Ends a restore as failed. What it has written stays as it says of each policy.
    pub(super) async fn fail(&self, hold: Hold, failure: RunFailure) -> Result<(), RestoreError> {
        self.held(hold).await?.fail(failure).await
    }

    /// Says that nobody does the restore any more, so that another process takes it at once. Not when a policy was cut off
    /// while it was written: what was sent may still arrive, so that whoever goes on must not look too soon.
    async fn hand_back(&self, hold: Hold) {
        let handed_back = async {
            let mut step = self.held(hold).await?;
            if restore_items::any_writing(&mut step.tx, hold.scope, hold.id).await? || step.run.beat_at.is_none() {
                return Ok(false);
            }
            step.run.beat_at = None;
            step.commit().await.map(|_| true)
        };
        match timeout(HAND_BACK, handed_back).await {
            Ok(Ok(true)) => info!(restore = %hold.id, "the restore was handed back"),
            // It has ended, or whoever goes on waits for a while.
            Ok(Ok(false) | Err(RestoreError::Lost | RestoreError::NotFound)) => {}
            Ok(Err(cause)) => warn!(restore = %hold.id, %cause, "the restore could not be handed back"),
            Err(_) => warn!(restore = %hold.id, "the restore could not be handed back in time"),
        }
    }
}

fn failure(code: ReasonCode) -> RunFailure {
    RunFailure { code, message: code.sentence().to_owned(), item: None, http_status: None, request_id: None }
}

/// How often the writing, or the preview, was begun.
fn attempts(run: &RestoreRun) -> i32 {
    run.first_attempt.map_or(run.attempt, |first| run.attempt - first + 1)
}

/// Gives a sign of life until the restore is somebody else's or has ended.
async fn beat(service: RestoreService, hold: Hold, every: Duration) {
    let mut ticks = tokio::time::interval(every);
    ticks.tick().await;
    loop {
        ticks.tick().await;
        let beaten = async {
            let mut step = service.held(hold).await?;
            step.run.beat_at = Some(service.clock.now());
            step.commit().await.map(drop)
        };
        match beaten.await {
            Ok(()) => {}
            Err(RestoreError::Lost | RestoreError::NotFound) => return,
            Err(cause) => warn!(restore = %hold.id, %cause, "a sign of life was not written"),
        }
    }
}
