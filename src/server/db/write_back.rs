//! Writes SQLite's log back into the database on a connection of its own. SQLite by itself lets it be done by whoever commits
//! when the log has become long, and all who write wait for that one.

use std::{sync::Arc, time::Duration};

use sqlx::{
    SqliteConnection, SqlitePool,
    sqlite::{SqliteConnectOptions, SqlitePoolOptions},
};
use tokio::sync::Notify;
use tokio_util::task::AbortOnDropHandle;
use tracing::warn;

use super::DbResult;

/// Pages of 4 KiB after which the writer does it itself after all: the log begins anew only when all of it was written back,
/// which never happens beside one who writes all the time.
pub const MOST_PAGES: &str = "16384";
/// As many pages should have come since the last time.
const WORTH_IT: u32 = 500;
/// How long after a commit it is done.
const SOONEST: Duration = Duration::from_millis(10);
const LATEST: Duration = Duration::from_secs(1);

/// The task that does it; it ends with this.
#[derive(Debug)]
pub struct WriteBack {
    committed: Arc<Notify>,
    pool: SqlitePool,
    task: AbortOnDropHandle<()>,
}

impl WriteBack {
    /// Connects when there is something to be written back.
    pub fn start(options: SqliteConnectOptions) -> Self {
        let pool = SqlitePoolOptions::new().max_connections(1).test_before_acquire(false).connect_lazy_with(options);
        let committed = Arc::new(Notify::new());
        let task = tokio::spawn(write_back(pool.clone(), committed.clone()));
        Self { committed, pool, task: AbortOnDropHandle::new(task) }
    }

    /// Hears of the connection's commits.
    pub async fn listen(committed: Arc<Notify>, writer: &mut SqliteConnection) -> DbResult<()> {
        writer.lock_handle().await?.set_commit_hook(move || {
            committed.notify_one();
            true
        });
        Ok(())
    }

    pub fn committed(&self) -> Arc<Notify> {
        self.committed.clone()
    }

    pub async fn stop(&self) {
        self.task.abort();
        self.pool.close().await;
    }
}

async fn write_back(pool: SqlitePool, committed: Arc<Notify>) {
    let (mut wait, mut before) = (LATEST, 0);
    loop {
        committed.notified().await;
        tokio::time::sleep(wait).await;
        match pages_written_back(&pool).await {
            Ok(now) => {
                // Fewer than before: the log has begun anew.
                let pages = if now >= before { now - before } else { now };
                (wait, before) = (next_wait(wait, pages), now);
            }
            Err(error) => {
                warn!(%error, "SQLite's log could not be written back; it is tried again after the next commit");
                wait = LATEST;
            }
        }
    }
}

/// Writes back what nobody reads an older state of, and waits for nobody. Gives the pages of the log that are written back.
async fn pages_written_back(pool: &SqlitePool) -> DbResult<u32> {
    let (_busy, _pages, written): (i64, i64, i64) =
        sqlx::query_as("PRAGMA wal_checkpoint(PASSIVE)").fetch_one(pool).await?;
    Ok(u32::try_from(written).unwrap_or(0))
}

fn next_wait(wait: Duration, pages: u32) -> Duration {
    (wait * WORTH_IT / pages.max(1)).clamp(SOONEST, LATEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn much_that_is_written_is_written_back_sooner_and_little_once_a_second() {
        assert_eq!(next_wait(LATEST, 5_000), Duration::from_millis(100));
        assert_eq!(next_wait(Duration::from_millis(100), 500), Duration::from_millis(100));
        assert_eq!(next_wait(Duration::from_millis(100), 100_000), SOONEST);
        assert_eq!(next_wait(SOONEST, 0), LATEST);
    }
}
