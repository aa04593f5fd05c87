//! SQL that a run writes findings with: what it sees, and what it does not see any more.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use const_format::concatcp;
use serde::Serialize;
use serde_json::Value;
use sqlx::types::Json;
use uuid::Uuid;

use crate::{
    model::{
        comparison::ChangeKind,
        drift::{Baseline, FindingEventKind, FindingState, Severity},
        ids::{FindingId, RunId},
    },
    server::db::{DbResult, Tx, scope::TenantScope, statement, tx_sql},
};

/// So many findings are written by one statement.
pub const BATCH: usize = 500;

/// Whose findings: those of one family against one baseline.
#[derive(Debug, Clone, Copy)]
pub struct Ground<'a> {
    pub scope: TenantScope,
    pub baseline: &'a Baseline,
    pub baseline_name: &'a str,
    pub family: &'a str,
}

/// The attempt of a run that looks.
#[derive(Debug, Clone, Copy)]
pub struct Looking {
    pub run: RunId,
    pub attempt: i32,
    pub at: DateTime<Utc>,
}

/// A finding as a run has just seen it.
#[derive(Debug, Clone, Serialize)]
pub struct SeenFinding {
    /// The id that it gets if it is not there yet, in plain hex.
    #[serde(serialize_with = "hex")]
    pub id: FindingId,
    pub key_hash: String,
    pub policy_key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub graph_id: Option<String>,
    pub policy_name: String,
    pub path: String,
    pub search_key: String,
    pub kind: ChangeKind,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
    pub value_hash: String,
    pub severity: Severity,
    /// Where it stands from now on.
    pub state: FindingState,
}

fn hex<S: serde::Serializer>(id: &FindingId, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&id.0.simple())
}

/// What is stored of a finding, as far as telling its next state needs it.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct KnownFinding {
    pub key_hash: String,
    pub id: FindingId,
    pub state: FindingState,
    pub value_hash: String,
    pub opened_run: RunId,
}

/// What is stored under these identities; on PostgreSQL held until the end of the transaction.
pub async fn known(tx: &mut Tx, scope: TenantScope, keys: &[&str]) -> DbResult<HashMap<String, KnownFinding>> {
    const READ: &str = "SELECT key_hash, id, state, value_hash, opened_run FROM drift_findings WHERE tenant_id = $1 \
        AND key_hash ";
    const SQLITE: &str = concatcp!(READ, "IN (SELECT value FROM json_each($2))");
    const POSTGRES: &str = concatcp!(READ, "= ANY ($2) ORDER BY key_hash FOR UPDATE");
    let rows: Vec<KnownFinding> = match tx {
        Tx::Sqlite(tx) => statement!(&mut **tx, fetch_all(SQLITE, scope.tenant(), Json(keys)))?,
        Tx::Postgres(tx) => statement!(&mut **tx, fetch_all(POSTGRES, scope.tenant(), keys))?,
    };
    Ok(rows.into_iter().map(|row| (row.key_hash.clone(), row)).collect())
}

/// Writes what the run has seen. Identities are unique in `seen`.
pub async fn write(tx: &mut Tx, ground: Ground<'_>, seen: &[SeenFinding], looking: Looking) -> DbResult<()> {
    const INTO: &str = "INSERT INTO drift_findings (id, tenant_id, baseline_kind, baseline_id, baseline_name, family, \
        policy_key, graph_id, policy_name, path, search_key, key_hash, kind, before_value, after_value, value_hash, severity, state, \
        first_seen_run, first_seen_at, last_seen_run, last_seen_attempt, last_seen_at, opened_run) ";
    // What a person decided is forgotten when the finding is new again. `WHERE true` keeps SQLite from reading
    // ON CONFLICT as a join's ON.
    const CONFLICT: &str = " ON CONFLICT (tenant_id, key_hash) DO UPDATE SET baseline_name = excluded.baseline_name, \
        graph_id = excluded.graph_id, policy_name = excluded.policy_name, \
        search_key = excluded.search_key, kind = excluded.kind, \
        before_value = excluded.before_value, after_value = excluded.after_value, value_hash = excluded.value_hash, \
        severity = excluded.severity, state = excluded.state, last_seen_run = excluded.last_seen_run, \
        last_seen_attempt = excluded.last_seen_attempt, last_seen_at = excluded.last_seen_at, \
        opened_run = CASE WHEN excluded.state = 'new' AND drift_findings.state <> 'new' THEN excluded.opened_run \
        ELSE drift_findings.opened_run END, \
        reason = CASE WHEN excluded.state = 'new' THEN NULL ELSE drift_findings.reason END, \
        decided_by_user_id = CASE WHEN excluded.state = 'new' THEN NULL ELSE drift_findings.decided_by_user_id END, \
        decided_by_name = CASE WHEN excluded.state = 'new' THEN NULL ELSE drift_findings.decided_by_name END, \
        decided_at = CASE WHEN excluded.state = 'new' THEN NULL ELSE drift_findings.decided_at END, \
        resolved_run = NULL, resolved_at = NULL";
    const SQLITE: &str = concatcp!(
        INTO,
        "SELECT unhex(value ->> 'id'), $1, $2, $3, $4, $5, value ->> 'policy_key', value ->> 'graph_id', \
         value ->> 'policy_name', value ->> 'path', value ->> 'search_key', value ->> 'key_hash', value ->> 'kind', value -> 'before', \
         value -> 'after', value ->> 'value_hash', value ->> 'severity', value ->> 'state', $7, $9, $7, $8, $9, $7 \
         FROM json_each($6) WHERE true",
        CONFLICT
    );
    const POSTGRES: &str = concatcp!(
        INTO,
        "SELECT id, $1, $2, $3, $4, $5, policy_key, graph_id, policy_name, path, search_key, key_hash, kind, \"before\", \"after\", \
         value_hash, severity, state, $7, $9, $7, $8, $9, $7 FROM jsonb_to_recordset($6) AS seen (id uuid, policy_key text, \
         graph_id text, policy_name text, path text, search_key text, key_hash text, kind text, \"before\" jsonb, \"after\" jsonb, \
         value_hash text, severity text, state text)",
        CONFLICT
    );
    let (kind, id) = (ground.baseline.kind(), ground.baseline.id());
    let (tenant, name, family, seen) = (ground.scope.tenant(), ground.baseline_name, ground.family, Json(seen));
    let Looking { run, attempt, at } = looking;
    match tx {
        Tx::Sqlite(_) => tx_sql!(tx, execute(SQLITE, tenant, kind, id, name, family, seen, run, attempt, at))?,
        Tx::Postgres(_) => tx_sql!(tx, execute(POSTGRES, tenant, kind, id, name, family, seen, run, attempt, at))?,
    };
    Ok(())
}

