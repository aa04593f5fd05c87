//! Retention: completed runs go after their time, in small batches, on one node at a time.

use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use tracing::info;

use super::OperationRunService;
use crate::server::db::{Db, backups, notifications, outgoing_deliveries, runs, sessions, tasks};

/// A set holds thousands of policies.
const SETS_BATCH: i64 = 2;
/// How many ended tasks one transaction removes.
const TASKS: i64 = 2_000;
/// How many runs the first transaction removes, and how many one removes at least and at most.
const FIRST_BATCH: i64 = 50;
const LEAST: i64 = 20;
const MOST: i64 = 5_000;
/// What a transaction should take. On SQLite everybody who writes waits for it; on PostgreSQL everybody who commits waits until
/// its part of the log is on disk, and half of it would make pruning slower by half: each takes 1.6 ms whatever it removes.
const fn should_take(db: &Db) -> Duration {
    match db {
        Db::Sqlite(_) => Duration::from_millis(2),
        Db::Postgres(_) => Duration::from_millis(9),
    }
}
/// Names the work among what nodes do one at a time: "prune" in ASCII.
pub const PRUNING: i64 = 0x0070_7275_6e65;
/// Runs are kept this long unless configured otherwise.
pub const DEFAULT_DAYS: u32 = 90;
/// A hundred years.
pub const MOST_DAYS: i64 = 36_500;

/// What a pruning removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pruned {
    pub runs: u64,
    /// Ended tasks of the queue, kept for a day.
    pub tasks: u64,
    pub sessions: u64,
    /// Backup sets whose time had come.
    pub backup_sets: u64,
    /// Another node was pruning already, so this one did nothing.
    pub elsewhere: bool,
}

/// Removes completed runs that ended more than `older_than` ago with their history, and what else has expired.
/// Active runs are never touched, however old.
pub async fn prune(ledger: &OperationRunService, older_than: TimeDelta) -> Result<Pruned, sqlx::Error> {
    let now = ledger.clock().now();
    let mut pruned = Pruned::default();
    let (mut batch, mut from) = (FIRST_BATCH, DateTime::UNIX_EPOCH);
    loop {
        let mut tx = ledger.db().begin().await?;
        if !tx.alone(PRUNING).await? {
            pruned.elsewhere = true;
            return Ok(pruned);
        }
        let begun = Instant::now();
        let removed = runs::delete_completed(&mut tx, from, now - older_than, batch).await?;
        // PostgreSQL keeps what was removed in its index for a while, and would walk it again and again.
        from = removed.iter().max().copied().unwrap_or(from);
        pruned.runs += removed.len() as u64;
        let mut last = (removed.len() as i64) < batch;
        if last {
            let sets = backups::delete_expired(&mut tx, now, now - TimeDelta::days(1), SETS_BATCH).await?;
            pruned.backup_sets += sets;
            // What people and destinations were told of runs goes with the runs; the rest by its age.
            let told = notifications::delete_alone(&mut tx, now - older_than, batch).await?
                + outgoing_deliveries::delete_alone(&mut tx, now - older_than, batch).await?;
            last = (sets as i64) < SETS_BATCH && told < batch.unsigned_abs();
        }
        if last {
            pruned.sessions = sessions::delete_expired(&mut tx, now).await?;
        }
        tx.commit().await?;
        if last {
            pruned.tasks = clean_queue(ledger, now).await?;
            info!(
                runs = pruned.runs,
                tasks = pruned.tasks,
                sessions = pruned.sessions,
                backup_sets = pruned.backup_sets,
                "pruned"
            );
            return Ok(pruned);
        }
        batch = next_batch(batch, begun.elapsed(), should_take(ledger.db()));
        ledger.db().settle_log().await?;
    }
}

/// Removes what the queue keeps of tasks that ended and of workers that are gone, a batch a transaction.
async fn clean_queue(ledger: &OperationRunService, now: DateTime<Utc>) -> Result<u64, sqlx::Error> {
    let mut removed = 0;
    loop {
        let mut tx = ledger.db().begin().await?;
        let batch = tasks::delete_done(&mut tx, now - TimeDelta::days(1), TASKS).await?;
        removed += batch;
        let last = batch < TASKS.unsigned_abs();
        if last {
            tasks::delete_workers(&mut tx, now - TimeDelta::days(1)).await?;
        }
        tx.commit().await?;
        if last {
            return Ok(removed);
        }
    }
}

/// As many as the last pace allows; a single transaction changes it by a factor of two at most.
fn next_batch(batch: i64, took: Duration, should_take: Duration) -> i64 {
    let pace = should_take.as_secs_f64() / took.as_secs_f64().max(1e-6);
    ((batch as f64 * pace.clamp(0.5, 2.0)) as i64).clamp(LEAST, MOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_come_to_take_what_they_should() {
        let next = |batch, took| next_batch(batch, took, Duration::from_millis(6));
        assert_eq!(next(200, Duration::from_millis(6)), 200);
        assert_eq!(next(200, Duration::from_millis(8)), 150);
        assert_eq!(next(200, Duration::from_millis(4)), 300);
        assert_eq!(next(200, Duration::from_secs(1)), 100);
        assert_eq!(next(200, Duration::ZERO), 400);
        assert_eq!(next(LEAST, Duration::from_secs(1)), LEAST);
        assert_eq!(next(MOST, Duration::ZERO), MOST);
    }
}
