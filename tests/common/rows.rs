//! What the rows themselves say, past every service.

use runledger::{
    model::ids::RunId,
    server::db::{Db, scope::TenantScope},
};
use sqlx::AssertSqlSafe;

use super::TestApp;

/// How many rows of the tenant fulfil a condition, in which `$2` is the run.
pub async fn count(app: &TestApp, scope: TenantScope, run: RunId, table: &str, condition: &str) -> u64 {
    let sql = format!("SELECT count(*) FROM {table} WHERE tenant_id = $1 AND $2 = $2 AND ({condition})");
    let (tenant, sql) = (scope.tenant(), AssertSqlSafe(sql));
    let (count,): (i64,) = match &app.core.db {
        Db::Sqlite(db) => sqlx::query_as(sql).bind(tenant).bind(run).fetch_one(db.read()).await.unwrap(),
        Db::Postgres(pool) => sqlx::query_as(sql).bind(tenant).bind(run).fetch_one(pool).await.unwrap(),
    };
    count as u64
}

/// From now on the database itself notes each write of a run.
pub async fn watch_run_writes(app: &TestApp) {
    let id = if matches!(app.core.db, Db::Sqlite(_)) { "BLOB" } else { "uuid" };
    execute(app, &format!("CREATE TABLE run_writes (tenant_id {id}, run_id {id})")).await;
    at_each_update(app, "operation_runs", "INSERT INTO run_writes VALUES (new.tenant_id, new.id)").await;
}

/// From now on the database itself does this whenever a row of the table is updated, in the same transaction.
pub async fn at_each_update(app: &TestApp, table: &str, statement: &str) {
    let trigger = format!("CREATE TRIGGER on_{table} AFTER UPDATE ON {table}");
    let sql = match &app.core.db {
        Db::Sqlite(_) => format!("{trigger} BEGIN {statement}; END"),
        Db::Postgres(_) => format!(
            "CREATE FUNCTION on_{table}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {statement}; RETURN NULL; END $$; \
             {trigger} FOR EACH ROW EXECUTE FUNCTION on_{table}()"
        ),
    };
    execute(app, &sql).await;
}

async fn execute(app: &TestApp, sql: &str) {
    let sql = AssertSqlSafe(sql.to_owned());
    match &app.core.db {
        Db::Sqlite(db) => _ = sqlx::raw_sql(sql).execute(db.write()).await.unwrap(),
        Db::Postgres(pool) => _ = sqlx::raw_sql(sql).execute(pool).await.unwrap(),
    }
}

/// How often the run was written since then.
pub async fn run_writes(app: &TestApp, scope: TenantScope, run: RunId) -> u64 {
    count(app, scope, run, "run_writes", "run_id = $2").await
}
