//! SQL of what people see of findings and decide about them.

use chrono::{DateTime, Utc};
use const_format::concatcp;
use serde_json::Value;
use sqlx::types::Json;

use crate::{
    model::{
        drift::{BaselineKind, FindingEvent, FindingEventKind, FindingState, Severity},
        finding_filter::FindingFilter,
        ids::{FindingId, RunId, UserId},
    },
    server::db::{Db, DbResult, Tx, db_sql, scope::TenantScope, tx_sql},
};

/// A finding as it is stored.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct FindingRow {
    pub id: FindingId,
    pub baseline_kind: BaselineKind,
    pub baseline_name: String,
    pub family: String,
    pub graph_id: Option<String>,
    pub policy_name: String,
    pub path: String,
    pub before_value: Option<Json<Value>>,
    pub after_value: Option<Json<Value>>,
    pub value_hash: String,
    pub severity: Severity,
    pub state: FindingState,
    pub reason: Option<String>,
    pub decided_by_name: Option<String>,
    pub decided_at: Option<DateTime<Utc>>,
    pub first_seen_run: RunId,
    pub first_seen_at: DateTime<Utc>,
    pub last_seen_run: RunId,
    pub last_seen_at: DateTime<Utc>,
    pub resolved_at: Option<DateTime<Utc>>,
}

const COLUMNS: &str = "SELECT f.id, f.baseline_kind, f.baseline_name, f.family, f.graph_id, f.policy_name, f.path, \
    f.before_value, f.after_value, f.value_hash, f.severity, f.state, f.reason, f.decided_by_name, f.decided_at, \
    f.first_seen_run, f.first_seen_at, f.last_seen_run, f.last_seen_at, f.resolved_at FROM drift_findings f \
    WHERE f.tenant_id = $1";

/// What shows another tenant's settings is there only for those who may see that tenant; $2 has their slugs.
const SEEN_SQLITE: &str = " AND (f.baseline_kind <> 'tenant' OR f.baseline_id IN (SELECT value FROM json_each($2)))";
const SEEN_POSTGRES: &str =
    " AND (f.baseline_kind <> 'tenant' OR f.baseline_id IN (SELECT jsonb_array_elements_text($2)))";

/// Part of a text in any case, without its own wildcards.
fn pattern(search: &str) -> String {
    let mut pattern = String::from("%");
    for letter in search.to_lowercase().chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}

/// Findings in the order of families, policies and time, as the filter has them. `tenants` are the slugs of the
/// tenants that the reader is a member of.
pub async fn list(
    db: &Db,
    scope: TenantScope,
    tenants: &[String],
    filter: &FindingFilter,
    limit: i64,
) -> DbResult<Vec<FindingRow>> {
    // One statement for each way of asking for the state: so that each finds its index.
    const STATE: &str = " AND f.state = $9";
    const REST: &str = " AND ($3 IS NULL OR f.severity = $3) AND ($4 IS NULL OR f.family = $4) \
        AND ($5 IS NULL OR f.baseline_kind = $5) AND ($6 IS NULL OR f.baseline_id = $6) \
        AND ($7 IS NULL OR f.search_key LIKE $7 ESCAPE '\\')";
    const PLACE: &str = " AND (f.family, f.policy_name, f.policy_key, f.id) > (SELECT a.family, a.policy_name, \
        a.policy_key, a.id FROM drift_findings a WHERE a.tenant_id = $1 AND a.id = $10)";
    const ORDER: &str = " ORDER BY f.family, f.policy_name, f.policy_key, f.id LIMIT $8";
    // $9 and $10 stand in every text, so that there is one list of values.
    const ANY_STATE: &str = " AND $9 = 'all'";
    const FIRST: &str = " AND $10 IS NULL";
    macro_rules! texts {
        ($seen:ident) => {
            [
                concatcp!(COLUMNS, $seen, REST, STATE, FIRST, ORDER),
                concatcp!(COLUMNS, $seen, REST, STATE, PLACE, ORDER),
                concatcp!(COLUMNS, $seen, REST, ANY_STATE, FIRST, ORDER),
                concatcp!(COLUMNS, $seen, REST, ANY_STATE, PLACE, ORDER),
            ]
        };
    }
    const ON_SQLITE: [&str; 4] = texts!(SEEN_SQLITE);
    // PostgreSQL has to be told the types of values that stand only beside NULL.
    const ON_POSTGRES: [&str; 4] = texts!(SEEN_POSTGRES);
    let which = usize::from(filter.after.is_some()) + if filter.state.state().is_none() { 2 } else { 0 };
    let baseline = filter.baseline.as_deref().map(|word| word.split_once(':').unwrap_or((word, "")));
    let (tenant, seen, severity, family) = (scope.tenant(), Json(tenants), filter.severity, filter.family.as_deref());
    let (kind, id) = (baseline.map(|(kind, _)| kind), baseline.map(|(_, id)| id));
    let (search, state) = (filter.search.as_deref().map(pattern), filter.state.as_str());
    match db {
        Db::Sqlite(_) => {
            let text = ON_SQLITE[which];
            db_sql!(db, fetch_all(text, tenant, seen, severity, family, kind, id, search, limit, state, filter.after))
        }
        Db::Postgres(_) => {
            let text = ON_POSTGRES[which];
            db_sql!(db, fetch_all(text, tenant, seen, severity, family, kind, id, search, limit, state, filter.after))
        }
    }
}

