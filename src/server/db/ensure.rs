//! SQL of `ensure_run`: many requests by one statement a table, each statement fed by one JSON array.

use std::{iter, sync::LazyLock};

use chrono::{DateTime, SecondsFormat, Utc};
use const_format::concatcp;
use serde::Serialize;
use serde_json::Value;
use sqlx::{AssertSqlSafe, PgExecutor, PgPool, SqliteConnection, types::Json};
use uuid::{Uuid, fmt::Simple};

use super::{
    Db, DbResult, Tx,
    rows::{FullRun, RUN_COLUMNS, RunRow},
    run_tables::{RUN_TABLES, RunTable},
    statement,
    tasks::{self, QUEUE},
    tx_sql,
};
use crate::model::{
    ids::{RunId, TenantId},
    operation::OperationType,
    run::{Run, RunEvent, RunEventKind, SummaryCounts},
};

/// A run as the statements read it.
#[derive(Serialize)]
struct NewRow<'a> {
    id: Simple,
    tenant: Simple,
    r#type: OperationType,
    hash: &'a str,
    user: Option<Simple>,
    name: &'a str,
    context: &'a Value,
    at: String,
    retry_of: Option<Simple>,
    line: Simple,
    record: Simple,
    task: String,
    job: String,
}

/// A run that is to be created, with the ids of what is written beside it.
#[derive(Debug, Clone, Copy)]
pub struct NewRun<'a> {
    pub full: &'a FullRun,
    /// Of the first line of its history.
    pub line: Uuid,
    /// Of its producer's record.
    pub record: Uuid,
}

