//! The task queue's tables, as far as the ledger touches them. A run and its task share one id.

use apalis_core::task::{Task, builder::TaskBuilder, task_id::TaskId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use ulid::Ulid;

use super::{Db, DbResult, Tx, db_sql, tx_sql};
use crate::model::ids::RunId;

/// The queue that carries every operation run.
pub const QUEUE: &str = "operation_runs";

/// What a task says: which run is to be done. Everything else is in the run's row.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RunTask {
    pub run_id: RunId,
}

/// The task's id: the run's, in the queue's spelling.
pub(super) fn task_id(run: RunId) -> Ulid {
    Ulid::from(run.0.as_u128())
}

fn task(run: RunId, at: DateTime<Utc>) -> Result<Task<Vec<u8>>, sqlx::Error> {
    let args = serde_json::to_vec(&RunTask { run_id: run }).map_err(|error| sqlx::Error::Encode(Box::new(error)))?;
    // The queue knows whole seconds and takes what lies in the past; the second before is always past.
    let run_at = u64::try_from(at.timestamp() - 1).unwrap_or_default();
    Ok(TaskBuilder::new(args)
        .task_id(TaskId::from_ulid(task_id(run)))
        .run_at_timestamp(run_at)
        // A task fails only when the database does; the ledger decides how often a run is begun.
        .max_attempts(1_000_000)
        .build())
}

/// Queues the run's task in the transaction that wrote the run.
pub async fn push(tx: &mut Tx, run: RunId, at: DateTime<Utc>) -> DbResult<()> {
    let task = task(run, at)?;
    match tx {
        Tx::Sqlite(tx) => apalis_sqlite::queries::push_tasks(&mut **tx, QUEUE, &[task]).await.map_err(sqlite_error),
        Tx::Postgres(tx) => {
            apalis_postgres::queries::push_tasks(&mut **tx, QUEUE, vec![task]).await.map_err(postgres_error)
        }
    }
}

fn sqlite_error(error: apalis_sqlite::Error) -> sqlx::Error {
    match error {
        apalis_sqlite::Error::Database(error) => error,
        other => sqlx::Error::Protocol(other.to_string()),
    }
}

fn postgres_error(error: apalis_postgres::Error) -> sqlx::Error {
    match error {
        apalis_postgres::Error::Database(error) => error,
        other => sqlx::Error::Protocol(other.to_string()),
    }
}

/// How many tasks there are for a run: one from its creation until the queue is cleaned.
pub async fn count(db: &Db, run: RunId) -> DbResult<i64> {
    let id = task_id(run).to_string();
    let (count,): (i64,) = match db {
        Db::Sqlite(_) => db_sql!(db, fetch_one("SELECT count(*) FROM Jobs WHERE id = $1", id))?,
        Db::Postgres(_) => db_sql!(db, fetch_one("SELECT count(*) FROM apalis.jobs WHERE id = $1", id))?,
    };
    Ok(count)
}

/// How many tasks the queue holds, in whatever state.
pub async fn count_all(db: &Db) -> DbResult<i64> {
    let (count,): (i64,) = match db {
        Db::Sqlite(_) => db_sql!(db, fetch_one("SELECT count(*) FROM Jobs"))?,
        Db::Postgres(_) => db_sql!(db, fetch_one("SELECT count(*) FROM apalis.jobs"))?,
    };
    Ok(count)
}

/// Removes the task of a run that is not to be done any more, unless a worker has fetched it already: that one finds the
/// run completed.
pub async fn delete_pending(tx: &mut Tx, run: RunId) -> DbResult<u64> {
    let id = task_id(run).to_string();
    match tx {
        Tx::Sqlite(_) => tx_sql!(tx, execute("DELETE FROM Jobs WHERE id = $1 AND status = 'Pending'", id)),
        Tx::Postgres(_) => tx_sql!(tx, execute("DELETE FROM apalis.jobs WHERE id = $1 AND status = 'Pending'", id)),
    }
}

/// Removes tasks that ended before `before`; the ledger keeps what they did.
pub async fn delete_done(tx: &mut Tx, before: DateTime<Utc>) -> DbResult<u64> {
    match tx {
        Tx::Sqlite(_) => tx_sql!(
            tx,
            execute("DELETE FROM Jobs WHERE status IN ('Done', 'Killed') AND done_at < $1", before.timestamp())
        ),
        Tx::Postgres(_) => {
            tx_sql!(tx, execute("DELETE FROM apalis.jobs WHERE status IN ('Done', 'Killed') AND done_at < $1", before))
        }
    }
}

/// How often the queue may begin a task: it fails only when the database does, and the ledger decides how often a run is
/// begun.
pub(super) const MAX_ATTEMPTS: i64 = 1_000_000;

/// From when workers take a task of this moment, in the queue's whole seconds: what lies in the past, so the second before.
pub(super) fn run_at(at: DateTime<Utc>) -> i64 {
    (at.timestamp() - 1).max(0)
}

/// What the run's task says, as JSON.
pub(super) fn payload(run: RunId) -> DbResult<String> {
    serde_json::to_string(&RunTask { run_id: run }).map_err(|error| sqlx::Error::Encode(Box::new(error)))
}
