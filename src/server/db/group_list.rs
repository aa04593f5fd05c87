//! SQL of the groups page.

use chrono::{DateTime, Utc};
use const_format::concatcp;

use super::{
    Db, DbResult, db_sql,
    rows::{RUN_COLUMNS, RunRow},
    scope::TenantScope,
};
use crate::model::{
    directory_group::{DirectoryGroup, GroupCursor, GroupKind, GroupSelection, RemovedGroup, RemovedReason},
    run::Run,
};

/// Which groups to list. Absent means all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GroupQuery {
    /// A part of the name, in any case.
    pub name: Option<String>,
    pub selection: Option<GroupSelection>,
    pub after: Option<GroupCursor>,
}

#[derive(sqlx::FromRow)]
struct GroupRow {
    graph_id: String,
    name: String,
    description: Option<String>,
    kind: GroupKind,
    dynamic: bool,
    membership_rule: Option<String>,
    member_count: i64,
    last_changed_at: DateTime<Utc>,
    removed_at: Option<DateTime<Utc>>,
    removed_reason: Option<RemovedReason>,
}

/// The tenant's groups by name. Without a cursor from the first; an empty name is before every other.
pub async fn list(db: &Db, scope: TenantScope, query: &GroupQuery, limit: i64) -> DbResult<Vec<DirectoryGroup>> {
    // A parameter that is null asks for nothing. `$4` and `$5` are the two choices that are no kind.
    const SQL: &str = "SELECT graph_id, name, description, kind, dynamic, membership_rule, member_count, last_changed_at, \
        removed_at, removed_reason FROM directory_groups WHERE tenant_id = $1 AND (name_key, graph_id) > ($6, $7) \
        AND ($2 IS NULL OR name_key LIKE $2 ESCAPE '\\') AND ($3 IS NULL OR kind = $3) AND (NOT $4 OR dynamic) \
        AND (NOT $5 OR removed_at IS NOT NULL) ORDER BY name_key, graph_id LIMIT $8";
    let (name_key, id) = match &query.after {
        Some(after) => (after.name_key.as_str(), after.id.as_str()),
        None => ("", ""),
    };
    let rows: Vec<GroupRow> = db_sql!(
        db,
        fetch_all(
            SQL,
            scope.tenant(),
            query.name.as_deref().map(pattern),
            query.selection.and_then(GroupSelection::kind),
            query.selection == Some(GroupSelection::Dynamic),
            query.selection == Some(GroupSelection::Removed),
            name_key,
            id,
            limit
        )
    )?;
    let mut groups = Vec::with_capacity(rows.len());
    for row in rows {
        let removed = match row.removed_at {
            None => None,
            Some(at) => {
                let policies = count_assigned(db, scope, &row.graph_id).await?;
                Some(RemovedGroup { at, reason: row.removed_reason, policies })
            }
        };
        groups.push(DirectoryGroup {
            id: row.graph_id,
            name: row.name,
            description: row.description,
            kind: row.kind,
            dynamic: row.dynamic,
            membership_rule: row.membership_rule,
            member_count: row.member_count,
            last_changed_at: row.last_changed_at,
            removed,
        });
    }
    Ok(groups)
}

/// Contains these words, whatever the case; `%` and `_` stand for themselves.
fn pattern(name: &str) -> String {
    let plain = name.to_lowercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("%{plain}%")
}

/// How many of the tenant's policies name the group in their assignments.
async fn count_assigned(db: &Db, scope: TenantScope, id: &str) -> DbResult<i64> {
    let (count,): (i64,) = db_sql!(
        db,
        fetch_one(
            "SELECT count(*) FROM policies p JOIN policy_versions v ON v.tenant_id = p.tenant_id AND v.family = p.family \
             AND v.graph_id = p.graph_id AND v.version = p.version WHERE p.tenant_id = $1 AND p.removed_at IS NULL \
             AND CAST(v.assignments AS TEXT) LIKE $2 ESCAPE '\\'",
            scope.tenant(),
            pattern(id)
        )
    )?;
    Ok(count)
}

/// Whether the tenant has any group, gone ones included.
pub async fn any(db: &Db, scope: TenantScope) -> DbResult<bool> {
    let row: Option<(i32,)> =
        db_sql!(db, fetch_optional("SELECT 1 FROM directory_groups WHERE tenant_id = $1 LIMIT 1", scope.tenant()))?;
    Ok(row.is_some())
}

/// The tenant's newest sync of groups, in whatever state.
pub async fn last_sync(db: &Db, scope: TenantScope) -> DbResult<Option<Run>> {
    const SQL: &str = concatcp!(
        "SELECT ",
        RUN_COLUMNS,
        " FROM operation_runs WHERE tenant_id = $1 AND id = (SELECT s.operation_run_id \
         FROM directory_group_sync_runs s WHERE s.tenant_id = $1 ORDER BY s.operation_run_id DESC LIMIT 1)"
    );
    let row: Option<RunRow> = db_sql!(db, fetch_optional(SQL, scope.tenant()))?;
    Ok(row.map(Run::from))
}

/// How many of the tenant's groups are there, how many are gone, and how many memberships those that are there have:
/// by their own counts, and by the rows of members.
pub async fn totals(db: &Db, scope: TenantScope) -> DbResult<(i64, i64, i64, i64)> {
    db_sql!(
        db,
        fetch_one(
            "SELECT COALESCE(sum(CASE WHEN removed_at IS NULL THEN 1 ELSE 0 END), 0), \
             COALESCE(sum(CASE WHEN removed_at IS NULL THEN 0 ELSE 1 END), 0), \
             CAST(COALESCE(sum(member_count), 0) AS BIGINT), \
             (SELECT count(*) FROM directory_group_members m WHERE m.tenant_id = $1) \
             FROM directory_groups WHERE tenant_id = $1",
            scope.tenant()
        )
    )
}