/// Writes queued runs, each with the first line of its history, its producer's record and its task, unless the tenant has an
/// active run of the same identity; gives the ids of those written.
pub async fn create(tx: &mut Tx, runs: &[NewRun<'_>]) -> DbResult<Vec<RunId>> {
    match tx {
        Tx::Sqlite(tx) => create_sqlite(tx, runs).await,
        Tx::Postgres(tx) => create_postgres(&mut **tx, runs).await,
    }
}

/// The same by one statement that is a transaction of its own: where nothing else is to be written. Only PostgreSQL does so
/// much in one statement.
pub async fn create_at_once(pool: &PgPool, runs: &[NewRun<'_>]) -> DbResult<Vec<RunId>> {
    create_postgres(pool, runs).await
}

// `WHERE true` keeps SQLite from reading ON CONFLICT as a join's ON. In the order of identities, so that two nodes that create
// the same runs do not wait for each other in a circle.
const INTO_RUNS: &str = "INSERT INTO operation_runs (id, tenant_id, type, run_identity_hash, status, initiator_user_id, \
    initiator_name, attempt, summary_counts, failures, context, joined_count, sample, created_at, updated_at, retry_of) ";
const CONFLICT: &str = " ORDER BY 2, 4 ON CONFLICT (tenant_id, run_identity_hash) \
    WHERE status IN ('queued', 'running') DO NOTHING RETURNING id";
const INTO_LINES: &str = "INSERT INTO operation_run_events (id, run_id, kind, at, actor, attempt, detail) ";
const TASK: &str = " (id, job_type, job, status, attempts, max_attempts, run_at, priority) ";

async fn create_sqlite(tx: &mut SqliteConnection, runs: &[NewRun<'_>]) -> DbResult<Vec<RunId>> {
    const ALL: &str = concatcp!(
        INTO_RUNS,
        "SELECT unhex(value ->> 'id'), unhex(value ->> 'tenant'), value ->> 'type', value ->> 'hash', 'queued', \
         unhex(value ->> 'user'), value ->> 'name', 0, $2, '[]', value -> 'context', 0, false, value ->> 'at', \
         value ->> 'at', unhex(value ->> 'retry_of') FROM json_each($1) WHERE true",
        CONFLICT,
        "; ",
        INTO_LINES,
        "SELECT unhex(value ->> 'line'), r.id, $3, value ->> 'at', value ->> 'name', 0, '{}' \
         FROM json_each($1) JOIN operation_runs r ON r.id = unhex(value ->> 'id'); INSERT INTO Jobs",
        TASK,
        "SELECT value ->> 'task', $4, CAST(value ->> 'job' AS BLOB), 'Pending', 0, $5, $6, 0 \
         FROM json_each($1) JOIN operation_runs r ON r.id = unhex(value ->> 'id')"
    );
    let of_type = |table: &&RunTable| runs.iter().any(|new| new.full.run.operation_type == table.operation_type);
    let records = RUN_TABLES.iter().filter(of_type).map(|table| table.sqlite_new);
    let text = AssertSqlSafe(iter::once(ALL).chain(records).collect::<Vec<_>>().join("; "));
    let counts = SummaryCounts::default();
    let (attempts, run_at, kind) = (tasks::MAX_ATTEMPTS, tasks::RUN_AT, RunEventKind::Created);
    let rows = Json(new_rows(runs)?);
    let found: Vec<(RunId,)> = statement!(tx, fetch_all(text, rows, Json(&counts), kind, QUEUE, attempts, run_at))?;
    Ok(found.into_iter().map(|(id,)| id).collect())
}

async fn create_postgres<'e>(to: impl PgExecutor<'e>, runs: &[NewRun<'_>]) -> DbResult<Vec<RunId>> {
    const ALL: &str = concatcp!(
        "WITH new AS MATERIALIZED (SELECT * FROM jsonb_to_recordset($1) AS new (id uuid, tenant uuid, type text, hash text, \
         \"user\" uuid, name text, context jsonb, at timestamptz, retry_of uuid, line uuid, record uuid, task text, job text)), \
         run AS (",
        INTO_RUNS,
        "SELECT id, tenant, type, hash, 'queued', \"user\", name, 0, $2, '[]', context, 0, false, at, at, retry_of FROM new",
        CONFLICT,
        "), line AS (",
        INTO_LINES,
        "SELECT line, id, $3, at, name, 0, '{}' FROM new JOIN run USING (id)), task AS (INSERT INTO apalis.jobs",
        TASK,
        "SELECT task, $4, convert_to(job, 'UTF8'), 'Pending', 0, $5, to_timestamp($6), 0 FROM new JOIN run USING (id))"
    );
    static WITH_RECORDS: LazyLock<String> = LazyLock::new(|| {
        let records = RUN_TABLES.iter().enumerate();
        let records = records.map(|(index, table)| format!(", record{index} AS ({})", table.postgres_new));
        format!("{ALL}{} SELECT id FROM run", records.collect::<String>())
    });
    let counts = SummaryCounts::default();
    let (attempts, run_at, kind) = (tasks::MAX_ATTEMPTS, tasks::RUN_AT as f64, RunEventKind::Created);
    let (text, rows) = (AssertSqlSafe(WITH_RECORDS.as_str()), Json(new_rows(runs)?));
    let found: Vec<(RunId,)> = statement!(to, fetch_all(text, rows, Json(&counts), kind, QUEUE, attempts, run_at))?;
    Ok(found.into_iter().map(|(id,)| id).collect())
}

fn new_rows<'a>(runs: &[NewRun<'a>]) -> DbResult<Vec<NewRow<'a>>> {
    runs.iter().map(|new| new_row(*new)).collect()
}

