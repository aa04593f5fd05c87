//! The task queue's tables, as far as the ledger touches them. A run and its task share one id.

use std::convert::Infallible;

use apalis_core::{
    backend::codec::Codec,
    task::{Task, builder::TaskBuilder, task_id::TaskId},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use ulid::Ulid;
use uuid::Uuid;

use super::{Db, DbResult, Tx, db_sql, tx_sql};
use crate::model::ids::RunId;

/// The queue that carries every operation run.
pub const QUEUE: &str = "operation_runs";

/// What a task says: somebody wants work done, for this run. It is a token: whoever gets it asks the ledger which run
/// is next, so that a lost or doubled task neither loses nor doubles a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunTask {
    For(RunId),
    /// Not of our making, or of another version: kept as it is.
    Unreadable(Vec<u8>),
}

#[derive(Serialize, Deserialize)]
struct Payload {
    run_id: RunId,
}

impl RunTask {
    pub fn to_bytes(&self) -> Vec<u8> {
        match self {
            // A uuid can always be written as JSON.
            Self::For(run) => serde_json::to_vec(&Payload { run_id: *run }).unwrap_or_default(),
            Self::Unreadable(bytes) => bytes.clone(),
        }
    }

    pub fn from_bytes(bytes: &[u8]) -> Self {
        match serde_json::from_slice::<Payload>(bytes) {
            Ok(payload) => Self::For(payload.run_id),
            Err(_) => Self::Unreadable(bytes.to_vec()),
        }
    }
}

/// Reads every payload: one that the queue itself could not read would end its worker, again and again.
#[derive(Debug, Clone, Copy, Default)]
pub struct AnyPayload;

impl Codec<RunTask> for AnyPayload {
    type Error = Infallible;
    type Compact = Vec<u8>;

    fn encode(&self, task: &RunTask) -> Result<Vec<u8>, Infallible> {
        Ok(task.to_bytes())
    }

    fn decode(&self, bytes: &Vec<u8>) -> Result<RunTask, Infallible> {
        Ok(RunTask::from_bytes(bytes))
    }
}

/// The task's id: the run's, in the queue's spelling.
pub(super) fn task_id(run: RunId) -> Ulid {
    Ulid::from(run.0.as_u128())
}

/// The run whose task this is by its id alone.
pub fn run_of(task: &TaskId) -> Option<RunId> {
    Ulid::from_string(&task.to_string()).ok().map(|id| RunId(Uuid::from_u128(id.into())))
}

fn task(id: Ulid, run: RunId) -> Task<Vec<u8>> {
    TaskBuilder::new(RunTask::For(run).to_bytes())
        .task_id(TaskId::from_ulid(id))
        .run_at_timestamp(RUN_AT.unsigned_abs())
        // The ledger decides how often a run is begun.
        .max_attempts(1_000_000)
        .build()
}

/// Queues the run's task in the transaction that wrote the run.
pub async fn push(tx: &mut Tx, run: RunId) -> DbResult<()> {
    push_task(tx, task(task_id(run), run)).await
}

/// Queues one more task for a run that waits again; `id` is new.
pub async fn push_again(tx: &mut Tx, id: Uuid, run: RunId) -> DbResult<()> {
    push_task(tx, task(Ulid::from(id.as_u128()), run)).await
}

async fn push_task(tx: &mut Tx, task: Task<Vec<u8>>) -> DbResult<()> {
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

/// Removes at most `limit` tasks that ended before `before`; the ledger keeps what they did.
pub async fn delete_done(tx: &mut Tx, before: DateTime<Utc>, limit: i64) -> DbResult<u64> {
    match tx {
        Tx::Sqlite(_) => tx_sql!(
            tx,
            execute(
                "DELETE FROM Jobs WHERE id IN (SELECT id FROM Jobs WHERE status IN ('Done', 'Killed') AND done_at < $1 LIMIT $2)",
                before.timestamp(),
                limit
            )
        ),
        Tx::Postgres(_) => tx_sql!(
            tx,
            execute(
                "DELETE FROM apalis.jobs WHERE id IN (SELECT id FROM apalis.jobs WHERE status IN ('Done', 'Killed') \
                 AND done_at < $1 LIMIT $2)",
                before,
                limit
            )
        ),
    }
}

/// How often the queue may begin a task: it fails only when the database does, and the ledger decides how often a run is
/// begun.
pub(super) const MAX_ATTEMPTS: i64 = 1_000_000;

/// From when workers take a task, in the queue's seconds since 1970: at once. The queue compares it with the clock of the
/// database, which our own need not agree with.
pub(super) const RUN_AT: i64 = 1;

/// What the run's task says, as JSON.
pub(super) fn payload(run: RunId) -> DbResult<String> {
    serde_json::to_string(&Payload { run_id: run }).map_err(|error| sqlx::Error::Encode(Box::new(error)))
}

/// Forgets workers of the queue that were last seen before `before` and hold no task any more.
pub async fn delete_workers(tx: &mut Tx, before: DateTime<Utc>) -> DbResult<u64> {
    match tx {
        Tx::Sqlite(_) => tx_sql!(
            tx,
            execute(
                "DELETE FROM Workers WHERE last_seen < $1 AND NOT EXISTS (SELECT 1 FROM Jobs WHERE lock_by = Workers.id)",
                before.timestamp()
            )
        ),
        Tx::Postgres(_) => tx_sql!(
            tx,
            execute(
                "DELETE FROM apalis.workers w WHERE w.last_seen < $1 \
                 AND NOT EXISTS (SELECT 1 FROM apalis.jobs j WHERE j.lock_by = w.id)",
                before
            )
        ),
    }
}

/// A worker of the queue ends: what it has been doing is done, what it only fetched goes back.
pub async fn settle(db: &Db, worker: &str) -> DbResult<()> {
    let mut tx = db.begin().await?;
    match &mut tx {
        Tx::Sqlite(_) => {
            tx_sql!(
                &mut tx,
                execute(
                    "UPDATE Jobs SET status = 'Done', done_at = strftime('%s', 'now') WHERE lock_by = $1 AND status = 'Running'",
                    worker
                )
            )?;
            tx_sql!(
                &mut tx,
                execute(
                    "UPDATE Jobs SET status = 'Pending', lock_by = NULL, lock_at = NULL WHERE lock_by = $1 AND status = 'Queued'",
                    worker
                )
            )?;
        }
        Tx::Postgres(_) => {
            tx_sql!(
                &mut tx,
                execute(
                    "UPDATE apalis.jobs SET status = 'Done', done_at = now() WHERE lock_by = $1 AND status = 'Running'",
                    worker
                )
            )?;
            tx_sql!(
                &mut tx,
                execute(
                    "UPDATE apalis.jobs SET status = 'Pending', lock_by = NULL, lock_at = NULL \
                     WHERE lock_by = $1 AND status = 'Queued'",
                    worker
                )
            )?;
        }
    }
    tx.commit().await
}
