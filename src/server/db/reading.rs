//! Reading outside of transactions: a statement that takes too long is stopped, and so is one whose asker has gone. Both
//! end the same way, by dropping what waits for it.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use leptos::prelude::use_context;
use sqlx::{PgConnection, PgPool, Postgres, Sqlite, SqliteConnection, pool::PoolConnection};
use tokio_util::sync::CancellationToken;

use super::{DbLimits, DbResult, SqliteDb};

/// How many steps SQLite does between two looks at whether it is to stop.
const STEPS: i32 = 2_000;

/// Who asks: cancelled when a request's browser has gone. What renders a page in parts of its own outlives the request,
/// so that the word is left in the request's context.
#[derive(Debug, Clone)]
pub struct Asker(pub CancellationToken);

/// Waits for a statement, no longer than `limit` and no longer than its asker; then it says that it took too long.
pub(super) async fn bounded<T>(limit: Duration, statement: impl Future<Output = DbResult<T>>) -> Option<DbResult<T>> {
    let asker = use_context::<Asker>();
    let gone = async {
        match &asker {
            Some(Asker(gone)) => gone.cancelled().await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        read = statement => Some(read),
        () = tokio::time::sleep(limit) => None,
        () = gone => None,
    }
}

fn given_up<T>() -> DbResult<T> {
    Err(io::Error::new(io::ErrorKind::TimedOut, "the statement was given up").into())
}

/// A connection that reads, once. Dropped before its end, the statement is stopped.
pub struct SqliteReading {
    connection: PoolConnection<Sqlite>,
    stop: Arc<AtomicBool>,
    pub(super) limit: Duration,
    ended: bool,
}

impl SqliteReading {
    pub(super) async fn begin(db: &SqliteDb) -> DbResult<Self> {
        let mut connection = db.read().acquire().await?;
        let stop = Arc::new(AtomicBool::new(false));
        let asked = stop.clone();
        // It takes the place of the former reading's.
        connection.lock_handle().await?.set_progress_handler(STEPS, move || !asked.load(Ordering::Relaxed));
        Ok(Self { connection, stop, limit: db.read_limit(), ended: false })
    }

    pub(super) fn connection(&mut self) -> &mut SqliteConnection {
        &mut self.connection
    }

    pub(super) fn end<T>(mut self, read: Option<DbResult<T>>) -> DbResult<T> {
        self.ended = read.is_some();
        read.unwrap_or_else(given_up)
    }
}

impl Drop for SqliteReading {
    fn drop(&mut self) {
        if !self.ended {
            self.stop.store(true, Ordering::Relaxed);
        }
    }
}

/// A connection that reads, once. Dropped before its end, it is closed, and the server ends the statement when it sees
/// that (`client_connection_check_interval`).
pub struct PgReading {
    connection: PoolConnection<Postgres>,
    pub(super) limit: Duration,
    ended: bool,
}

impl PgReading {
    pub(super) async fn begin(pool: &PgPool) -> DbResult<Self> {
        Ok(Self { connection: pool.acquire().await?, limit: DbLimits::default().read, ended: false })
    }

    pub(super) fn connection(&mut self) -> &mut PgConnection {
        &mut self.connection
    }

    pub(super) fn end<T>(mut self, read: Option<DbResult<T>>) -> DbResult<T> {
        self.ended = read.is_some();
        read.unwrap_or_else(given_up)
    }
}

impl Drop for PgReading {
    fn drop(&mut self) {
        if !self.ended {
            self.connection.close_on_drop();
        }
    }
}