fn new_row(NewRun { full, line, record }: NewRun<'_>) -> DbResult<NewRow<'_>> {
    let run = &full.run;
    Ok(NewRow {
        id: run.id.0.simple(),
        tenant: run.tenant_id.0.simple(),
        r#type: run.operation_type,
        hash: &full.run_identity_hash,
        user: run.initiator.user_id.map(|user| user.0.simple()),
        name: &run.initiator.name,
        context: &full.context,
        at: text(run.created_at),
        retry_of: run.retry_of.map(|run| run.0.simple()),
        line: line.simple(),
        record: record.simple(),
        task: tasks::task_id(run.id).to_string(),
        job: tasks::payload(run.id)?,
    })
}

/// How often the active run of an identity is asked for.
#[derive(Debug, Clone, Serialize)]
pub struct Joins {
    #[serde(serialize_with = "simple")]
    pub tenant: TenantId,
    pub hash: String,
    pub times: i32,
    /// The run that one of the requests wants done again.
    pub retry_of: Option<Simple>,
}

#[derive(sqlx::FromRow)]
struct JoinedRow {
    #[sqlx(flatten)]
    run: RunRow,
    run_identity_hash: String,
}

// Locked in the order of identities, in which runs are created too, so that two nodes do not wait for each other in a circle.
// On PostgreSQL each identity is looked up by itself: the planner takes the active runs for as few as they were when it last
// counted them, and would read all of them to find one.
const COUNT_JOINS: &str = "UPDATE operation_runs SET joined_count = joined_count + times, retry_of = coalesce(retry_of, again), updated_at = CASE WHEN updated_at > $2 THEN updated_at ELSE $2 END FROM ";
const JOINED: &str = concatcp!(" RETURNING ", RUN_COLUMNS, ", run_identity_hash");
const JOIN_SQLITE: &str = concatcp!(
    COUNT_JOINS,
    "(SELECT unhex(value ->> 'tenant') AS tenant, value ->> 'hash' AS hash, value ->> 'times' AS times, \
     unhex(value ->> 'retry_of') AS again \
     FROM json_each($1)) WHERE tenant_id = tenant AND run_identity_hash = hash AND status IN ('queued', 'running')",
    JOINED
);
const JOIN_POSTGRES: &str = concatcp!(
    "WITH asked AS MATERIALIZED (SELECT * FROM jsonb_to_recordset($1) AS asked \
     (tenant uuid, hash text, times int, retry_of uuid) ORDER BY tenant, hash), \
     active AS MATERIALIZED (SELECT run_id, times, retry_of AS again FROM asked CROSS JOIN LATERAL \
     (SELECT id AS run_id FROM operation_runs WHERE tenant_id = asked.tenant AND run_identity_hash = asked.hash \
     AND status IN ('queued', 'running') FOR NO KEY UPDATE) AS locked) ",
    COUNT_JOINS,
    "active WHERE id = run_id",
    JOINED
);

/// Counts requests, `$1` as a list of [`Joins`], on the active runs of their identities at the time `$2`.
pub const fn join_sql(db: &Db) -> &'static str {
    match db {
        Db::Sqlite(_) => JOIN_SQLITE,
        Db::Postgres(_) => JOIN_POSTGRES,
    }
}

/// Counts the requests on the active runs of these identities, and gives those runs, each with its identity.
pub async fn join(tx: &mut Tx, joins: &[Joins], at: DateTime<Utc>) -> DbResult<Vec<(String, Run)>> {
    let rows: Vec<JoinedRow> = match tx {
        Tx::Sqlite(_) => tx_sql!(tx, fetch_all(JOIN_SQLITE, Json(joins), at))?,
        Tx::Postgres(_) => tx_sql!(tx, fetch_all(JOIN_POSTGRES, Json(joins), at))?,
    };
    Ok(rows.into_iter().map(|row| (row.run_identity_hash, row.run.into())).collect())
}

#[derive(Serialize)]
struct LineRow<'a> {
    id: Simple,
    run: Simple,
    kind: RunEventKind,
    at: String,
    actor: &'a str,
    attempt: i32,
    detail: &'a Value,
}

/// Writes lines of history, each with its id.
pub async fn note(tx: &mut Tx, lines: &[(Uuid, RunId, RunEvent)]) -> DbResult<()> {
    const INTO: &str = "INSERT INTO operation_run_events (id, run_id, kind, at, actor, attempt, detail) ";
    const SQLITE: &str = concatcp!(
        INTO,
        "SELECT unhex(value ->> 'id'), unhex(value ->> 'run'), value ->> 'kind', value ->> 'at', value ->> 'actor', \
         value ->> 'attempt', value -> 'detail' FROM json_each($1)"
    );
    const POSTGRES: &str = concatcp!(
        INTO,
        "SELECT id, run, kind, at, actor, attempt, detail FROM jsonb_to_recordset($1) AS line \
         (id uuid, run uuid, kind text, at timestamptz, actor text, attempt int, detail jsonb)"
    );
    let rows: Vec<LineRow<'_>> = lines
        .iter()
        .map(|(id, run, line)| LineRow {
            id: id.simple(),
            run: run.0.simple(),
            kind: line.kind,
            at: text(line.at),
            actor: &line.actor,
            attempt: line.attempt,
            detail: &line.detail,
        })
        .collect();
    match tx {
        Tx::Sqlite(_) => tx_sql!(tx, execute(SQLITE, Json(&rows)))?,
        Tx::Postgres(_) => tx_sql!(tx, execute(POSTGRES, Json(&rows)))?,
    };
    Ok(())
}

/// A time as sqlx writes it into SQLite, where times are compared as text; PostgreSQL reads it too.
fn text(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, false)
}

fn simple<S: serde::Serializer>(tenant: &TenantId, serializer: S) -> Result<S::Ok, S::Error> {
    tenant.0.simple().serialize(serializer)
}
