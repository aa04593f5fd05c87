//! SQL of `backup_items` and `backup_missing`: what is in a set, and what was asked for and is not.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::types::Json;

use super::{Db, DbResult, Tx, db_sql, scope::TenantScope, tx_sql};
use crate::model::{
    backup::PolicyKey,
    ids::{BackupSetId, RunId},
    reason::ReasonCode,
};

/// Display names by group id; none where the name is not known.
pub type GroupNames = BTreeMap<String, Option<String>>;

/// A policy as a set keeps it.
#[derive(Debug, Clone, PartialEq)]
pub struct BackupItem {
    pub key: PolicyKey,
    pub name: String,
    pub odata_type: Option<String>,
    /// As Graph gave it.
    pub raw: Value,
    /// The normal form.
    pub body: Value,
    pub assignments: Value,
    pub group_names: GroupNames,
    pub content_hash: String,
    /// Absent for what came from a file.
    pub run_id: Option<RunId>,
    pub captured_at: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct ItemRow {
    family: String,
    graph_id: String,
    name: String,
    odata_type: Option<String>,
    raw: Json<Value>,
    body: Json<Value>,
    assignments: Json<Value>,
    group_names: Json<GroupNames>,
    content_hash: String,
    run_id: Option<RunId>,
    captured_at: DateTime<Utc>,
}

impl From<ItemRow> for BackupItem {
    fn from(row: ItemRow) -> Self {
        Self {
            key: PolicyKey { family: row.family, graph_id: row.graph_id },
            name: row.name,
            odata_type: row.odata_type,
            raw: row.raw.0,
            body: row.body.0,
            assignments: row.assignments.0,
            group_names: row.group_names.0,
            content_hash: row.content_hash,
            run_id: row.run_id,
            captured_at: row.captured_at,
        }
    }
}

/// A policy that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct MissingRow {
    pub family: String,
    pub graph_id: String,
    pub name: Option<String>,
    pub code: ReasonCode,
    pub message: String,
    pub run_id: RunId,
}

/// Puts a policy that was read from the tenant into a set; it is not missing any more.
pub async fn put_read(tx: &mut Tx, scope: TenantScope, set: BackupSetId, item: &BackupItem) -> DbResult<()> {
    put(tx, scope, set, item).await?;
    tx_sql!(
        tx,
        execute(
            "DELETE FROM backup_missing WHERE tenant_id = $1 AND set_id = $2 AND family = $3 AND graph_id = $4",
            scope.tenant(),
            set,
            &item.key.family,
            &item.key.graph_id
        )
    )?;
    Ok(())
}

/// Puts a policy into a set, in place of what it held of it.
pub async fn put(tx: &mut Tx, scope: TenantScope, set: BackupSetId, item: &BackupItem) -> DbResult<()> {
    let PolicyKey { family, graph_id } = &item.key;
    tx_sql!(
        tx,
        execute(
            "INSERT INTO backup_items (set_id, tenant_id, family, graph_id, name, odata_type, raw, body, assignments, \
             group_names, content_hash, run_id, captured_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) \
             ON CONFLICT (set_id, family, graph_id) DO UPDATE SET name = excluded.name, odata_type = excluded.odata_type, \
             raw = excluded.raw, body = excluded.body, assignments = excluded.assignments, group_names = excluded.group_names, \
             content_hash = excluded.content_hash, run_id = excluded.run_id, captured_at = excluded.captured_at",
            set,
            scope.tenant(),
            family,
            graph_id,
            &item.name,
            &item.odata_type,
            Json(&item.raw),
            Json(&item.body),
            Json(&item.assignments),
            Json(&item.group_names),
            &item.content_hash,
            item.run_id,
            item.captured_at
        )
    )?;
    Ok(())
}

/// Says why a policy is not in a set. What the set held of it from before stays, and then nothing is missing.
pub async fn put_missing(tx: &mut Tx, scope: TenantScope, set: BackupSetId, missing: &MissingRow) -> DbResult<()> {
    tx_sql!(
        tx,
        execute(
            "INSERT INTO backup_missing (set_id, tenant_id, family, graph_id, name, code, message, run_id) \
             SELECT s.id, s.tenant_id, $3, $4, $5, $6, $7, $8 FROM backup_sets s WHERE s.tenant_id = $1 AND s.id = $2 \
             AND NOT EXISTS (SELECT 1 FROM backup_items i WHERE i.set_id = $2 AND i.family = $3 AND i.graph_id = $4) \
             ON CONFLICT (set_id, family, graph_id) DO UPDATE SET name = coalesce(excluded.name, backup_missing.name), \
             code = excluded.code, message = excluded.message, run_id = excluded.run_id",
            scope.tenant(),
            set,
            &missing.family,
            &missing.graph_id,
            &missing.name,
            missing.code,
            &missing.message,
            missing.run_id
        )
    )?;
    Ok(())
}

