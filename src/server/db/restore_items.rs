//! SQL of `restore_items`.

use sqlx::types::Json;

use super::{Db, DbResult, Tx, db_sql, scope::TenantScope, tx_sql};
use crate::model::{
    backup::PolicyKey,
    comparison::Change,
    ids::RestoreRunId,
    reason::ReasonCode,
    restore::{GroupMatch, RestorePlan, RestoreState},
};

/// A policy of a restore.
#[derive(Debug, Clone, PartialEq)]
pub struct ItemRow {
    pub key: PolicyKey,
    pub name: String,
    pub plan: RestorePlan,
    pub changes: Vec<Change>,
    pub groups: Vec<GroupMatch>,
    pub target_id: Option<String>,
    /// The state in which the preview saw it.
    pub target_hash: Option<String>,
    pub state: RestoreState,
    pub new_id: Option<String>,
    pub code: Option<ReasonCode>,
    pub message: Option<String>,
}

impl ItemRow {
    pub fn waiting(key: PolicyKey, name: String) -> Self {
        Self {
            key,
            name,
            plan: RestorePlan::Pending,
            changes: Vec::new(),
            groups: Vec::new(),
            target_id: None,
            target_hash: None,
            state: RestoreState::Waiting,
            new_id: None,
            code: None,
            message: None,
        }
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    family: String,
    graph_id: String,
    name: String,
    plan: RestorePlan,
    changes: Json<Vec<Change>>,
    groups_found: Json<Vec<GroupMatch>>,
    target_id: Option<String>,
    target_hash: Option<String>,
    state: RestoreState,
    new_id: Option<String>,
    code: Option<ReasonCode>,
    message: Option<String>,
}

impl From<Row> for ItemRow {
    fn from(row: Row) -> Self {
        Self {
            key: PolicyKey { family: row.family, graph_id: row.graph_id },
            name: row.name,
            plan: row.plan,
            changes: row.changes.0,
            groups: row.groups_found.0,
            target_id: row.target_id,
            target_hash: row.target_hash,
            state: row.state,
            new_id: row.new_id,
            code: row.code,
            message: row.message,
        }
    }
}

/// Writes an item as it now is.
pub async fn put(tx: &mut Tx, scope: TenantScope, id: RestoreRunId, item: &ItemRow) -> DbResult<()> {
    tx_sql!(
        tx,
        execute(
            "INSERT INTO restore_items (restore_run_id, tenant_id, family, graph_id, name, plan, changes, groups_found, \
             target_id, target_hash, state, new_id, code, message) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) \
             ON CONFLICT (restore_run_id, family, graph_id) DO UPDATE SET plan = excluded.plan, \
             changes = excluded.changes, groups_found = excluded.groups_found, target_id = excluded.target_id, \
             target_hash = excluded.target_hash, state = excluded.state, new_id = excluded.new_id, \
             code = excluded.code, message = excluded.message",
            id,
            scope.tenant(),
            &item.key.family,
            &item.key.graph_id,
            &item.name,
            item.plan,
            Json(&item.changes),
            Json(&item.groups),
            &item.target_id,
            &item.target_hash,
            item.state,
            &item.new_id,
            item.code,
            &item.message
        )
    )?;
    Ok(())
}

/// The items of a restore, by family and name.
pub async fn list(db: &Db, scope: TenantScope, id: RestoreRunId) -> DbResult<Vec<ItemRow>> {
    let rows: Vec<Row> = db_sql!(
        db,
        fetch_all(
            "SELECT family, graph_id, name, plan, changes, groups_found, target_id, target_hash, state, new_id, code, \
             message FROM restore_items WHERE tenant_id = $1 AND restore_run_id = $2 ORDER BY family, name, graph_id",
            scope.tenant(),
            id
        )
    )?;
    Ok(rows.into_iter().map(ItemRow::from).collect())
}

/// How many items are in each state.
pub async fn states(tx: &mut Tx, scope: TenantScope, id: RestoreRunId) -> DbResult<Vec<(RestoreState, i64)>> {
    tx_sql!(
        tx,
        fetch_all(
            "SELECT state, count(*) FROM restore_items WHERE tenant_id = $1 AND restore_run_id = $2 GROUP BY state",
            scope.tenant(),
            id
        )
    )
}

/// The same of every restore from `oldest` to `newest`.
pub async fn states_between(
    db: &Db,
    scope: TenantScope,
    oldest: RestoreRunId,
    newest: RestoreRunId,
) -> DbResult<Vec<(RestoreRunId, RestoreState, i64)>> {
    db_sql!(
        db,
        fetch_all(
            "SELECT restore_run_id, state, count(*) FROM restore_items WHERE tenant_id = $1 \
             AND restore_run_id BETWEEN $2 AND $3 GROUP BY restore_run_id, state",
            scope.tenant(),
            oldest,
            newest
        )
    )
}

/// Name, code and message of items that failed.
pub async fn failures(
    tx: &mut Tx,
    scope: TenantScope,
    id: RestoreRunId,
    limit: i64,
) -> DbResult<Vec<(String, Option<ReasonCode>, Option<String>)>> {
    tx_sql!(
        tx,
        fetch_all(
            "SELECT name, code, message FROM restore_items WHERE tenant_id = $1 AND restore_run_id = $2 \
             AND state = 'failed' ORDER BY family, name, graph_id LIMIT $3",
            scope.tenant(),
            id,
            limit
        )
    )
}

/// Gives every item that has not ended this state: those that a cancelled restore leaves.
pub async fn end_waiting(tx: &mut Tx, scope: TenantScope, id: RestoreRunId, state: RestoreState) -> DbResult<()> {
    tx_sql!(
        tx,
        execute(
            "UPDATE restore_items SET state = $3 WHERE tenant_id = $1 AND restore_run_id = $2 AND state = 'waiting'",
            scope.tenant(),
            id,
            state
        )
    )?;
    Ok(())
}

/// Closes every item that was being written as failed with this code and message: nobody knows what became of it.
pub async fn fail_writing(
    tx: &mut Tx,
    scope: TenantScope,
    id: RestoreRunId,
    code: ReasonCode,
    message: &str,
) -> DbResult<()> {
    tx_sql!(
        tx,
        execute(
            "UPDATE restore_items SET state = 'failed', code = $3, message = $4 WHERE tenant_id = $1 \
             AND restore_run_id = $2 AND state = 'writing'",
            scope.tenant(),
            id,
            code,
            message
        )
    )?;
    Ok(())
}

/// Whether an item of the restore is being written.
pub async fn any_writing(tx: &mut Tx, scope: TenantScope, id: RestoreRunId) -> DbResult<bool> {
    let states = states(tx, scope, id).await?;
    Ok(states.iter().any(|(state, _)| *state == RestoreState::Writing))
}
