//! SQL of `inventory_items`.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use const_format::concatcp;
use serde::{Deserialize, Serialize};
use sqlx::types::Json;

use super::{Db, DbResult, Tx, db_sql, scope::TenantScope, tx_sql};
use crate::model::ids::RunId;

/// An object of the tenant as the inventory keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InventoryItem {
    pub graph_id: String,
    pub name: String,
    pub odata_type: Option<String>,
    pub content_hash: String,
}

/// Who sees the items: an attempt of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeenBy {
    pub run: RunId,
    pub attempt: i32,
}

/// What is stored of an item, as far as telling created, updated and unchanged apart needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredItem {
    pub content_hash: String,
    /// The run that found it first.
    pub created_run: RunId,
    /// The run that found its content changed last, or found it first.
    pub changed_run: RunId,
}

/// What is stored for these ids of a family.
pub async fn stored(
    tx: &mut Tx,
    scope: TenantScope,
    family: &str,
    ids: &[&str],
) -> DbResult<HashMap<String, StoredItem>> {
    const READ: &str = "SELECT graph_id, content_hash, created_run_id, changed_run_id FROM inventory_items \
        WHERE tenant_id = $1 AND family = $2 AND graph_id IN ";
    const SQLITE: &str = concatcp!(READ, "(SELECT value FROM json_each($3))");
    const POSTGRES: &str = concatcp!(READ, "(SELECT jsonb_array_elements_text($3))");
    let ids = Json(ids);
    let rows: Vec<(String, String, RunId, RunId)> = match tx {
        Tx::Sqlite(_) => tx_sql!(tx, fetch_all(SQLITE, scope.tenant(), family, ids))?,
        Tx::Postgres(_) => tx_sql!(tx, fetch_all(POSTGRES, scope.tenant(), family, ids))?,
    };
    Ok(rows
        .into_iter()
        .map(|(id, content_hash, created_run, changed_run)| (id, StoredItem { content_hash, created_run, changed_run }))
        .collect())
}

/// Writes the items of a page: new ones, changed ones, and that the run has seen them all. Ids are unique in `items`.
pub async fn upsert(
    tx: &mut Tx,
    scope: TenantScope,
    family: &str,
    items: &[InventoryItem],
    seen: SeenBy,
    at: DateTime<Utc>,
) -> DbResult<()> {
    // `WHERE true` keeps SQLite from reading ON CONFLICT as a join's ON.
    const CONFLICT: &str = " ON CONFLICT (tenant_id, family, graph_id) DO UPDATE SET name = excluded.name, \
        odata_type = excluded.odata_type, last_run_id = excluded.last_run_id, last_attempt = excluded.last_attempt, \
        last_changed_at = CASE WHEN inventory_items.content_hash = excluded.content_hash \
        THEN inventory_items.last_changed_at ELSE excluded.last_changed_at END, \
        changed_run_id = CASE WHEN inventory_items.content_hash = excluded.content_hash \
        THEN inventory_items.changed_run_id ELSE excluded.changed_run_id END, content_hash = excluded.content_hash";
    const INTO: &str = "INSERT INTO inventory_items (tenant_id, family, graph_id, name, odata_type, content_hash, \
        first_seen_at, last_changed_at, created_run_id, changed_run_id, last_run_id, last_attempt) ";
    const SQLITE: &str = concatcp!(
        INTO,
        "SELECT $1, $2, value ->> 'graph_id', value ->> 'name', value ->> 'odata_type', value ->> 'content_hash', \
         $4, $4, $5, $5, $5, $6 FROM json_each($3) WHERE true",
        CONFLICT
    );
    const POSTGRES: &str = concatcp!(
        INTO,
        "SELECT $1, $2, graph_id, name, odata_type, content_hash, $4, $4, $5, $5, $5, $6 FROM jsonb_to_recordset($3) \
         AS item (graph_id text, name text, odata_type text, content_hash text)",
        CONFLICT
    );
    match tx {
        Tx::Sqlite(_) => tx_sql!(tx, execute(SQLITE, scope.tenant(), family, Json(items), at, seen.run, seen.attempt))?,
        Tx::Postgres(_) => {
            tx_sql!(tx, execute(POSTGRES, scope.tenant(), family, Json(items), at, seen.run, seen.attempt))?
        }
    };
    Ok(())
}

/// Removes what the family no longer has: everything that this attempt did not see. Only after a family was read whole.
pub async fn delete_unseen(tx: &mut Tx, scope: TenantScope, family: &str, seen: SeenBy) -> DbResult<u64> {
    tx_sql!(
        tx,
        execute(
            "DELETE FROM inventory_items WHERE tenant_id = $1 AND family = $2 AND (last_run_id <> $3 OR last_attempt <> $4)",
            scope.tenant(),
            family,
            seen.run,
            seen.attempt
        )
    )
}

/// How many items each family of the tenant has.
pub async fn count_by_family(db: &Db, scope: TenantScope) -> DbResult<Vec<(String, i64)>> {
    db_sql!(
        db,
        fetch_all(
            "SELECT family, count(*) FROM inventory_items WHERE tenant_id = $1 GROUP BY family ORDER BY family",
            scope.tenant()
        )
    )
}