pub async fn missing(db: &Db, scope: TenantScope, set: BackupSetId, limit: i64) -> DbResult<Vec<MissingRow>> {
    db_sql!(
        db,
        fetch_all(
            "SELECT family, graph_id, name, code, message, run_id FROM backup_missing \
             WHERE tenant_id = $1 AND set_id = $2 ORDER BY family, name, graph_id LIMIT $3",
            scope.tenant(),
            set,
            limit
        )
    )
}

/// The policies that a run has put into a set so far.
pub async fn kept_by(tx: &mut Tx, scope: TenantScope, set: BackupSetId, run: RunId) -> DbResult<Vec<PolicyKey>> {
    let rows: Vec<(String, String)> = tx_sql!(
        tx,
        fetch_all(
            "SELECT family, graph_id FROM backup_items WHERE tenant_id = $1 AND set_id = $2 AND run_id = $3",
            scope.tenant(),
            set,
            run
        )
    )?;
    Ok(rows.into_iter().map(|(family, graph_id)| PolicyKey { family, graph_id }).collect())
}

pub async fn find(db: &Db, scope: TenantScope, set: BackupSetId, key: &PolicyKey) -> DbResult<Option<BackupItem>> {
    let row: Option<ItemRow> = db_sql!(
        db,
        fetch_optional(
            "SELECT family, graph_id, name, odata_type, raw, body, assignments, group_names, content_hash, run_id, captured_at \
             FROM backup_items WHERE tenant_id = $1 AND set_id = $2 AND family = $3 AND graph_id = $4",
            scope.tenant(),
            set,
            &key.family,
            &key.graph_id
        )
    )?;
    Ok(row.map(BackupItem::from))
}

/// A stretch of a set's items, whole, by family and id, after `after`.
pub async fn stretch(
    db: &Db,
    scope: TenantScope,
    set: BackupSetId,
    after: Option<&PolicyKey>,
    limit: i64,
) -> DbResult<Vec<BackupItem>> {
    let (family, graph_id) = after.map_or(("", ""), |key| (&key.family, &key.graph_id));
    let rows: Vec<ItemRow> = db_sql!(
        db,
        fetch_all(
            "SELECT family, graph_id, name, odata_type, raw, body, assignments, group_names, content_hash, run_id, captured_at \
             FROM backup_items WHERE tenant_id = $1 AND set_id = $2 AND (family, graph_id) > ($3, $4) \
             ORDER BY family, graph_id LIMIT $5",
            scope.tenant(),
            set,
            family,
            graph_id,
            limit
        )
    )?;
    Ok(rows.into_iter().map(BackupItem::from).collect())
}

/// Which policies a set has, by family and id, after `after`.
pub async fn keys(
    db: &Db,
    scope: TenantScope,
    set: BackupSetId,
    after: Option<&PolicyKey>,
    limit: i64,
) -> DbResult<Vec<PolicyKey>> {
    let (family, graph_id) = after.map_or(("", ""), |key| (&key.family, &key.graph_id));
    let rows: Vec<(String, String)> = db_sql!(
        db,
        fetch_all(
            "SELECT family, graph_id FROM backup_items WHERE tenant_id = $1 AND set_id = $2 \
             AND (family, graph_id) > ($3, $4) ORDER BY family, graph_id LIMIT $5",
            scope.tenant(),
            set,
            family,
            graph_id,
            limit
        )
    )?;
    Ok(rows.into_iter().map(|(family, graph_id)| PolicyKey { family, graph_id }).collect())
}

/// The name of a policy in a set; none when it is not in it.
pub async fn name(tx: &mut Tx, scope: TenantScope, set: BackupSetId, key: &PolicyKey) -> DbResult<Option<String>> {
    let row: Option<(String,)> = tx_sql!(
        tx,
        fetch_optional(
            "SELECT name FROM backup_items WHERE tenant_id = $1 AND set_id = $2 AND family = $3 AND graph_id = $4",
            scope.tenant(),
            set,
            &key.family,
            &key.graph_id
        )
    )?;
    Ok(row.map(|(name,)| name))
}

/// How many policies of each family a set has.
pub async fn families(db: &Db, scope: TenantScope, set: BackupSetId) -> DbResult<Vec<(String, i64)>> {
    db_sql!(
        db,
        fetch_all(
            "SELECT family, count(*) FROM backup_items WHERE tenant_id = $1 AND set_id = $2 GROUP BY family",
            scope.tenant(),
            set
        )
    )
}

/// The name that the last sync found of a policy.
pub async fn policy_name(tx: &mut Tx, scope: TenantScope, key: &PolicyKey) -> DbResult<Option<String>> {
    let row: Option<(String,)> = tx_sql!(
        tx,
        fetch_optional(
            "SELECT name FROM policies WHERE tenant_id = $1 AND family = $2 AND graph_id = $3",
            scope.tenant(),
            &key.family,
            &key.graph_id
        )
    )?;
    Ok(row.map(|(name,)| name))
}
