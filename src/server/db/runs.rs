//! SQL of `operation_runs`.

use chrono::{DateTime, Utc};
use const_format::concatcp;
use sqlx::types::Json;

use super::{
    Db, DbResult, Tx, db_sql,
    rows::{FullRun, FullRunRow, RUN_COLUMNS, RunRow},
    run_reasons,
    scope::TenantScope,
    tx_sql,
};
use crate::model::{
    ids::{RunId, TenantId},
    run::Run,
};

/// Writes a new run. False when an active run of the tenant has the same identity; then nothing is written.
pub async fn insert(tx: &mut Tx, new: &FullRun) -> DbResult<bool> {
    let run = &new.run;
    let rows = tx_sql!(
        tx,
        execute(
            "INSERT INTO operation_runs (id, tenant_id, type, run_identity_hash, status, outcome, initiator_user_id, \
             initiator_name, attempt, summary_counts, progress, failures, context, joined_count, sample, heartbeat_at, \
             created_at, started_at, completed_at, updated_at, retry_of) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21) \
             ON CONFLICT (tenant_id, run_identity_hash) WHERE status IN ('queued', 'running') DO NOTHING",
            run.id,
            run.tenant_id,
            run.operation_type,
            &new.run_identity_hash,
            run.status,
            run.outcome,
            run.initiator.user_id,
            &run.initiator.name,
            run.attempt,
            Json(&run.summary_counts),
            run.progress.as_ref().map(Json),
            Json(&new.failures),
            Json(&new.context),
            run.joined_count,
            run.sample,
            run.heartbeat_at,
            run.created_at,
            run.started_at,
            run.completed_at,
            run.updated_at,
            run.retry_of
        )
    )?;
    if rows == 1 {
        run_reasons::write(tx, new).await?;
    }
    Ok(rows == 1)
}

/// Counts one more request on the tenant's active run of this identity, and gives the run.
pub async fn join(tx: &mut Tx, scope: TenantScope, hash: &str, at: DateTime<Utc>) -> DbResult<Option<Run>> {
    const SQL: &str = concatcp!(
        "UPDATE operation_runs SET joined_count = joined_count + 1, \
         updated_at = CASE WHEN updated_at > $3 THEN updated_at ELSE $3 END \
         WHERE tenant_id = $1 AND run_identity_hash = $2 AND status IN ('queued', 'running') RETURNING ",
        RUN_COLUMNS
    );
    let row: Option<RunRow> = tx_sql!(tx, fetch_optional(SQL, scope.tenant(), hash, at))?;
    Ok(row.map(Run::from))
}

/// Reads a run and holds it until the end of the transaction.
pub async fn lock(tx: &mut Tx, id: RunId) -> DbResult<Option<FullRun>> {
    const READ: &str =
        concatcp!("SELECT ", RUN_COLUMNS, ", run_identity_hash, failures, context FROM operation_runs WHERE id = $1");
    const LOCK: &str = concatcp!(READ, " FOR UPDATE");
    // SQLite has one writer, who needs no lock.
    let row: Option<FullRunRow> = match tx {
        Tx::Sqlite(_) => tx_sql!(tx, fetch_optional(READ, id))?,
        Tx::Postgres(_) => tx_sql!(tx, fetch_optional(LOCK, id))?,
    };
    Ok(row.map(FullRun::from))
}

/// Writes all of a run that changes in its life.
pub async fn update(tx: &mut Tx, full: &FullRun) -> DbResult<()> {
    let run = &full.run;
    tx_sql!(
        tx,
        execute(
            "UPDATE operation_runs SET status = $2, outcome = $3, attempt = $4, summary_counts = $5, progress = $6, \
             failures = $7, context = $8, heartbeat_at = $9, started_at = $10, completed_at = $11, updated_at = $12, \
             cancel_requested_at = $13, cancel_requested_by = $14, released_at = $15 WHERE id = $1",
            run.id,
            run.status,
            run.outcome,
            run.attempt,
            Json(&run.summary_counts),
            run.progress.as_ref().map(Json),
            Json(&full.failures),
            Json(&full.context),
            run.heartbeat_at,
            run.started_at,
            run.completed_at,
            run.updated_at,
            run.cancel_requested.as_ref().map(|request| request.at),
            run.cancel_requested.as_ref().map(|request| request.by.as_str()),
            run.released_at
        )
    )?;
    run_reasons::write(tx, full).await
}

/// One run of the tenant, whole.
pub async fn find(db: &Db, scope: TenantScope, id: RunId) -> DbResult<Option<FullRun>> {
    const SQL: &str = concatcp!(
        "SELECT ",
        RUN_COLUMNS,
        ", run_identity_hash, failures, context FROM operation_runs WHERE tenant_id = $1 AND id = $2"
    );
    let row: Option<FullRunRow> = db_sql!(db, fetch_optional(SQL, scope.tenant(), id))?;
    Ok(row.map(FullRun::from))
}

/// One run of whatever tenant, for the server itself: the tracker and the live stream. Its row proves the scope.
pub async fn find_any(db: &Db, id: RunId) -> DbResult<Option<(Run, TenantScope)>> {
    const SQL: &str = concatcp!("SELECT ", RUN_COLUMNS, " FROM operation_runs WHERE id = $1");
    let row: Option<RunRow> = db_sql!(db, fetch_optional(SQL, id))?;
    Ok(row.map(Run::from).map(|run| {
        let scope = TenantScope::proven(run.tenant_id);
        (run, scope)
    }))
}

/// A run that was read for the server itself proves the scope.
pub const fn scope_of(run: &Run) -> TenantScope {
    TenantScope::proven(run.tenant_id)
}

/// Removes completed runs that ended from `from` on and before `before`, oldest first, `limit` at most, with all that belongs
/// to them; gives when each had ended.
pub async fn delete_completed(
    tx: &mut Tx,
    from: DateTime<Utc>,
    before: DateTime<Utc>,
    limit: i64,
) -> DbResult<Vec<DateTime<Utc>>> {
    let rows: Vec<(DateTime<Utc>,)> = tx_sql!(
        tx,
        fetch_all(
            "DELETE FROM operation_runs WHERE id IN (SELECT id FROM operation_runs WHERE status = 'completed' \
             AND completed_at >= $1 AND completed_at < $2 ORDER BY completed_at LIMIT $3) RETURNING completed_at",
            from,
            before,
            limit
        )
    )?;
    Ok(rows.into_iter().map(|(at,)| at).collect())
}

/// The tenant's runs that did this one again, oldest first.
pub async fn retries(db: &Db, scope: TenantScope, id: RunId) -> DbResult<Vec<RunId>> {
    let rows: Vec<(RunId,)> = db_sql!(
        db,
        fetch_all(
            // `IS TRUE` keeps SQLite from walking all of the tenant's runs in their order.
            "SELECT id FROM operation_runs WHERE (tenant_id = $1) IS TRUE AND retry_of = $2 ORDER BY id LIMIT 50",
            scope.tenant(),
            id
        )
    )?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Whether the tenant has sample runs already.
pub async fn has_samples(db: &Db, tenant: TenantId) -> DbResult<bool> {
    let row: Option<(i32,)> = db_sql!(
        db,
        fetch_optional("SELECT 1 FROM operation_runs WHERE tenant_id = $1 AND sample = $2 LIMIT 1", tenant, true)
    )?;
    Ok(row.is_some())
}
