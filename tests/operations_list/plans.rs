//! What a filter costs: each reads a page's worth of an index, however many runs there are and however rare its own are.

use chrono::TimeDelta;
use runledger::{
    model::{
        filter::RunFilter,
        ids::{RunId, TenantId},
        operation::OperationType,
        reason::ReasonCode,
        run::{RunOutcome, RunStatus},
    },
    server::db::{Db, run_list::Direction, run_query::IdRange},
};
use serde_json::Value;
use sqlx::AssertSqlSafe;

use crate::{
    common::{TestApp, start_of_time},
    on_both_engines,
    world::{Kind, user, write_many},
};

const RUNS: i64 = 30_000;
const PAGE: usize = 51;

/// What a statement does, as the engine tells it.
struct Plan {
    text: String,
    /// How many rows it looked at; SQLite does not tell.
    rows: Option<f64>,
}

async fn plan(db: &Db, sql: &str, tenant: TenantId, ids: IdRange) -> Plan {
    match db {
        Db::Sqlite(db) => {
            let sql = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"));
            let query = sqlx::query_as(sql).bind(tenant).bind(ids.first).bind(ids.last);
            let lines: Vec<(i64, i64, i64, String)> = query.fetch_all(db.read()).await.unwrap();
            let lines: Vec<String> = lines.into_iter().map(|(_, _, _, detail)| detail).collect();
            Plan { text: lines.join("\n"), rows: None }
        }
        Db::Postgres(pool) => {
            let sql = AssertSqlSafe(format!("EXPLAIN (ANALYZE, FORMAT JSON) {sql}"));
            let query = sqlx::query_as(sql).bind(tenant).bind(ids.first).bind(ids.last);
            let (plan,): (Value,) = query.fetch_one(pool).await.unwrap();
            let rows = rows(&plan[0]["Plan"]);
            Plan { text: serde_json::to_string_pretty(&plan).unwrap(), rows: Some(rows) }
        }
    }
}

/// The rows that the scans of a plan met, those included that they threw away.
fn rows(node: &Value) -> f64 {
    let number = |name: &str| node[name].as_f64().unwrap_or_default();
    let scans = node["Node Type"].as_str().is_some_and(|kind| kind.contains("Scan") && !kind.contains("Subquery"));
    let met = number("Actual Rows") + number("Rows Removed by Filter") + number("Rows Removed by Index Recheck");
    let below: f64 = node["Plans"].as_array().into_iter().flatten().map(rows).sum();
    below + if scans { met * number("Actual Loops") } else { 0.0 }
}

impl Plan {
    fn walks_indexes_only(&self, most: f64, what: &str) {
        let walks = ["SCAN operation_run", "\"Seq Scan\"", "SCAN (", "Bitmap"];
        for walk in walks {
            assert!(!self.text.contains(walk), "{what} walks a table:\n{}", self.text);
        }
        assert!(self.text.contains("INDEX") || self.text.contains("Index"), "{what}:\n{}", self.text);
        if let Some(rows) = self.rows {
            assert!(rows <= most, "{what} looks at {rows} rows:\n{}", self.text);
        }
    }

    /// SQLite sorts the page itself, at the end; a list that is sorted before it is cut would be sorted whole.
    fn sorts_no_more_than_a_page(&self, what: &str) {
        let inner = self.text.split("LIST SUBQUERY").nth(1).unwrap_or_default();
        let inner = inner.split("USE TEMP B-TREE FOR ORDER BY").collect::<Vec<_>>();
        assert!(inner.len() <= 2, "{what} sorts:\n{}", self.text);
    }
}

