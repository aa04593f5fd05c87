//! Writing runs by the thousands, for the seed: COPY on PostgreSQL, statements of many rows on SQLite.

mod postgres;
mod sqlite;

use uuid::Uuid;

use super::{Db, DbResult, Tx, rows::FullRun, run_reasons, run_tables::RUN_TABLES};
use crate::model::run::RunEvent;

/// A run with its history, each line with its id.
#[derive(Debug, Clone)]
pub struct SeededRun {
    pub full: FullRun,
    pub events: Vec<(Uuid, RunEvent)>,
}

const RUN_COLUMNS: &str = "id, tenant_id, type, run_identity_hash, status, outcome, initiator_user_id, initiator_name, \
     attempt, summary_counts, failures, context, joined_count, sample, heartbeat_at, created_at, started_at, \
     completed_at, updated_at, cancel_requested_at, cancel_requested_by";
const EVENT_COLUMNS: &str = "id, run_id, kind, at, actor, attempt, detail";

/// Writes completed runs, in the order of their ids, with all that belongs to them, in one transaction; how many rows.
pub async fn write(db: &Db, runs: &[SeededRun]) -> DbResult<u64> {
    let ids = || runs.iter().map(|run| run.full.run.id);
    let (Some(first), Some(last)) = (ids().min(), ids().max()) else { return Ok(0) };
    let mut tx = db.begin().await?;
    match &mut tx {
        Tx::Sqlite(tx) => sqlite::insert(tx, runs).await?,
        Tx::Postgres(tx) => postgres::copy(tx, runs).await?,
    }
    let mut records = run_reasons::derive(&mut tx, first, last).await?;
    for table in RUN_TABLES {
        records += table.derive(&mut tx, first, last).await?;
    }
    tx.commit().await?;
    Ok(records + runs.iter().map(|run| 1 + run.events.len() as u64).sum::<u64>())
}

/// Tells the planner what is there now. Not SQLite's: by the sample that it takes of a large table it believes all tenants
/// to be small, and then sorts what lies in order. Knowing nothing it goes by the form of the indexes, as the statements mean.
pub async fn analyze(db: &Db) -> DbResult<()> {
    match db {
        Db::Sqlite(_) => Ok(()),
        Db::Postgres(pool) => sqlx::query("ANALYZE").execute(pool).await.map(|_| ()),
    }
}
