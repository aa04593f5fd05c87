//! SQL of `backup_sets` and of the runs that add to them.

use chrono::{DateTime, Utc};
use const_format::concatcp;
use sqlx::types::Json;

use super::{Db, DbResult, Tx, db_sql, scope::TenantScope, tx_sql};
use crate::model::{
    backup::{BackupSet, PolicyKey, SetSource, SetStatus},
    ids::{BackupSetId, RunId, UserId},
    reason::ReasonCode,
};

/// A set before it has anything in it.
#[derive(Debug, Clone)]
pub struct NewSet {
    pub id: BackupSetId,
    pub name: String,
    pub source: SetSource,
    pub keep_open: bool,
    /// The user, if it was one, and the name at the time.
    pub created_by: (Option<UserId>, String),
    pub created_at: DateTime<Utc>,
    pub expires_at: Option<DateTime<Utc>>,
}

/// True while a run that adds to the set `s` is active.
const BUSY: &str = "EXISTS (SELECT 1 FROM backup_set_runs a JOIN operation_runs r ON r.id = a.run_id \
     WHERE a.set_id = s.id AND r.status <> 'completed')";

const READ: &str = concatcp!(
    "SELECT s.id, s.name, s.status, s.source, s.keep_open, s.created_by_name, s.created_at, s.completed_at, s.expires_at, \
     (SELECT count(*) FROM backup_items i WHERE i.set_id = s.id) AS items, \
     (SELECT count(*) FROM backup_missing m WHERE m.set_id = s.id) AS missing, ",
    BUSY,
    " AS busy FROM backup_sets s WHERE s.tenant_id = $1"
);

#[derive(sqlx::FromRow)]
struct SetRow {
    id: BackupSetId,
    name: String,
    status: SetStatus,
    source: SetSource,
    keep_open: bool,
    created_by_name: String,
    created_at: DateTime<Utc>,
    completed_at: Option<DateTime<Utc>>,
    expires_at: Option<DateTime<Utc>>,
    items: i64,
    missing: i64,
    busy: bool,
}

impl From<SetRow> for BackupSet {
    fn from(row: SetRow) -> Self {
        Self {
            id: row.id,
            name: row.name,
            status: row.status,
            source: row.source,
            keep_open: row.keep_open,
            created_by: row.created_by_name,
            created_at: row.created_at,
            completed_at: row.completed_at,
            expires_at: row.expires_at,
            items: row.items.unsigned_abs(),
            missing: row.missing.unsigned_abs(),
            busy: row.busy,
        }
    }
}

/// Writes a new, open set. False when there is one of this id already; then nothing is written.
pub async fn insert(tx: &mut Tx, scope: TenantScope, new: &NewSet) -> DbResult<bool> {
    let rows = tx_sql!(
        tx,
        execute(
            "INSERT INTO backup_sets (id, tenant_id, name, status, source, keep_open, created_by_user_id, created_by_name, \
             created_at, expires_at) VALUES ($1, $2, $3, 'open', $4, $5, $6, $7, $8, $9) ON CONFLICT (id) DO NOTHING",
            new.id,
            scope.tenant(),
            &new.name,
            new.source,
            new.keep_open,
            new.created_by.0,
            &new.created_by.1,
            new.created_at,
            new.expires_at
        )
    )?;
    Ok(rows == 1)
}

pub async fn find(db: &Db, scope: TenantScope, id: BackupSetId) -> DbResult<Option<BackupSet>> {
    const SQL: &str = concatcp!(READ, " AND s.id = $2");
    let row: Option<SetRow> = db_sql!(db, fetch_optional(SQL, scope.tenant(), id))?;
    Ok(row.map(BackupSet::from))
}

/// The set as it is now, held until the end of the transaction.
pub async fn lock(tx: &mut Tx, scope: TenantScope, id: BackupSetId) -> DbResult<Option<BackupSet>> {
    const SQL: &str = concatcp!(READ, " AND s.id = $2");
    let held = "UPDATE backup_sets SET name = name WHERE tenant_id = $1 AND id = $2";
    if tx_sql!(tx, execute(held, scope.tenant(), id))? == 0 {
        return Ok(None);
    }
    let row: Option<SetRow> = tx_sql!(tx, fetch_optional(SQL, scope.tenant(), id))?;
    Ok(row.map(BackupSet::from))
}

/// Sets of the tenant, newest first, older than `after`.
pub async fn list(db: &Db, scope: TenantScope, after: Option<BackupSetId>, limit: i64) -> DbResult<Vec<BackupSet>> {
    const FIRST: &str = concatcp!(READ, " ORDER BY s.id DESC LIMIT $2");
    const NEXT: &str = concatcp!(READ, " AND s.id < $2 ORDER BY s.id DESC LIMIT $3");
    let rows: Vec<SetRow> = match after {
        None => db_sql!(db, fetch_all(FIRST, scope.tenant(), limit))?,
        Some(after) => db_sql!(db, fetch_all(NEXT, scope.tenant(), after, limit))?,
    };
    Ok(rows.into_iter().map(BackupSet::from).collect())
}

