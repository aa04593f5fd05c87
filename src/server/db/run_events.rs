//! SQL of `operation_run_events`, the history of runs.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::types::Json;
use uuid::Uuid;

use super::{Db, DbResult, Tx, db_sql, scope::TenantScope, tx_sql};
use crate::model::{
    ids::RunId,
    run::{RunEvent, RunEventKind},
};

pub async fn insert(tx: &mut Tx, id: Uuid, run: RunId, event: &RunEvent) -> DbResult<()> {
    tx_sql!(
        tx,
        execute(
            "INSERT INTO operation_run_events (id, run_id, kind, at, actor, attempt, detail) VALUES ($1, $2, $3, $4, $5, $6, $7)",
            id,
            run,
            event.kind,
            event.at,
            &event.actor,
            event.attempt,
            Json(&event.detail)
        )
    )?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct EventRow {
    kind: RunEventKind,
    at: DateTime<Utc>,
    actor: String,
    attempt: i32,
    detail: Json<Value>,
}

/// The history of one run of the tenant, oldest first.
pub async fn list(db: &Db, scope: TenantScope, run: RunId) -> DbResult<Vec<RunEvent>> {
    let rows: Vec<EventRow> = db_sql!(
        db,
        fetch_all(
            "SELECT e.kind, e.at, e.actor, e.attempt, e.detail FROM operation_run_events e \
             JOIN operation_runs r ON r.id = e.run_id WHERE r.tenant_id = $1 AND e.run_id = $2 ORDER BY e.id",
            scope.tenant(),
            run
        )
    )?;
    Ok(rows
        .into_iter()
        .map(|row| RunEvent {
            kind: row.kind,
            at: row.at,
            actor: row.actor,
            attempt: row.attempt,
            detail: row.detail.0,
        })
        .collect())
}
