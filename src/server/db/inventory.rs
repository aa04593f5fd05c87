//! SQL of `inventory_items`.

use std::collections::HashMap;

use const_format::concatcp;
use serde::{Deserialize, Serialize};
use sqlx::types::Json;

use super::{
    Db, DbResult, Tx, by_engine, db_sql,
    scope::TenantScope,
    seen::{Before, SeenBy, Sighting, Tally},
    tx_sql,
};
use crate::model::ids::RunId;

/// An object of the tenant as the inventory keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InventoryItem {
    pub graph_id: String,
    pub name: String,
    pub odata_type: Option<String>,
    pub content_hash: String,
}

/// Keeps what a page has. Ids are unique in `items`.
pub async fn store(tx: &mut Tx, on: Sighting<'_>, items: &[InventoryItem]) -> DbResult<Tally> {
    let stored = stored(tx, on, items).await?;
    upsert(tx, on, items).await?;
    let mut tally = Tally::default();
    for item in items {
        let before = stored.get(&item.graph_id).map(|(hash, created_run, changed_run)| Before {
            same: *hash == item.content_hash,
            created_run: *created_run,
            changed_run: *changed_run,
        });
        tally.add(on.seen.found(before));
    }
    Ok(tally)
}

/// What is stored for these items: the hash, the run that found it first, the run that found it changed.
async fn stored(
    tx: &mut Tx,
    on: Sighting<'_>,
    items: &[InventoryItem],
) -> DbResult<HashMap<String, (String, RunId, RunId)>> {
    const READ: &str = "SELECT graph_id, content_hash, created_run_id, changed_run_id FROM inventory_items \
        WHERE tenant_id = $1 AND family = $2 AND graph_id ";
    const SQLITE: &str = concatcp!(READ, "IN (SELECT value FROM json_each($3))");
    const POSTGRES: &str = concatcp!(READ, "= ANY (ARRAY(SELECT jsonb_array_elements_text($3)))");
    let ids: Vec<&str> = items.iter().map(|item| item.graph_id.as_str()).collect();
    let rows: Vec<(String, String, RunId, RunId)> =
        by_engine!(tx, fetch_all, SQLITE, POSTGRES, on.scope.tenant(), on.family, Json(ids))?;
    Ok(rows.into_iter().map(|(id, hash, created_run, changed_run)| (id, (hash, created_run, changed_run))).collect())
}

/// Writes the items of a page: new ones, changed ones, and that the run has seen them all.
async fn upsert(tx: &mut Tx, on: Sighting<'_>, items: &[InventoryItem]) -> DbResult<()> {
    // `WHERE true` keeps SQLite from reading ON CONFLICT as a join's ON.
    const CONFLICT: &str = " ON CONFLICT (tenant_id, family, graph_id) DO UPDATE SET name = excluded.name, \
        odata_type = excluded.odata_type, last_run_id = CASE WHEN inventory_items.last_run_id > excluded.last_run_id THEN inventory_items.last_run_id ELSE excluded.last_run_id END, \
        last_attempt = CASE WHEN inventory_items.last_run_id > excluded.last_run_id THEN inventory_items.last_attempt ELSE excluded.last_attempt END, \
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
    let (tenant, SeenBy { run, attempt }) = (on.scope.tenant(), on.seen);
    by_engine!(tx, execute, SQLITE, POSTGRES, tenant, on.family, Json(items), on.at, run, attempt)?;
    Ok(())
}

/// Notes that the attempt has seen these items as they were.
pub async fn touch(tx: &mut Tx, on: Sighting<'_>, ids: &[&str]) -> DbResult<()> {
    const TOUCH: &str = "UPDATE inventory_items SET last_run_id = $4, last_attempt = $5 \
        WHERE tenant_id = $1 AND family = $2 AND last_run_id <= $4 AND graph_id ";
    const SQLITE: &str = concatcp!(TOUCH, "IN (SELECT value FROM json_each($3))");
    const POSTGRES: &str = concatcp!(TOUCH, "= ANY (ARRAY(SELECT jsonb_array_elements_text($3)))");
    if !ids.is_empty() {
        let (tenant, SeenBy { run, attempt }) = (on.scope.tenant(), on.seen);
        by_engine!(tx, execute, SQLITE, POSTGRES, tenant, on.family, Json(ids), run, attempt)?;
    }
    Ok(())
}

/// Removes what the family no longer has: everything that this attempt did not see. Only after a family was read whole.
pub async fn delete_unseen(tx: &mut Tx, on: Sighting<'_>) -> DbResult<u64> {
    tx_sql!(
        tx,
        execute(
            "DELETE FROM inventory_items WHERE tenant_id = $1 AND family = $2 \
             AND (last_run_id < $3 OR (last_run_id = $3 AND last_attempt <> $4))",
            on.scope.tenant(),
            on.family,
            on.seen.run,
            on.seen.attempt
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
