//! Does restores: takes those with something to do that nobody gives a sign of life for. After a crash that is the same
//! as after a confirmation, so a restore goes on by itself.

use std::{panic::AssertUnwindSafe, time::Duration};

use chrono::TimeDelta;
use futures::FutureExt;
use tokio::task::JoinSet;
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};
use tracing::{error, info, warn};

use super::{RestoreError, RestoreService, step::Hold};
use crate::{
    model::{
        ids::RestoreRunId,
        reason::ReasonCode,
        restore::{RestoreState, RestoreStatus},
        run::RunFailure,
    },
    server::{
        connections::Connections,
        db::{restore_items, restores, scope::TenantScope},
    },
};

/// How often one looks for something to do when nobody says so.
const LOOK_EVERY: Duration = Duration::from_secs(1);
const BEAT_EVERY: Duration = Duration::from_secs(10);
/// After so long without a sign of life whoever did a restore is lost.
fn patience() -> TimeDelta {
    TimeDelta::seconds(30)
}

/// Drives restores until `stopping`; what is under way then is let finish its present policy by whoever waits for this.
pub async fn drive(service: RestoreService, connections: Connections, stopping: CancellationToken) {
    let mut under_way = JoinSet::new();
    while !stopping.is_cancelled() {
        match restores::abandoned(&service.db, service.clock.now() - patience()).await {
            Ok(found) => {
                for (id, scope) in found {
                    match service.take(scope, id).await {
                        Ok(Some((hold, status))) => {
                            let (service, connections) = (service.clone(), connections.clone());
                            under_way.spawn(async move { service.do_it(hold, status, &connections).await });
                        }
                        Ok(None) => {}
                        Err(cause) => warn!(restore = %id, %cause, "a restore could not be taken"),
                    }
                }
            }
            Err(cause) => warn!(%cause, "restores could not be looked for"),
        }
        while under_way.try_join_next().is_some() {}
        tokio::select! {
            () = stopping.cancelled() => {}
            _ = tokio::time::timeout(LOOK_EVERY, service.nudge.notified()) => {}
        }
    }
}

impl RestoreService {
    /// Takes a restore that nobody does; none when somebody was faster.
    async fn take(&self, scope: TenantScope, id: RestoreRunId) -> Result<Option<(Hold, RestoreStatus)>, RestoreError> {
        let mut step = self.step(scope, id).await?;
        let now = self.clock.now();
        let alive = step.run.beat_at.is_some_and(|beat| beat >= now - patience());
        if alive || !matches!(step.run.status, RestoreStatus::Draft | RestoreStatus::Running) {
            return Ok(None);
        }
        step.run.attempt += 1;
        if step.run.status == RestoreStatus::Running {
            step.run.first_attempt.get_or_insert(step.run.attempt);
        }
        step.run.beat_at = Some(now);
        let run = step.commit().await?;
        info!(restore = %id, attempt = run.attempt, status = %run.status, "restore taken");
        Ok(Some((Hold { scope, id, attempt: run.attempt }, run.status)))
    }

    async fn do_it(&self, hold: Hold, status: RestoreStatus, connections: &Connections) {
        let heart = AbortOnDropHandle::new(tokio::spawn(beat(self.clone(), hold)));
        let work = async {
            let client = match connections.open(hold.scope).await {
                Ok(client) => match client.sign_in().await {
                    Ok(()) => client,
                    Err(error) => return self.fail(hold, error.failure(None)).await,
                },
                Err(failure) => return self.fail(hold, failure).await,
            };
            match status {
                RestoreStatus::Draft => self.preview(hold, &client).await,
                _ => self.execute(hold, &client).await,
            }
        };
        let ended = AssertUnwindSafe(work).catch_unwind().await;
        drop(heart);
        match ended {
            Ok(Ok(())) => {}
            Ok(Err(RestoreError::Lost | RestoreError::NotFound)) => {
                info!(restore = %hold.id, "the restore is no longer ours")
            }
            // Taken up again once the heart has not beaten for a while.
            Ok(Err(cause)) => error!(restore = %hold.id, %cause, "a restore stopped; it goes on in a moment"),
            Err(_panic) => {
                error!(restore = %hold.id, "a restore panicked");
                let failure = RunFailure {
                    code: ReasonCode::Internal,
                    message: ReasonCode::Internal.sentence().to_owned(),
                    item: None,
                    http_status: None,
                    request_id: None,
                };
                if let Err(cause) = self.fail(hold, failure).await {
                    error!(restore = %hold.id, %cause, "the failed restore could not be closed");
                }
            }
        }
    }

    /// Ends a restore as failed. What it has written stays as it says of each policy.
    pub(super) async fn fail(&self, hold: Hold, failure: RunFailure) -> Result<(), RestoreError> {
        let mut step = self.held(hold).await?;
        restore_items::end_waiting(&mut step.tx, hold.scope, hold.id, RestoreState::Cancelled).await?;
        step.run.status = RestoreStatus::Failed;
        step.run.failure = Some(failure);
        step.run.completed_at = Some(self.clock.now());
        step.commit().await?;
        Ok(())
    }
}

/// Gives a sign of life until the restore is somebody else's or has ended.
async fn beat(service: RestoreService, hold: Hold) {
    let mut ticks = tokio::time::interval(BEAT_EVERY);
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
