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
    match &app.core.db {
        Db::Sqlite(db) => {
            let sql = "CREATE TABLE run_writes (tenant_id BLOB, run_id BLOB); \
                CREATE TRIGGER run_written AFTER UPDATE ON operation_runs BEGIN \
                INSERT INTO run_writes VALUES (new.tenant_id, new.id); END;";
            sqlx::raw_sql(sql).execute(db.write()).await.unwrap();
        }
        Db::Postgres(pool) => {
            let sql = "CREATE TABLE run_writes (tenant_id uuid, run_id uuid); \
                CREATE FUNCTION note_run_write() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
                INSERT INTO run_writes VALUES (new.tenant_id, new.id); RETURN NULL; END $$; \
                CREATE TRIGGER run_written AFTER UPDATE ON operation_runs FOR EACH ROW EXECUTE FUNCTION note_run_write();";
            sqlx::raw_sql(sql).execute(pool).await.unwrap();
        }
    }
}

/// How often the run was written since then.
pub async fn run_writes(app: &TestApp, scope: TenantScope, run: RunId) -> u64 {
    count(app, scope, run, "run_writes", "run_id = $2").await
}