/// One finding of the tenant, if the reader may see it.
pub async fn find(db: &Db, scope: TenantScope, tenants: &[String], id: FindingId) -> DbResult<Option<FindingRow>> {
    const ON_SQLITE: &str = concatcp!(COLUMNS, SEEN_SQLITE, " AND f.id = $3");
    const ON_POSTGRES: &str = concatcp!(COLUMNS, SEEN_POSTGRES, " AND f.id = $3");
    match db {
        Db::Sqlite(_) => db_sql!(db, fetch_optional(ON_SQLITE, scope.tenant(), Json(tenants), id)),
        Db::Postgres(_) => db_sql!(db, fetch_optional(ON_POSTGRES, scope.tenant(), Json(tenants), id)),
    }
}

/// These findings, as far as the reader may see them; on PostgreSQL held until the end of the transaction, in the order
/// in which runs hold them.
pub async fn hold(tx: &mut Tx, scope: TenantScope, tenants: &[String], ids: &[FindingId]) -> DbResult<Vec<FindingRow>> {
    const ON_SQLITE: &str =
        concatcp!(COLUMNS, SEEN_SQLITE, " AND f.id IN (SELECT unhex(value) FROM json_each($3)) ORDER BY f.key_hash");
    const ON_POSTGRES: &str = concatcp!(
        COLUMNS,
        SEEN_POSTGRES,
        " AND f.id IN (SELECT jsonb_array_elements_text($3)::uuid) ORDER BY f.key_hash FOR UPDATE"
    );
    let ids: Vec<String> = ids.iter().map(|id| id.0.simple().to_string()).collect();
    match tx {
        Tx::Sqlite(_) => tx_sql!(tx, fetch_all(ON_SQLITE, scope.tenant(), Json(tenants), Json(&ids))),
        Tx::Postgres(_) => tx_sql!(tx, fetch_all(ON_POSTGRES, scope.tenant(), Json(tenants), Json(&ids))),
    }
}

/// What a person decided. All absent: nothing is decided any more.
#[derive(Debug, Clone, Copy)]
pub struct DecidedBy<'a> {
    pub user: Option<UserId>,
    pub name: Option<&'a str>,
    pub reason: Option<&'a str>,
    pub at: Option<DateTime<Utc>>,
}

pub async fn decide(
    tx: &mut Tx,
    scope: TenantScope,
    id: FindingId,
    state: FindingState,
    by: DecidedBy<'_>,
) -> DbResult<()> {
    tx_sql!(
        tx,
        execute(
            "UPDATE drift_findings SET state = $3, decided_by_user_id = $4, decided_by_name = $5, reason = $6, \
             decided_at = $7 WHERE tenant_id = $1 AND id = $2",
            scope.tenant(),
            id,
            state,
            by.user,
            by.name,
            by.reason,
            by.at
        )
    )?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct EventRow {
    kind: FindingEventKind,
    at: DateTime<Utc>,
    actor: Option<String>,
    run_id: Option<RunId>,
    reason: Option<String>,
}

/// The history of a finding, oldest first; of a long one the newest `limit` lines.
pub async fn events(db: &Db, scope: TenantScope, finding: FindingId, limit: i64) -> DbResult<Vec<FindingEvent>> {
    let mut rows: Vec<EventRow> = db_sql!(
        db,
        fetch_all(
            "SELECT kind, at, actor, run_id, reason FROM drift_finding_events \
             WHERE tenant_id = $1 AND finding_id = $2 ORDER BY id DESC LIMIT $3",
            scope.tenant(),
            finding,
            limit
        )
    )?;
    rows.reverse();
    let event = |EventRow { kind, at, actor, run_id, reason }| FindingEvent { kind, at, actor, run: run_id, reason };
    Ok(rows.into_iter().map(event).collect())
}