/// The newest sets that take more policies.
pub async fn taking_more(db: &Db, scope: TenantScope, limit: i64) -> DbResult<Vec<BackupSet>> {
    const SQL: &str =
        concatcp!(READ, " AND s.source = 'captured' AND s.status <> 'complete' ORDER BY s.id DESC LIMIT $2");
    let rows: Vec<SetRow> = db_sql!(db, fetch_all(SQL, scope.tenant(), limit))?;
    Ok(rows.into_iter().map(BackupSet::from).collect())
}

/// Notes that a run adds to a set. Nothing when the set is gone.
pub async fn link_run(tx: &mut Tx, scope: TenantScope, set: BackupSetId, run: RunId) -> DbResult<()> {
    tx_sql!(
        tx,
        execute(
            "INSERT INTO backup_set_runs (run_id, set_id, tenant_id) \
             SELECT $1, s.id, s.tenant_id FROM backup_sets s WHERE s.tenant_id = $2 AND s.id = $3 \
             ON CONFLICT (run_id) DO NOTHING",
            run,
            scope.tenant(),
            set
        )
    )?;
    Ok(())
}

/// The newest runs that added to a set.
pub async fn runs_of(db: &Db, scope: TenantScope, set: BackupSetId, limit: i64) -> DbResult<Vec<RunId>> {
    let rows: Vec<(RunId,)> = db_sql!(
        db,
        fetch_all(
            "SELECT run_id FROM backup_set_runs WHERE tenant_id = $1 AND set_id = $2 ORDER BY run_id DESC LIMIT $3",
            scope.tenant(),
            set,
            limit
        )
    )?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Says of each policy that a run was asked for, and that is neither in the set nor said to be missing, why it is not.
pub async fn note_never_read(
    tx: &mut Tx,
    scope: TenantScope,
    set: BackupSetId,
    run: RunId,
    asked: &[PolicyKey],
    why: (ReasonCode, &str),
) -> DbResult<()> {
    const INTO: &str = "INSERT INTO backup_missing (set_id, tenant_id, family, graph_id, name, code, message, run_id) \
         SELECT $1, $2, k.family, k.graph_id, (SELECT p.name FROM policies p WHERE p.tenant_id = $2 AND \
         p.family = k.family AND p.graph_id = k.graph_id), $4, $5, $6 FROM ";
    const WHERE: &str = " k WHERE NOT EXISTS (SELECT 1 FROM backup_items i WHERE i.set_id = $1 AND i.family = k.family \
         AND i.graph_id = k.graph_id) ON CONFLICT (set_id, family, graph_id) DO NOTHING";
    const SQLITE: &str = concatcp!(
        INTO,
        "(SELECT value ->> 'family' AS family, value ->> 'graph_id' AS graph_id FROM json_each($3))",
        WHERE
    );
    const POSTGRES: &str =
        concatcp!(INTO, "(SELECT * FROM jsonb_to_recordset($3) AS j (family text, graph_id text))", WHERE);
    match tx {
        Tx::Sqlite(_) => tx_sql!(tx, execute(SQLITE, set, scope.tenant(), Json(asked), why.0, why.1, run))?,
        Tx::Postgres(_) => tx_sql!(tx, execute(POSTGRES, set, scope.tenant(), Json(asked), why.0, why.1, run))?,
    };
    Ok(())
}

pub async fn set_status(
    tx: &mut Tx,
    scope: TenantScope,
    set: BackupSetId,
    status: SetStatus,
    completed_at: Option<DateTime<Utc>>,
) -> DbResult<()> {
    tx_sql!(
        tx,
        execute(
            "UPDATE backup_sets SET status = $3, completed_at = $4 WHERE tenant_id = $1 AND id = $2",
            scope.tenant(),
            set,
            status,
            completed_at
        )
    )?;
    Ok(())
}

/// Removes a set with all that is in it.
pub async fn delete(tx: &mut Tx, scope: TenantScope, id: BackupSetId) -> DbResult<u64> {
    tx_sql!(tx, execute("DELETE FROM backup_sets WHERE tenant_id = $1 AND id = $2", scope.tenant(), id))
}

/// Removes sets whose time has come, and those whose loading was cut off before `abandoned`; never one that a run adds
/// to. For the server itself, over all tenants.
pub async fn delete_expired(tx: &mut Tx, now: DateTime<Utc>, abandoned: DateTime<Utc>, limit: i64) -> DbResult<u64> {
    const SQL: &str = concatcp!(
        "DELETE FROM backup_sets WHERE id IN (SELECT s.id FROM backup_sets s WHERE (s.expires_at < $1 OR \
         (s.source = 'loaded' AND s.status = 'open' AND s.created_at < $2)) AND NOT ",
        BUSY,
        " LIMIT $3)"
    );
    tx_sql!(tx, execute(SQL, now, abandoned, limit))
}
