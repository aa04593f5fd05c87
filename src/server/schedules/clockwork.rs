//! The clockwork that looks for due schedules in each process that works.

use std::{panic::AssertUnwindSafe, time::Duration};

use futures::FutureExt;
use tokio_util::sync::CancellationToken;
use tracing::error;

use super::{Schedules, late::look_for_late};
use crate::server::redact::detail;

/// How often it looks: schedules are exact to the minute.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Every how many looks it also looks for late ones: every minute.
const LATE_EVERY: u64 = 12;

/// Looks until `stopping` is cancelled. What fails, and be it a panic, is logged, and the next look comes.
pub async fn clockwork(schedules: Schedules, stopping: CancellationToken) {
    for number in 0_u64.. {
        look(&schedules).await;
        if number.is_multiple_of(LATE_EVERY) {
            look_for_late(&schedules).await;
        }
        tokio::select! {
            () = stopping.cancelled() => return,
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}

/// One look, which never fails.
pub async fn look(schedules: &Schedules) {
    match AssertUnwindSafe(schedules.fire_due()).catch_unwind().await {
        Ok(Ok(_)) => {}
        Ok(Err(cause)) => error!(error = detail(&cause), "looking for due schedules failed; it is tried again"),
        Err(_panic) => error!("looking for due schedules panicked; it is tried again"),
    }
}