/// Resolves up to `limit` findings of the ground that this attempt did not see, but for those of policies that it could
/// not compare. Gives their ids; call again until there are none.
pub async fn resolve_unseen(
    tx: &mut Tx,
    ground: Ground<'_>,
    uncompared: &[String],
    looking: Looking,
    limit: i64,
) -> DbResult<Vec<FindingId>> {
    const HEAD: &str = "UPDATE drift_findings SET state = 'resolved', resolved_run = $6, resolved_at = $8, reason = NULL, \
        decided_by_user_id = NULL, decided_by_name = NULL, decided_at = NULL \
        WHERE id IN (SELECT id FROM drift_findings WHERE tenant_id = $1 AND baseline_kind = $2 AND baseline_id = $3 \
        AND family = $4 AND state <> 'resolved' AND (last_seen_run <> $6 OR last_seen_attempt <> $7) \
        AND policy_key NOT IN (SELECT ";
    const SQLITE: &str = concatcp!(HEAD, "value FROM json_each($5)) LIMIT $9) RETURNING id");
    // Held in the order in which everybody holds them.
    const POSTGRES: &str =
        concatcp!(HEAD, "jsonb_array_elements_text($5)) ORDER BY key_hash LIMIT $9 FOR UPDATE) RETURNING id");
    let (tenant, kind, id) = (ground.scope.tenant(), ground.baseline.kind(), ground.baseline.id());
    let (family, uncompared) = (ground.family, Json(uncompared));
    let Looking { run, attempt, at } = looking;
    let rows: Vec<(FindingId,)> = match tx {
        Tx::Sqlite(_) => tx_sql!(tx, fetch_all(SQLITE, tenant, kind, id, family, uncompared, run, attempt, at, limit))?,
        Tx::Postgres(_) => {
            tx_sql!(tx, fetch_all(POSTGRES, tenant, kind, id, family, uncompared, run, attempt, at, limit))?
        }
    };
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// How many findings of the ground an earlier attempt of the run has resolved already.
pub async fn resolved_by(tx: &mut Tx, ground: Ground<'_>, run: RunId) -> DbResult<u64> {
    let (count,): (i64,) = tx_sql!(
        tx,
        fetch_one(
            "SELECT count(*) FROM drift_findings WHERE tenant_id = $1 AND baseline_kind = $2 AND baseline_id = $3 \
             AND family = $4 AND state = 'resolved' AND resolved_run = $5",
            ground.scope.tenant(),
            ground.baseline.kind(),
            ground.baseline.id(),
            ground.family,
            run
        )
    )?;
    Ok(count.unsigned_abs())
}

/// A line for the history of a finding.
#[derive(Debug, Clone)]
pub struct NewEvent {
    pub id: Uuid,
    pub finding: FindingId,
    pub kind: FindingEventKind,
}

#[derive(Serialize)]
struct EventRow {
    id: String,
    finding: String,
    kind: FindingEventKind,
}

/// Who makes a line of history, and why.
#[derive(Debug, Clone, Copy)]
pub struct Author<'a> {
    pub actor: Option<&'a str>,
    pub run: Option<RunId>,
    pub reason: Option<&'a str>,
}

/// Writes lines of history.
pub async fn note(
    tx: &mut Tx,
    scope: TenantScope,
    events: &[NewEvent],
    author: Author<'_>,
    at: DateTime<Utc>,
) -> DbResult<()> {
    const INTO: &str =
        "INSERT INTO drift_finding_events (id, tenant_id, finding_id, kind, at, actor, run_id, reason) SELECT ";
    const SQLITE: &str = concatcp!(
        INTO,
        "unhex(value ->> 'id'), $1, unhex(value ->> 'finding'), value ->> 'kind', $3, $4, $5, $6 FROM json_each($2)"
    );
    const POSTGRES: &str = concatcp!(
        INTO,
        "id, $1, finding, kind, $3, $4, $5, $6 FROM jsonb_to_recordset($2) AS line (id uuid, finding uuid, kind text)"
    );
    for events in events.chunks(BATCH) {
        let rows = events.iter().map(|event| EventRow {
            id: event.id.simple().to_string(),
            finding: event.finding.0.simple().to_string(),
            kind: event.kind,
        });
        let (rows, tenant) = (Json(rows.collect::<Vec<_>>()), scope.tenant());
        let Author { actor, run, reason } = author;
        match tx {
            Tx::Sqlite(_) => tx_sql!(tx, execute(SQLITE, tenant, rows, at, actor, run, reason))?,
            Tx::Postgres(_) => tx_sql!(tx, execute(POSTGRES, tenant, rows, at, actor, run, reason))?,
        };
    }
    Ok(())
}
