//! The tries of deliveries: when they come, who does them, and when they end.

use std::{
    collections::HashMap,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use futures::FutureExt;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::{Outgoing, send::Tried};
use crate::{
    model::{
        ids::DestinationId,
        outgoing::{DeliveryState, OutgoingKind},
    },
    server::{
        db::{
            DbResult,
            outgoing_deliveries::{self, Due},
        },
        redact::detail,
    },
};

/// How often each process that works looks for what is due.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// How many deliveries a look takes, and how many of them of one destination.
const AT_ONCE: i64 = 64;
const OF_EACH: usize = 4;
/// How many deliveries a process sends at once.
const IN_FLIGHT: usize = 64;
/// When the next try comes after each one, in seconds, as Standard Webhooks propose; after the last it is given up.
const PAUSES: [i64; 7] = [5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 10 * 3600];

/// Looks until `stopping` is cancelled. What is being sent then is due again soon.
pub async fn clockwork(outgoing: Outgoing, stopping: CancellationToken) {
    let mut tries = JoinSet::new();
    loop {
        tokio::select! {
            () = stopping.cancelled() => return,
            () = look(&outgoing, &mut tries) => {}
        }
        tokio::select! {
            () = stopping.cancelled() => return,
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}

/// One look, which never fails. It begins tries and waits for none: a receiver that is silent delays nobody else.
async fn look(outgoing: &Outgoing, tries: &mut JoinSet<bool>) {
    while let Some(ended) = tries.try_join_next() {
        if ended.is_err() {
            error!("a delivery panicked; it is tried again");
        }
    }
    match AssertUnwindSafe(outgoing.begin_due(tries)).catch_unwind().await {
        Ok(Ok(())) => {}
        Ok(Err(cause)) => error!(error = detail(&cause), "looking for due deliveries failed; it is tried again"),
        Err(_panic) => error!("looking for due deliveries panicked; it is tried again"),
    }
}

/// How many tries of each destination are under way in this process.
#[derive(Debug, Clone, Default)]
pub(super) struct InFlight(Arc<Mutex<HashMap<DestinationId, usize>>>);

/// Room for one try, until it is dropped.
struct Room {
    of: InFlight,
    destination: DestinationId,
}

impl InFlight {
    fn counts(&self) -> MutexGuard<'_, HashMap<DestinationId, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// None when the destination, or the process, has enough under way.
    fn room(&self, destination: DestinationId) -> Option<Room> {
        let mut counts = self.counts();
        if counts.values().sum::<usize>() >= IN_FLIGHT {
            return None;
        }
        let count = counts.entry(destination).or_default();
        if *count >= OF_EACH {
            return None;
        }
        *count += 1;
        Some(Room { of: self.clone(), destination })
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let mut counts = self.of.counts();
        if let Some(count) = counts.get_mut(&self.destination) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.destination);
            }
        }
    }
}

impl Outgoing {
    /// Does a try of what is due, and waits for what comes of it; gives how many it did.
    pub async fn send_due(&self) -> DbResult<usize> {
        let mut tries = JoinSet::new();
        self.begin_due(&mut tries).await?;
        Ok(tries.join_all().await.into_iter().filter(|tried| *tried).count())
    }

    /// Begins a try of what is due, as far as there is room.
    async fn begin_due(&self, tries: &mut JoinSet<bool>) -> DbResult<()> {
        let inner = &self.inner;
        for due in outgoing_deliveries::due(&inner.db, inner.clock.now(), OF_EACH as i64, AT_ONCE).await? {
            let Some(room) = inner.in_flight.room(due.destination) else { continue };
            let outgoing = self.clone();
            tries.spawn(async move {
                let _room = room;
                outgoing.attempt(&due).await.unwrap_or_else(|cause| {
                    warn!(delivery = %due.id, error = detail(&cause), "a delivery could not be noted; it is tried again");
                    false
                })
            });
        }
        Ok(())
    }

    /// One try, which nobody else does meanwhile: a node that dies in it leaves it to the others. False when somebody was
    /// faster.
    pub(super) async fn attempt(&self, due: &Due) -> DbResult<bool> {
        let inner = &self.inner;
        let now = inner.clock.now();
        let held = now + TimeDelta::from_std(inner.patience * 3).unwrap_or_default();
        let mut tx = inner.db.begin().await?;
        if !outgoing_deliveries::hold(&mut tx, due, held, now).await? {
            return Ok(false);
        }
        // Nothing is held while it is sent, least of all the one writer.
        tx.commit().await?;
        let tried = self.send(due).await;
        let noted = next(due, inner.clock.now(), tried);
        info!(delivery = %due.id, state = %noted.state, status = noted.status_code, "tried to deliver a notification");
        let mut tx = inner.db.begin().await?;
        outgoing_deliveries::note(&mut tx, due, held, &noted).await?;
        tx.commit().await?;
        Ok(true)
    }
}

fn next(due: &Due, now: DateTime<Utc>, tried: Tried) -> outgoing_deliveries::Tried {
    let (status, error, next_try_at) = match tried {
        Tried::Delivered(status) => {
            return outgoing_deliveries::Tried {
                state: DeliveryState::Delivered,
                next_try_at: None,
                status_code: status.map(i32::from),
                error: None,
            };
        }
        Tried::Failed { status, why, wait, gone } => {
            let pause = usize::try_from(due.tries).ok().and_then(|tries| PAUSES.get(tries)).copied();
            // Who asks for a test looks at what came of it.
            let pause = pause.filter(|_| !gone && due.event != OutgoingKind::Test).map(TimeDelta::seconds);
            (status, why, pause.map(|pause| now + pause.max(wait.unwrap_or_default())))
        }
    };
    outgoing_deliveries::Tried {
        state: if next_try_at.is_some() { DeliveryState::Waiting } else { DeliveryState::GivenUp },
        next_try_at,
        status_code: status.map(i32::from),
        error: Some(error),
    }
}
