//! SQL of `policies` and `policy_versions`, as a sync writes them: a page of a family with a few statements.

use std::collections::HashMap;

use const_format::concatcp;
use serde::Serialize;
use sqlx::types::Json;

use super::{
    DbResult, Tx, by_engine,
    seen::{Before, SeenBy, Sighting, Tally},
    tx_sql,
};
use crate::model::ids::RunId;

/// A policy as Graph has it now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PolicyRow {
    pub graph_id: String,
    pub name: String,
    pub odata_type: Option<String>,
    pub content_hash: String,
    pub assignments_hash: String,
    /// JSON text: the normal form, and the assignments.
    pub body: String,
    pub assignments: String,
}

struct Stored {
    version: i32,
    content_hash: String,
    assignments_hash: String,
    created_run: RunId,
    changed_run: RunId,
    removed: bool,
}

/// A policy that differs from its newest version, with the number of its next.
#[derive(Serialize)]
struct NewVersion<'a> {
    version: i32,
    #[serde(flatten)]
    row: &'a PolicyRow,
}

/// Keeps what a page has: that the policies were seen, and a version of each that is new or has changed.
pub async fn store(tx: &mut Tx, on: Sighting<'_>, rows: &[PolicyRow]) -> DbResult<Tally> {
    let ids: Vec<&str> = rows.iter().map(|row| row.graph_id.as_str()).collect();
    let stored = stored(tx, on, &ids).await?;
    let mut tally = Tally::default();
    let (mut versions, mut known) = (Vec::new(), Vec::new());
    for row in rows {
        let last = stored.get(&row.graph_id);
        let before = last.map(|last| Before {
            same: last.content_hash == row.content_hash && last.assignments_hash == row.assignments_hash,
            created_run: last.created_run,
            changed_run: last.changed_run,
        });
        // One that was gone is there again: that makes it new, and a new version of what it was.
        let there = before.filter(|_| last.is_some_and(|last| !last.removed));
        tally.add(on.seen.found(there));
        match (there, last) {
            (Some(Before { same: true, .. }), _) => known.push(row.graph_id.as_str()),
            (_, last) => versions.push(NewVersion { version: last.map_or(1, |last| last.version + 1), row }),
        }
    }
    if !versions.is_empty() {
        put(tx, on, &versions).await?;
    }
    touch(tx, on, &known).await?;
    Ok(tally)
}

async fn stored(tx: &mut Tx, on: Sighting<'_>, ids: &[&str]) -> DbResult<HashMap<String, Stored>> {
    const READ: &str = "SELECT graph_id, version, content_hash, assignments_hash, created_run_id, changed_run_id, \
        removed_at IS NOT NULL FROM policies WHERE tenant_id = $1 AND family = $2 AND graph_id ";
    const SQLITE: &str = concatcp!(READ, "IN (SELECT value FROM json_each($3))");
    const POSTGRES: &str = concatcp!(READ, "= ANY (ARRAY(SELECT jsonb_array_elements_text($3)))");
    type Row = (String, i32, String, String, RunId, RunId, bool);
    let rows: Vec<Row> = by_engine!(tx, fetch_all, SQLITE, POSTGRES, on.scope.tenant(), on.family, Json(ids))?;
    let stored =
        rows.into_iter().map(|(id, version, content_hash, assignments_hash, created_run, changed_run, removed)| {
            (id, Stored { version, content_hash, assignments_hash, created_run, changed_run, removed })
        });
    Ok(stored.collect())
}

/// Notes that the attempt has seen these policies as they were; those that are not stored, or gone, stay so.
pub async fn touch(tx: &mut Tx, on: Sighting<'_>, ids: &[&str]) -> DbResult<()> {
    // What a newer run has seen stays seen by it: two runs may read the same family at once, one of them all families.
    const TOUCH: &str = "UPDATE policies SET last_run_id = $4, last_attempt = $5 \
        WHERE tenant_id = $1 AND family = $2 AND last_run_id <= $4 AND graph_id ";
    const SQLITE: &str = concatcp!(TOUCH, "IN (SELECT value FROM json_each($3))");
    const POSTGRES: &str = concatcp!(TOUCH, "= ANY (ARRAY(SELECT jsonb_array_elements_text($3)))");
    if !ids.is_empty() {
        let SeenBy { run, attempt } = on.seen;
        by_engine!(tx, execute, SQLITE, POSTGRES, on.scope.tenant(), on.family, Json(ids), run, attempt)?;
    }
    Ok(())
}

