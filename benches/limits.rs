//! The limits: what `ensure_run` writes, written by the plainest statements, with nothing checked and nobody told.

use chrono::{DateTime, TimeDelta, Utc};
use runledger::{
    model::{ids::TenantId, operation::OperationType},
    server::{
        clock::Clock,
        db::{Db, tasks::QUEUE},
        runs::identity::run_identity_hash,
    },
};
use serde_json::json;
use sqlx::{Acquire, PgPool, SqlitePool};
use uuid::Uuid;

const RUN: &str = "INSERT INTO operation_runs (id, tenant_id, type, run_identity_hash, status, initiator_name, attempt, \
     summary_counts, failures, context, joined_count, sample, created_at, updated_at) VALUES \
     ($1, $2, 'inventory.sync', $3, 'queued', 'system', 0, $4, $5, $6, 0, false, $7, $7)";
const LINE: &str = "INSERT INTO operation_run_events (id, run_id, kind, at, actor, attempt, detail) \
     VALUES ($1, $2, 'created', $3, 'system', 0, $4)";
const SQLITE_TASK: &str = "INSERT INTO Jobs (id, job_type, job, max_attempts, run_at) VALUES ($1, $2, $3, 25, $4)";
const POSTGRES_TASK: &str =
    "INSERT INTO apalis.jobs (id, job_type, job, max_attempts, run_at) VALUES ($1, $2, $3, 25, $4)";
/// The three of them as one.
const ONE: &str = "WITH run AS (INSERT INTO operation_runs (id, tenant_id, type, run_identity_hash, status, \
     initiator_name, attempt, summary_counts, failures, context, joined_count, sample, created_at, updated_at) VALUES \
     ($1, $2, 'inventory.sync', $3, 'queued', 'system', 0, $4, $5, $6, 0, false, $7, $7)), \
     line AS (INSERT INTO operation_run_events (id, run_id, kind, at, actor, attempt, detail) \
     VALUES ($8, $1, 'created', $7, 'system', 0, $4)) \
     INSERT INTO apalis.jobs (id, job_type, job, max_attempts, run_at) VALUES ($9, $10, $11, 25, $12)";

/// A row of each table.
struct Rows {
    id: Uuid,
    line: Uuid,
    tenant: TenantId,
    hash: String,
    object: serde_json::Value,
    list: serde_json::Value,
    at: DateTime<Utc>,
    before: DateTime<Utc>,
    task: Vec<u8>,
}

impl Rows {
    /// The identity is hashed as the service does: that work is not what is compared.
    fn new(clock: &Clock, tenant: TenantId, number: u64) -> Self {
        let (id, at) = (clock.new_id(), clock.now());
        Self {
            id,
            line: clock.new_id(),
            tenant,
            hash: run_identity_hash(OperationType::InventorySync, &json!({ "number": number })).expect("it is JSON"),
            object: json!({ "inputs": { "number": number } }),
            list: json!([]),
            at,
            before: at - TimeDelta::seconds(1),
            task: json!({ "run_id": id }).to_string().into_bytes(),
        }
    }
}

// Macros, because the two engines' queries are of two types.
macro_rules! run {
    ($rows:expr) => {
        sqlx::query(RUN)
            .bind($rows.id)
            .bind($rows.tenant)
            .bind(&$rows.hash)
            .bind(&$rows.object)
            .bind(&$rows.list)
            .bind(&$rows.object)
            .bind($rows.at)
    };
}
macro_rules! line {
    ($rows:expr) => {
        sqlx::query(LINE).bind($rows.line).bind($rows.id).bind($rows.at).bind(&$rows.object)
    };
}

/// Inserts a run with its line of history and its task in one statement; on SQLite, which has none such, only the run.
pub async fn one_statement(db: &Db, clock: &Clock, tenant: TenantId, number: u64) -> Uuid {
    let rows = Rows::new(clock, tenant, number);
    match db {
        Db::Sqlite(db) => sqlite_run(&rows, db.write()).await,
        Db::Postgres(pool) => postgres_one(&rows, pool).await,
    }
    rows.id
}

/// One UPDATE of a run that stands still but for its status.
pub async fn set_status(db: &Db, run: Uuid, status: &str) {
    const SQL: &str = "UPDATE operation_runs SET status = $2, \
         outcome = CASE $2 WHEN 'completed' THEN 'succeeded' END, \
         completed_at = CASE $2 WHEN 'completed' THEN updated_at END WHERE id = $1";
    match db {
        Db::Sqlite(db) => sqlx::query(SQL).bind(run).bind(status).execute(db.write()).await.map(|_| ()),
        Db::Postgres(pool) => sqlx::query(SQL).bind(run).bind(status).execute(pool).await.map(|_| ()),
    }
    .expect("it is changed");
}

/// The same by a transaction of three statements.
pub async fn transaction(db: &Db, clock: &Clock, tenant: TenantId, number: u64) {
    let rows = Rows::new(clock, tenant, number);
    match db {
        Db::Sqlite(db) => sqlite_transaction(&rows, db.write()).await.expect("SQLite takes it"),
        Db::Postgres(pool) => postgres_transaction(&rows, pool).await.expect("PostgreSQL takes it"),
    }
}

async fn sqlite_run(rows: &Rows, pool: &SqlitePool) {
    run!(rows).execute(pool).await.expect("SQLite takes it");
}

async fn sqlite_transaction(rows: &Rows, pool: &SqlitePool) -> Result<(), sqlx::Error> {
    let mut tx = pool.begin_with("BEGIN IMMEDIATE").await?;
    run!(rows).execute(&mut *tx).await?;
    line!(rows).execute(&mut *tx).await?;
    let task = sqlx::query(SQLITE_TASK).bind(rows.id.to_string()).bind(QUEUE).bind(&rows.task);
    task.bind(rows.before.timestamp()).execute(&mut *tx).await?;
    tx.commit().await
}

async fn postgres_one(rows: &Rows, pool: &PgPool) {
    let one = sqlx::query(ONE).bind(rows.id).bind(rows.tenant).bind(&rows.hash).bind(&rows.object).bind(&rows.list);
    let one = one.bind(&rows.object).bind(rows.at).bind(rows.line).bind(rows.id.to_string()).bind(QUEUE);
    one.bind(&rows.task).bind(rows.before).execute(pool).await.expect("PostgreSQL takes it");
}

async fn postgres_transaction(rows: &Rows, pool: &PgPool) -> Result<(), sqlx::Error> {
    let mut connection = pool.acquire().await?;
    let mut tx = connection.begin().await?;
    run!(rows).execute(&mut *tx).await?;
    line!(rows).execute(&mut *tx).await?;
    let task = sqlx::query(POSTGRES_TASK).bind(rows.id.to_string()).bind(QUEUE).bind(&rows.task);
    task.bind(rows.before).execute(&mut *tx).await?;
    tx.commit().await
}