on_both_engines! {
    async fn each_filter_reads_a_page_of_an_index_rare_values_included(app: TestApp) {
        let scope = app.tenant("contoso").await;
        let (ana, ben, zoe) = (user(&app, "ana").await, user(&app, "ben").await, user(&app, "zoe").await);
        let failed = Kind {
            outcome: Some(RunOutcome::Failed),
            initiator: Some(zoe),
            operation_type: OperationType::RestoreExecute,
            codes: vec![ReasonCode::LicenseMissing],
            ..Kind::PLAIN
        };
        let kind = |n| match n {
            7 => failed.clone(),
            8 => Kind { status: RunStatus::Running, outcome: None, initiator: Some(ben), ..Kind::PLAIN },
            n if n % 3 == 0 => Kind { initiator: Some(ana), ..Kind::PLAIN },
            n if n % 50 == 1 => Kind { outcome: Some(RunOutcome::PartiallySucceeded), codes: vec![ReasonCode::NotFound], ..Kind::PLAIN },
            _ => Kind::PLAIN,
        };
        write_many(&app, scope, RUNS, start_of_time(), kind).await;
        // A tenant whose runs are a few among the many of another.
        let small = app.tenant("fabrikam").await;
        write_many(&app, small, 100, start_of_time() - TimeDelta::seconds(RUNS / 3), |_| Kind::PLAIN).await;
        let db = &app.core.db;
        match db {
            Db::Sqlite(db) => _ = sqlx::query("ANALYZE").execute(db.write()).await.unwrap(),
            // With what has been written lately visible to index-only scans, as vacuum leaves it: once the log of the commits
            // is on disk. The tests' PostgreSQL does not wait for that by itself.
            Db::Postgres(pool) => {
                let mut connection = pool.acquire().await.unwrap();
                for sql in ["SET synchronous_commit = on", "VACUUM ANALYZE"] {
                    sqlx::query(sql).execute(&mut *connection).await.unwrap();
                }
            }
        }
        for query in ["", "outcome=succeeded", "type=inventory.sync&outcome=succeeded", "initiator=system"] {
            let selection = app.core.runs.selection(small, &RunFilter::parse(query).0, None).await.unwrap();
            for sql in [selection.page_sql(Direction::Older, PAGE), selection.count_sql()] {
                plan(db, &sql, small.tenant(), IdRange::ALL).await.walks_indexes_only(400.0, &format!("{query:?} of few"));
            }
        }
        let deep = app.core.clock.id_at(start_of_time() - TimeDelta::seconds(RUNS / 2));
        let deep = IdRange::before(RunId(deep));
        for (query, passing) in [
            (String::new(), RUNS),
            ("type=restore.execute".to_owned(), 1),
            ("type=inventory.sync&type_is=not".to_owned(), 1),
            ("status=running".to_owned(), 1),
            ("status=completed&status_is=not".to_owned(), 1),
            ("outcome=failed".to_owned(), 1),
            ("outcome=succeeded&outcome=partially_succeeded&outcome_is=not".to_owned(), 2),
            ("outcome=succeeded".to_owned(), 29_000),
            (format!("initiator={zoe}"), 1),
            (format!("initiator={ana}"), 9_999),
            ("initiator=system&initiator_is=not".to_owned(), 10_000),
            (format!("initiator=system&initiator={ana}&initiator_is=not"), 2),
            ("reason=license_missing".to_owned(), 1),
            ("reason=license_missing,not_found".to_owned(), 400),
            ("reason=internal".to_owned(), 0),
            (format!("type=inventory.sync&outcome=failed&initiator={ana}"), 0),
            (format!("type=restore.execute&outcome=failed&initiator={zoe}"), 1),
            (format!("reason=license_missing&type=restore.execute&initiator={zoe}"), 1),
            ("type=restore.execute&reason=not_found&reason_is=not".to_owned(), 1),
        ] {
            let (filter, note) = RunFilter::parse(&query);
            assert_eq!(note.text(), None);
            let selection = app.core.runs.selection(scope, &filter, None).await.unwrap();
            for (ids, direction) in [(IdRange::ALL, Direction::Older), (deep, Direction::Older), (deep, Direction::Newer)] {
                let plan = plan(db, &selection.page_sql(direction, PAGE), scope.tenant(), ids).await;
                let what = format!("a page of {query:?}");
                // The ids of a page and one more of each range, then the runs themselves.
                plan.walks_indexes_only(400.0, &what);
                plan.sorts_no_more_than_a_page(&what);
            }
            let counting = plan(db, &selection.count_sql(), scope.tenant(), IdRange::ALL).await;
            counting.walks_indexes_only(10_500.0, &format!("the count of {query:?}"));
            let count = selection.count(db, IdRange::ALL).await.unwrap();
            if passing < 10_000 && count.runs != u64::try_from(passing).unwrap() {
                assert!(passing >= 400, "{query}: {count:?}");
            }
        }
    }
}