async fn put(tx: &mut Tx, on: Sighting<'_>, versions: &[NewVersion<'_>]) -> DbResult<()> {
    const POLICY: &str = "INSERT INTO policies (tenant_id, family, graph_id, name, odata_type, version, content_hash, \
        assignments_hash, first_seen_at, last_changed_at, created_run_id, changed_run_id, last_run_id, last_attempt) ";
    // `WHERE true` keeps SQLite from reading ON CONFLICT as a join's ON.
    const CONFLICT: &str = " WHERE true ON CONFLICT (tenant_id, family, graph_id) DO UPDATE SET name = excluded.name, \
        odata_type = excluded.odata_type, version = excluded.version, content_hash = excluded.content_hash, \
        assignments_hash = excluded.assignments_hash, last_changed_at = excluded.last_changed_at, \
        created_run_id = CASE WHEN policies.removed_at IS NULL THEN policies.created_run_id \
        ELSE excluded.created_run_id END, changed_run_id = excluded.changed_run_id, removed_at = NULL, \
        last_run_id = CASE WHEN policies.last_run_id > excluded.last_run_id THEN policies.last_run_id ELSE excluded.last_run_id END, \
        last_attempt = CASE WHEN policies.last_run_id > excluded.last_run_id THEN policies.last_attempt ELSE excluded.last_attempt END";
    const VERSION: &str = "INSERT INTO policy_versions (tenant_id, family, graph_id, version, run_id, recorded_at, name, \
        odata_type, content_hash, assignments_hash, body, assignments) ";
    const SQLITE_ROWS: &str = " FROM json_each($3)";
    const POSTGRES_ROWS: &str = " FROM jsonb_to_recordset($3) AS item (graph_id text, name text, odata_type text, \
        version integer, content_hash text, assignments_hash text, body text, assignments text)";
    const SQLITE_POLICY: &str = concatcp!(
        POLICY,
        "SELECT $1, $2, value ->> 'graph_id', value ->> 'name', value ->> 'odata_type', value ->> 'version', \
         value ->> 'content_hash', value ->> 'assignments_hash', $4, $4, $5, $5, $5, $6",
        SQLITE_ROWS,
        CONFLICT
    );
    const POSTGRES_POLICY: &str = concatcp!(
        POLICY,
        "SELECT $1, $2, graph_id, name, odata_type, version, content_hash, assignments_hash, $4, $4, $5, $5, $5, $6",
        POSTGRES_ROWS,
        CONFLICT
    );
    const SQLITE_VERSION: &str = concatcp!(
        VERSION,
        "SELECT $1, $2, value ->> 'graph_id', value ->> 'version', $5, $4, value ->> 'name', value ->> 'odata_type', \
         value ->> 'content_hash', value ->> 'assignments_hash', value ->> 'body', value ->> 'assignments'",
        SQLITE_ROWS
    );
    const POSTGRES_VERSION: &str = concatcp!(
        VERSION,
        "SELECT $1, $2, graph_id, version, $5, $4, name, odata_type, content_hash, assignments_hash, body::json, \
         assignments::json",
        POSTGRES_ROWS
    );
    let (tenant, SeenBy { run, attempt }) = (on.scope.tenant(), on.seen);
    by_engine!(tx, execute, SQLITE_POLICY, POSTGRES_POLICY, tenant, on.family, Json(versions), on.at, run, attempt)?;
    by_engine!(tx, execute, SQLITE_VERSION, POSTGRES_VERSION, tenant, on.family, Json(versions), on.at, run)?;
    Ok(())
}

/// What the family no longer has gets a version without a body: everything that this attempt did not see. Only after a
/// family was read whole. Gives how many policies the run, in any of its attempts, found gone.
pub async fn remove_unseen(tx: &mut Tx, on: Sighting<'_>) -> DbResult<u64> {
    const UNSEEN: &str = " WHERE tenant_id = $1 AND family = $2 AND removed_at IS NULL \
        AND (last_run_id < $3 OR (last_run_id = $3 AND last_attempt <> $4))";
    const VERSION: &str = concatcp!(
        "INSERT INTO policy_versions (tenant_id, family, graph_id, version, run_id, recorded_at, name, odata_type, \
         content_hash, assignments_hash, body, assignments) SELECT tenant_id, family, graph_id, version + 1, $3, $5, name, \
         odata_type, '', '', NULL, '[]' FROM policies",
        UNSEEN
    );
    const REMOVE: &str = concatcp!(
        "UPDATE policies SET version = version + 1, removed_at = $5, last_changed_at = $5, changed_run_id = $3",
        UNSEEN
    );
    const COUNT: &str = "SELECT count(*) FROM policies WHERE tenant_id = $1 AND family = $2 AND removed_at IS NOT NULL \
        AND changed_run_id = $3";
    let (tenant, SeenBy { run, attempt }) = (on.scope.tenant(), on.seen);
    tx_sql!(tx, execute(VERSION, tenant, on.family, run, attempt, on.at))?;
    tx_sql!(tx, execute(REMOVE, tenant, on.family, run, attempt, on.at))?;
    let (gone,): (i64,) = tx_sql!(tx, fetch_one(COUNT, tenant, on.family, run))?;
    Ok(gone.unsigned_abs())
}
