//! Writes SQLite's log back into the database on a connection of its own. SQLite by itself lets it be done by whoever commits
//! when the log has become long, and all who write wait for that one.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use sqlx::{
    SqliteConnection, SqlitePool,
    sqlite::{SqliteConnectOptions, SqlitePoolOptions},
};
use tokio::sync::Notify;
use tokio_util::task::AbortOnDropHandle;
use tracing::warn;

use super::DbResult;

/// As many pages of 4 KiB should have come since the last time.
const WORTH_IT: u32 = 500;
/// How long after a commit it is done.
const SOONEST: Duration = Duration::from_millis(10);
const LATEST: Duration = Duration::from_secs(1);
/// Pages after which who writes a lot waits, so that the log can begin anew: 64 MiB.
const LONG: u32 = 16_384;
/// Pages after which all who write do.
const TOO_LONG: u32 = 2 * LONG;
/// Pages after which the writer does it itself after all, should the task here fail.
pub const MOST_PAGES: &str = "131072";
/// What a long log is cut to when it has begun anew, in bytes.
pub const KEPT: &str = "67108864";

/// The task that does it, and the same for who waits for it. Cheap to clone; ends with the last clone.
#[derive(Debug, Clone)]
pub struct WriteBack {
    log: Log,
    task: Arc<AbortOnDropHandle<()>>,
}

#[derive(Debug, Clone)]
struct Log {
    pool: SqlitePool,
    writer: SqlitePool,
    /// How many pages the log had when it was last looked at.
    pages: Arc<AtomicU32>,
}

impl WriteBack {
    /// Connects when there is something to be written back; `committed` is told of it.
    pub fn start(options: SqliteConnectOptions, writer: SqlitePool, committed: Arc<Notify>) -> Self {
        let pool = SqlitePoolOptions::new().max_connections(1).test_before_acquire(false).connect_lazy_with(options);
        let log = Log { pool, writer, pages: Arc::default() };
        let task = tokio::spawn(write_back(log.clone(), committed));
        Self { log, task: Arc::new(AbortOnDropHandle::new(task)) }
    }

    /// For one who writes a lot in a row and holds no transaction: waits while a long log is written back and can begin
    /// anew. So the others wait for no more than what is left to be done.
    pub async fn settle(&self) -> DbResult<()> {
        if self.log.pages.load(Ordering::Relaxed) > LONG {
            self.log.begin_anew().await?;
        }
        Ok(())
    }

    pub fn stop(&self) {
        self.task.abort();
    }

    pub async fn close(&self) {
        self.log.pool.close().await;
    }
}

/// Tells of each commit of the connection.
pub async fn tell_commits(committed: Arc<Notify>, writer: &mut SqliteConnection) -> DbResult<()> {
    writer.lock_handle().await?.set_commit_hook(move || {
        committed.notify_one();
        true
    });
    Ok(())
}

async fn write_back(log: Log, committed: Arc<Notify>) {
    let (mut wait, mut before) = (LATEST, 0);
    loop {
        committed.notified().await;
        tokio::time::sleep(wait).await;
        match log.write_back().await {
            Ok(now) => {
                // Fewer than before: the log has begun anew.
                let pages = if now >= before { now - before } else { now };
                (wait, before) = (next_wait(wait, pages), now);
            }
            Err(sqlx::Error::PoolClosed) => return,
            Err(error) => {
                warn!(%error, "SQLite's log could not be written back; it is tried again after the next commit");
                wait = LATEST;
            }
        }
    }
}

fn next_wait(wait: Duration, pages: u32) -> Duration {
    (wait * WORTH_IT / pages.max(1)).clamp(SOONEST, LATEST)
}

impl Log {
    /// Gives how many pages of the log are written back.
    async fn write_back(&self) -> DbResult<u32> {
        let written = self.pass(&mut *self.pool.acquire().await?).await?;
        if self.pages.load(Ordering::Relaxed) > TOO_LONG {
            self.begin_anew().await?;
        }
        Ok(written)
    }

    /// Lets the next commit begin the log anew, which it does when all of it is written back and on disk. Most of that is
    /// done while others write; twice, because a pass during which somebody commits leaves to the next one what takes
    /// longest, the waiting for the disk.
    async fn begin_anew(&self) -> DbResult<()> {
        let mut connection = self.pool.acquire().await?;
        self.pass(&mut connection).await?;
        self.pass(&mut connection).await?;
        let nobody_writes = self.writer.acquire().await?;
        self.pass(&mut connection).await?;
        drop(nobody_writes);
        self.pages.store(0, Ordering::Relaxed);
        Ok(())
    }

    /// Writes back what nobody reads an older state of, and waits for nobody.
    async fn pass(&self, connection: &mut SqliteConnection) -> DbResult<u32> {
        const SQL: &str = "PRAGMA wal_checkpoint(PASSIVE)";
        let (_busy, pages, written): (i64, i64, i64) = sqlx::query_as(SQL).fetch_one(connection).await?;
        self.pages.store(u32::try_from(pages).unwrap_or(0), Ordering::Relaxed);
        Ok(u32::try_from(written).unwrap_or(0))
    }
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
