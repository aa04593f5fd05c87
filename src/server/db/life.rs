//! SQL of runs that wait, run and are lost: whose turn it is, who gives signs of life.

use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use const_format::concatcp;

use super::{
    Db, DbResult, Tx, db_sql,
    rows::{RUN_COLUMNS, RunRow},
    scope::TenantScope,
    tx_sql,
};
use crate::model::{
    ids::{RunId, TenantId},
    operation::OperationType,
    run::Run,
};

/// The types whose runs workers do, as a list in SQL. A run of another type waits for a node that knows it, or is the
/// shadow of work that is done elsewhere.
static TYPES: LazyLock<String> = LazyLock::new(|| list(|known| !known.is_shadow()));
/// Every type that this version knows.
static KNOWN: LazyLock<String> = LazyLock::new(|| list(|_| true));

fn list(which: impl Fn(OperationType) -> bool) -> String {
    let types = OperationType::ALL.iter().filter(|known| which(**known));
    types.map(|known| format!("'{known}'")).collect::<Vec<_>>().join(", ")
}

/// A statement on active runs, for each engine. SQLite is told the index: when it knows nothing of the tables, it may take
/// one in which the active runs of a tenant lie among all the others, and walk them all.
struct Active {
    sqlite: String,
    postgres: String,
}

impl Active {
    /// `text` gets what stands behind a table that is read by an index of this name.
    fn new(text: impl Fn(fn(&str) -> String) -> String) -> Self {
        Self { sqlite: text(|index| format!(" INDEXED BY operation_runs_{index}")), postgres: text(|_| String::new()) }
    }

    fn on(&'static self, db: &Db) -> &'static str {
        if matches!(db, Db::Sqlite(_)) { &self.sqlite } else { &self.postgres }
    }

    fn within(&'static self, tx: &Tx) -> &'static str {
        if matches!(tx, Tx::Sqlite(_)) { &self.sqlite } else { &self.postgres }
    }
}

static NEXT: LazyLock<Active> = LazyLock::new(|| {
    Active::new(|by| {
        let (types, running) = (&*TYPES, by("running"));
        // Runs of the tenant `t` that wait for a worker and whose type is below its limit `$2`.
        let waiting = |index: &str, condition: &str| {
            format!(
                "(SELECT r.id FROM operation_runs r{} WHERE r.tenant_id = t.id AND {condition} AND r.type IN ({types}) \
                 AND (SELECT count(*) FROM operation_runs s{running} WHERE s.tenant_id = r.tenant_id \
                 AND s.status = 'running' AND s.released_at IS NULL AND s.type = r.type) < $2 ORDER BY r.id LIMIT 1)",
                by(index)
            )
        };
        // First those that lost theirs.
        let lost = waiting("running", "r.status = 'running' AND r.released_at IS NOT NULL");
        let queued = waiting("queued", "r.status = 'queued'");
        format!(
            "SELECT f.id, f.tenant FROM (SELECT coalesce({lost}, {queued}) AS id, t.id AS tenant, t.turn AS turn, \
             (SELECT count(*) FROM operation_runs b{running} WHERE b.tenant_id = t.id AND b.status = 'running' \
             AND b.released_at IS NULL) AS busy FROM tenants t) f \
             WHERE f.id IS NOT NULL AND f.busy < $1 ORDER BY f.busy, f.turn, f.id LIMIT 1"
        )
    })
});

/// The run that is to be begun next: of the tenant with the fewest running, of those the one that was served longest ago,
/// of its runs the oldest. None when no run waits, or those that wait belong to tenants at their limits.
pub async fn next_waiting(tx: &mut Tx, of_tenant: i64, of_type: i64) -> DbResult<Option<(RunId, TenantId)>> {
    let text = NEXT.within(tx);
    tx_sql!(tx, fetch_optional(text, of_tenant, of_type))
}

/// Notes that the tenant was served just now.
pub async fn take_turn(tx: &mut Tx, tenant: TenantId) -> DbResult<()> {
    tx_sql!(tx, execute("UPDATE tenants SET turn = (SELECT max(turn) FROM tenants) + 1 WHERE id = $1", tenant))?;
    Ok(())
}

/// Of the active runs, those that wait for a worker.
fn waits(by: fn(&str) -> String) -> String {
    let (types, active) = (&*TYPES, by("active_identity"));
    format!(
        "operation_runs{active} WHERE status IN ('queued', 'running') AND (status = 'queued' OR released_at IS NOT NULL) \
         AND type IN ({types})"
    )
}

static ANY_WAITING: LazyLock<Active> =
    LazyLock::new(|| Active::new(|by| format!("SELECT 1 FROM {} LIMIT 1", waits(by))));

/// Whether any run waits for a worker.
pub async fn any_waiting(tx: &mut Tx) -> DbResult<bool> {
    let text = ANY_WAITING.within(tx);
    let row: Option<(i32,)> = tx_sql!(tx, fetch_optional(text))?;
    Ok(row.is_some())
}

/// A sign of life: touches nothing but the heartbeat. None when the attempt no longer has the run.
pub async fn beat(tx: &mut Tx, id: RunId, attempt: i32, at: DateTime<Utc>) -> DbResult<Option<Run>> {
    const SQL: &str = concatcp!(
        "UPDATE operation_runs SET heartbeat_at = $3, beats = beats + 1 \
         WHERE id = $1 AND attempt = $2 AND status = 'running' AND released_at IS NULL RETURNING ",
        RUN_COLUMNS
    );
    let row: Option<RunRow> = tx_sql!(tx, fetch_optional(SQL, id, attempt, at))?;
    Ok(row.map(Run::from))
}

/// A run that a worker has, and how often that one gave a sign of life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub struct Held {
    pub id: RunId,
    pub attempt: i32,
    pub beats: i64,
}

static HELD: LazyLock<Active> = LazyLock::new(|| {
    Active::new(|by| {
        let (types, running) = (&*TYPES, by("running"));
        format!(
            "SELECT id, attempt, beats FROM operation_runs{running} WHERE status = 'running' AND released_at IS NULL \
             AND type IN ({types})"
        )
    })
});

/// Every run that a worker has. What a newer version does is left to its watchdogs.
pub async fn held(db: &Db) -> DbResult<Vec<Held>> {
    db_sql!(db, fetch_all(HELD.on(db)))
}

/// How often the worker of this run has given a sign of life, now.
pub async fn beats(tx: &mut Tx, id: RunId) -> DbResult<Option<i64>> {
    let row: Option<(i64,)> = tx_sql!(tx, fetch_optional("SELECT beats FROM operation_runs WHERE id = $1", id))?;
    Ok(row.map(|(beats,)| beats))
}

/// What there is to do, and who does it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub struct Load {
    /// Runs that wait for a worker.
    pub waiting: i64,
    /// Runs that a worker has.
    pub held: i64,
    /// Of those, the ones without a sign of life since a given time.
    pub silent: i64,
    /// Runs of types that this version does not know.
    pub unknown: i64,
}

