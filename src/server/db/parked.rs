//! SQL of the queue as the repair sees it: tasks that still promise work, and those that nobody understands.

use chrono::{DateTime, Utc};
use ulid::Ulid;
use uuid::Uuid;

use super::{Db, DbResult, Tx, db_sql, tasks::QUEUE, tx_sql};

/// A task that was put aside.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct ParkedTask {
    pub task_id: String,
    pub reason: String,
    pub parked_at: DateTime<Utc>,
}

/// The tasks that were put aside, newest first.
pub async fn list(db: &Db) -> DbResult<Vec<ParkedTask>> {
    db_sql!(db, fetch_all("SELECT task_id, reason, parked_at FROM parked_tasks ORDER BY id DESC LIMIT 100"))
}

/// How many tasks were put aside since then.
pub async fn count_since(db: &Db, since: DateTime<Utc>) -> DbResult<i64> {
    let (count,): (i64,) = db_sql!(db, fetch_one("SELECT count(*) FROM parked_tasks WHERE parked_at >= $1", since))?;
    Ok(count)
}

/// Remembers a task that is not understood.
pub async fn add(
    tx: &mut Tx,
    id: Uuid,
    task_id: &str,
    payload: &[u8],
    reason: &str,
    at: DateTime<Utc>,
) -> DbResult<()> {
    tx_sql!(
        tx,
        execute(
            "INSERT INTO parked_tasks (id, task_id, queue, payload, reason, parked_at) VALUES ($1, $2, $3, $4, $5, $6)",
            id,
            task_id,
            QUEUE,
            payload,
            reason,
            at
        )
    )?;
    Ok(())
}

/// A task that is yet to be done.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct OpenTask {
    pub id: String,
    pub job: Vec<u8>,
}

impl OpenTask {
    /// Whether the queue can read its id; when not, the queue's worker ends whenever it meets it.
    pub fn is_sound(&self) -> bool {
        Ulid::from_string(&self.id).is_ok()
    }
}

/// Tasks that no worker has, at most `limit`.
pub async fn pending(tx: &mut Tx, limit: i64) -> DbResult<Vec<OpenTask>> {
    match tx {
        Tx::Sqlite(_) => tx_sql!(
            tx,
            fetch_all(
                "SELECT id, job FROM Jobs WHERE job_type = $1 AND status IN ('Pending', 'Failed') LIMIT $2",
                QUEUE,
                limit
            )
        ),
        Tx::Postgres(_) => tx_sql!(
            tx,
            fetch_all(
                "SELECT id, job FROM apalis.jobs WHERE job_type = $1 AND status IN ('Pending', 'Failed') LIMIT $2",
                QUEUE,
                limit
            )
        ),
    }
}

/// How many tasks still promise that somebody looks for work: those that wait, and those that a worker has.
pub async fn open(tx: &mut Tx) -> DbResult<i64> {
    let (count,): (i64,) = match tx {
        Tx::Sqlite(_) => tx_sql!(
            tx,
            fetch_one("SELECT count(*) FROM Jobs WHERE job_type = $1 AND status NOT IN ('Done', 'Killed')", QUEUE)
        )?,
        Tx::Postgres(_) => tx_sql!(
            tx,
            fetch_one(
                "SELECT count(*) FROM apalis.jobs WHERE job_type = $1 AND status NOT IN ('Done', 'Killed')",
                QUEUE
            )
        )?,
    };
    Ok(count)
}

/// Takes a task out of the queue that no worker has.
pub async fn remove(tx: &mut Tx, task_id: &str) -> DbResult<u64> {
    match tx {
        Tx::Sqlite(_) => {
            tx_sql!(tx, execute("DELETE FROM Jobs WHERE id = $1 AND status IN ('Pending', 'Failed')", task_id))
        }
        Tx::Postgres(_) => {
            tx_sql!(tx, execute("DELETE FROM apalis.jobs WHERE id = $1 AND status IN ('Pending', 'Failed')", task_id))
        }
    }
}
