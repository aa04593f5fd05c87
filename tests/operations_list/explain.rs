//! What a statement of the list does, as the engines explain it.

use runledger::{
    model::ids::TenantId,
    server::db::{Db, run_query::IdRange},
};
use serde_json::Value;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

/// A page of the list, and one run more to know whether there are any.
pub const PAGE: usize = 51;

/// What a statement does, as the engine tells it.
pub struct Plan {
    text: String,
    /// The nodes of the plan; SQLite tells a text only.
    root: Option<Value>,
}

/// Tells the planner what has been written.
pub async fn analyze(db: &Db) {
    match db {
        Db::Sqlite(db) => _ = sqlx::query("ANALYZE").execute(db.write()).await.unwrap(),
        // With what has been written lately visible to index-only scans, as vacuum leaves it: once the log of the commits
        // is on disk, for which the tests' PostgreSQL does not wait by itself, and once nothing looks at an older state.
        // A statement beside it, autovacuum's own too, looks at one older than the oldest change under way in all
        // databases, those of other tests included. So until vacuum has left nothing unmarked.
        Db::Postgres(pool) => {
            let mut connection = pool.acquire().await.unwrap();
            sqlx::query("SET synchronous_commit = on").execute(&mut *connection).await.unwrap();
            loop {
                sqlx::query("VACUUM ANALYZE").execute(&mut *connection).await.unwrap();
                let unmarked = "SELECT count(*) FROM pg_class \
                    WHERE relname LIKE 'operation_run%' AND relkind = 'r' AND relallvisible < relpages";
                let (unmarked,): (i64,) = sqlx::query_as(unmarked).fetch_one(&mut *connection).await.unwrap();
                if unmarked == 0 {
                    break;
                }
            }
        }
    }
}

/// The plan of a statement of the list: of a tenant, within a range of ids.
pub async fn plan(db: &Db, sql: &str, tenant: TenantId, ids: IdRange) -> Plan {
    explain(db, sql, &[tenant.0, ids.first.0, ids.last.0], "ON").await
}

/// The plan of any other statement with these values. Its tables may be too small for an index to be worth while: then
/// it is asked how they would be read if they were not. Another value, a limit, is a number that changes no plan.
pub async fn plan_of(db: &Db, sql: &str, values: &[Uuid]) -> Plan {
    explain(db, &sql.replace("LIMIT $2", "LIMIT 401"), values, "OFF").await
}

async fn explain(db: &Db, sql: &str, values: &[Uuid], sequences: &str) -> Plan {
    match db {
        Db::Sqlite(db) => {
            let sql = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"));
            let query = values.iter().fold(sqlx::query_as(sql), |query, value| query.bind(*value));
            let lines: Vec<(i64, i64, i64, String)> = query.fetch_all(db.read()).await.unwrap();
            let lines: Vec<String> = lines.into_iter().map(|(_, _, _, detail)| detail).collect();
            Plan { text: lines.join("\n"), root: None }
        }
        Db::Postgres(pool) => {
            let mut tx = pool.begin().await.unwrap();
            let set = AssertSqlSafe(format!("SET LOCAL enable_seqscan = {sequences}"));
            sqlx::query(set).execute(&mut *tx).await.unwrap();
            let sql = AssertSqlSafe(format!("EXPLAIN (ANALYZE, FORMAT JSON) {sql}"));
            let query = values.iter().fold(sqlx::query_as(sql), |query, value| query.bind(*value));
            let (plan,): (Value,) = query.fetch_one(&mut *tx).await.unwrap();
            Plan { text: serde_json::to_string_pretty(&plan).unwrap(), root: Some(plan[0]["Plan"].clone()) }
        }
    }
}

fn number(node: &Value, name: &str) -> f64 {
    node[name].as_f64().unwrap_or_default()
}

fn below(node: &Value) -> impl Iterator<Item = &Value> {
    node["Plans"].as_array().into_iter().flatten()
}

/// The rows that the scans of a plan met, those included that they threw away.
fn rows(node: &Value) -> f64 {
    let kind = node["Node Type"].as_str().unwrap_or_default();
    let scans = kind.contains("Scan") && !["Subquery", "CTE", "WorkTable"].iter().any(|other| kind.contains(other));
    let met = ["Actual Rows", "Rows Removed by Filter", "Rows Removed by Index Recheck"].map(|name| number(node, name));
    let met = if scans { met.iter().sum::<f64>() * number(node, "Actual Loops") } else { 0.0 };
    met + below(node).map(rows).sum::<f64>()
}

/// The most rows that a node of the plan sorts.
fn sorted(node: &Value) -> f64 {
    let sorts = node["Node Type"].as_str().is_some_and(|kind| kind.contains("Sort"));
    let taken = below(node).map(|child| number(child, "Actual Rows") * number(child, "Actual Loops")).sum();
    below(node).map(sorted).fold(if sorts { taken } else { 0.0 }, f64::max)
}

impl Plan {
    pub fn walks_indexes_only(&self, most: f64, what: &str) {
        let walks = ["SCAN operation_run", "\"Seq Scan\"", "SCAN (", "Bitmap"];
        for walk in walks {
            assert!(!self.text.contains(walk), "{what} walks a table:\n{}", self.text);
        }
        assert!(self.text.contains("INDEX") || self.text.contains("Index"), "{what}:\n{}", self.text);
        if let Some(rows) = self.root.as_ref().map(rows) {
            assert!(rows <= most, "{what} looks at {rows} rows:\n{}", self.text);
        }
    }

    /// SQLite reads each range by this index. PostgreSQL tells rows, which are the better measure.
    pub fn reads_ranges_by(&self, index: &str, what: &str) {
        let ranges = self.text.split("LIST SUBQUERY").nth(1).unwrap_or_default();
        let other = ranges.lines().find(|line| line.starts_with("SEARCH operation_run") && !line.contains(index));
        assert_eq!(other, None, "{what}:\n{}", self.text);
    }

    /// Each range is read in its order and the page is cut from their merge; a list that is sorted before it is cut
    /// would be sorted whole. SQLite sorts the page itself, at the end.
    pub fn sorts_no_more_than_a_page(&self, what: &str, ranges: usize) {
        match &self.root {
            None => {
                let inner = self.text.split("LIST SUBQUERY").nth(1).unwrap_or_default();
                let sorts = inner.matches("USE TEMP B-TREE FOR ORDER BY").count();
                assert!(sorts <= 1, "{what} sorts:\n{}", self.text);
            }
            Some(root) => {
                let (rows, most) = (sorted(root), (PAGE * ranges.max(1)) as f64);
                assert!(rows <= most, "{what} sorts {rows} rows of {ranges} ranges:\n{}", self.text);
            }
        }
    }
}