static LOAD: LazyLock<Active> = LazyLock::new(|| {
    Active::new(|by| {
        let (types, known, shadows, active) = (&*TYPES, &*KNOWN, list(OperationType::is_shadow), by("active_identity"));
        format!(
            "SELECT count(*) FILTER (WHERE type IN ({types}) AND (status = 'queued' OR released_at IS NOT NULL)) AS waiting, \
             count(*) FILTER (WHERE status = 'running' AND released_at IS NULL AND type NOT IN ({shadows})) AS held, \
             count(*) FILTER (WHERE status = 'running' AND released_at IS NULL AND type IN ({types}) \
             AND heartbeat_at < $1) AS silent, count(*) FILTER (WHERE type NOT IN ({known})) AS unknown \
             FROM operation_runs{active} WHERE status IN ('queued', 'running')"
        )
    })
});

/// What there is to do, and who does it.
pub async fn load(tx: &mut Tx, silent_since: DateTime<Utc>) -> DbResult<Load> {
    let text = LOAD.within(tx);
    tx_sql!(tx, fetch_one(text, silent_since))
}

static UNKNOWN: LazyLock<Active> = LazyLock::new(|| {
    Active::new(|by| {
        let (known, state) = (&*KNOWN, by("state"));
        // From one type to the next in the index: of thousands that wait none is looked at.
        format!(
            "WITH RECURSIVE kind (type) AS ( \
             SELECT * FROM (SELECT type FROM operation_runs{state} WHERE tenant_id = $1 ORDER BY type LIMIT 1) AS least \
             UNION ALL SELECT (SELECT next.type FROM operation_runs next{state} WHERE next.tenant_id = $1 \
             AND next.type > kind.type ORDER BY next.type LIMIT 1) FROM kind WHERE kind.type IS NOT NULL) \
             SELECT CAST(coalesce(sum((SELECT count(*) FROM operation_runs run{state} WHERE run.tenant_id = $1 \
             AND run.type = kind.type AND run.status IN ('queued', 'running'))), 0) AS BIGINT) \
             FROM kind WHERE kind.type NOT IN ({known})"
        )
    })
});

/// The text that counts them of the tenant `$1`.
pub fn unknown_sql(db: &Db) -> &'static str {
    UNKNOWN.on(db)
}

/// How many active runs of the tenant are of types that this version does not know.
pub async fn unknown(db: &Db, scope: TenantScope) -> DbResult<i64> {
    let (count,): (i64,) = db_sql!(db, fetch_one(unknown_sql(db), scope.tenant()))?;
    Ok(count)
}

/// Of these runs, the ones that exist.
pub async fn existing(tx: &mut Tx, ids: &[RunId]) -> DbResult<Vec<RunId>> {
    let rows: Vec<(RunId,)> = match tx {
        Tx::Sqlite(tx) => {
            // SQLite's JSON knows no bytes: the ids go as hex.
            let ids: Vec<String> = ids.iter().map(|id| id.0.simple().to_string()).collect();
            sqlx::query_as("SELECT id FROM operation_runs WHERE id IN (SELECT unhex(value) FROM json_each($1))")
                .bind(sqlx::types::Json(ids))
                .fetch_all(&mut **tx)
                .await?
        }
        Tx::Postgres(tx) => {
            let ids: Vec<uuid::Uuid> = ids.iter().map(|id| id.0).collect();
            sqlx::query_as("SELECT id FROM operation_runs WHERE id = ANY($1)").bind(ids).fetch_all(&mut **tx).await?
        }
    };
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

static WAITING_IDS: LazyLock<Active> =
    LazyLock::new(|| Active::new(|by| format!("SELECT id FROM {} ORDER BY id LIMIT $1", waits(by))));

/// The oldest runs that wait for a worker.
pub async fn waiting_ids(tx: &mut Tx, limit: i64) -> DbResult<Vec<RunId>> {
    let text = WAITING_IDS.within(tx);
    let rows: Vec<(RunId,)> = tx_sql!(tx, fetch_all(text, limit))?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}
