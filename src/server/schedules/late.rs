//! Which schedules are late, and telling it once for each time that their work should have succeeded.

use std::panic::AssertUnwindSafe;

use chrono::{DateTime, TimeDelta, Utc};
use futures::FutureExt;
use tracing::{error, info};

use super::Schedules;
use crate::server::{
    db::{
        DbResult,
        schedules::{self, ScheduleRow, Watched},
    },
    notify,
    redact::detail,
};

/// Whether a schedule that is on has gone without success for longer than expected.
pub fn is_late(row: &ScheduleRow, now: DateTime<Utc>) -> bool {
    row.enabled_at
        .is_some_and(|enabled_at| late_since(enabled_at, row.last_succeeded_at, row.expected_hours, now).is_some())
}

/// Since when it has not succeeded, when that is too long.
fn late_since(
    enabled_at: DateTime<Utc>,
    last_succeeded_at: Option<DateTime<Utc>>,
    expected_hours: i32,
    now: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    let since = last_succeeded_at.map_or(enabled_at, |at| at.max(enabled_at));
    (now - since > TimeDelta::hours(expected_hours.into())).then_some(since)
}

/// One look, which never fails.
pub async fn look_for_late(schedules: &Schedules) {
    match AssertUnwindSafe(schedules.tell_late()).catch_unwind().await {
        Ok(Ok(_)) => {}
        Ok(Err(cause)) => error!(error = detail(&cause), "looking for late schedules failed; it is tried again"),
        Err(_panic) => error!("looking for late schedules panicked; it is tried again"),
    }
}

impl Schedules {
    /// Tells of what is late and was not told yet; gives of how many. One that fails does not keep the others.
    pub async fn tell_late(&self) -> DbResult<usize> {
        let now = self.runs.clock().now();
        let mut told = 0;
        for watched in schedules::watched(self.runs.db()).await? {
            let Watched { enabled_at, last_succeeded_at, expected_hours, .. } = watched;
            let Some(since) = late_since(enabled_at, last_succeeded_at, expected_hours, now) else { continue };
            if watched.late_told_since == Some(since) {
                continue;
            }
            match self.tell_of(&watched, since).await {
                Ok(true) => told += 1,
                Ok(false) => {}
                Err(cause) => error!(error = detail(&cause), "a late schedule could not be told; it is tried again"),
            }
        }
        Ok(told)
    }

    /// False when another node was faster, or the work has succeeded meanwhile.
    async fn tell_of(&self, late: &Watched, since: DateTime<Utc>) -> DbResult<bool> {
        let mut tx = self.runs.db().begin().await?;
        if !schedules::note_late(&mut tx, late.tenant_id, late.operation_type, since).await? {
            return Ok(false);
        }
        let subject = notify::tell_late(&mut tx, self.runs.clock(), late.tenant_id, late.operation_type, since).await?;
        tx.commit().await?;
        self.runs.live().schedule_late(late.tenant_id, subject);
        info!(tenant = %late.tenant_id, r#type = %late.operation_type, "a schedule is late");
        Ok(true)
    }
}
