//! The tries of deliveries: when they come, who does them, and when they end.

use std::{panic::AssertUnwindSafe, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use futures::{FutureExt, StreamExt, stream};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::{
    Outgoing,
    send::{PATIENCE, Tried},
};
use crate::{
    model::outgoing::{DeliveryState, OutgoingKind},
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
/// How many deliveries a look takes, how many of them of one destination, and how many are sent at once.
const AT_ONCE: i64 = 64;
const OF_EACH: i64 = 4;
const IN_FLIGHT: usize = 16;
/// When the next try comes after each one, in seconds, as Standard Webhooks propose; after the last it is given up.
const PAUSES: [i64; 7] = [5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 10 * 3600];

/// Looks until `stopping` is cancelled.
pub async fn clockwork(outgoing: Outgoing, stopping: CancellationToken) {
    loop {
        tokio::select! {
            () = stopping.cancelled() => return,
            () = look(&outgoing) => {}
        }
        tokio::select! {
            () = stopping.cancelled() => return,
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}

/// One look, which never fails.
pub async fn look(outgoing: &Outgoing) {
    match AssertUnwindSafe(outgoing.send_due()).catch_unwind().await {
        Ok(Ok(_)) => {}
        Ok(Err(cause)) => error!(error = detail(&cause), "looking for due deliveries failed; it is tried again"),
        Err(_panic) => error!("looking for due deliveries panicked; it is tried again"),
    }
}

impl Outgoing {
    /// Does a try of what is due; gives how many it did.
    pub async fn send_due(&self) -> DbResult<usize> {
        let due = outgoing_deliveries::due(&self.inner.db, self.inner.clock.now(), OF_EACH, AT_ONCE).await?;
        let tries = stream::iter(due).map(|due| async move {
            self.attempt(&due).await.unwrap_or_else(|cause| {
                warn!(delivery = %due.id, error = detail(&cause), "a delivery could not be noted; it is tried again");
                false
            })
        });
        Ok(tries.buffer_unordered(IN_FLIGHT).filter(|tried| std::future::ready(*tried)).count().await)
    }

    /// One try, which nobody else does meanwhile: a node that dies in it leaves it to the others. False when somebody was
    /// faster.
    pub(super) async fn attempt(&self, due: &Due) -> DbResult<bool> {
        let inner = &self.inner;
        let now = inner.clock.now();
        let held = now + TimeDelta::from_std(PATIENCE * 3).unwrap_or_default();
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
