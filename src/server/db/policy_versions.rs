//! SQL that reads the versions of a policy, and the names of what its assignments point to.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use const_format::concatcp;
use serde_json::Value;
use sqlx::types::Json;

use super::{Db, DbResult, db_sql, scope::TenantScope};
use crate::model::{ids::RunId, policy::PolicyVersion};

/// What one version holds. Without a body the policy was gone.
#[derive(Debug, Clone, PartialEq)]
pub struct VersionContent {
    pub body: Option<Value>,
    pub assignments: Value,
}

/// The newest versions of a policy, newest first.
pub async fn list(db: &Db, scope: TenantScope, family: &str, id: &str, limit: i64) -> DbResult<Vec<PolicyVersion>> {
    let rows: Vec<(i32, DateTime<Utc>, RunId, bool)> = db_sql!(
        db,
        fetch_all(
            "SELECT version, recorded_at, run_id, body IS NULL FROM policy_versions WHERE tenant_id = $1 AND family = $2 \
             AND graph_id = $3 ORDER BY version DESC LIMIT $4",
            scope.tenant(),
            family,
            id,
            limit
        )
    )?;
    let version = |(version, recorded_at, run, gone)| PolicyVersion { version, recorded_at, run, gone };
    Ok(rows.into_iter().map(version).collect())
}

pub async fn content(
    db: &Db,
    scope: TenantScope,
    family: &str,
    id: &str,
    version: i32,
) -> DbResult<Option<VersionContent>> {
    let row: Option<(Option<Json<Value>>, Json<Value>)> = db_sql!(
        db,
        fetch_optional(
            "SELECT body, assignments FROM policy_versions WHERE tenant_id = $1 AND family = $2 AND graph_id = $3 \
             AND version = $4",
            scope.tenant(),
            family,
            id,
            version
        )
    )?;
    Ok(row.map(|(body, assignments)| VersionContent { body: body.map(|json| json.0), assignments: assignments.0 }))
}

/// The names of groups and of assignment filters, by id, as far as they were synced.
pub async fn names(db: &Db, scope: TenantScope, ids: &[&str]) -> DbResult<HashMap<String, String>> {
    const READ: &str = "SELECT graph_id, name FROM directory_groups WHERE tenant_id = $1 AND graph_id IN ";
    const FILTERS: &str = " UNION ALL SELECT graph_id, name FROM inventory_items WHERE tenant_id = $1 AND family = 'assignment_filters' \
         AND graph_id IN ";
    const SQLITE_IDS: &str = "(SELECT value FROM json_each($2))";
    const POSTGRES_IDS: &str = "(SELECT jsonb_array_elements_text($2))";
    const SQLITE: &str = concatcp!(READ, SQLITE_IDS, FILTERS, SQLITE_IDS);
    const POSTGRES: &str = concatcp!(READ, POSTGRES_IDS, FILTERS, POSTGRES_IDS);
    let rows: Vec<(String, String)> = match db {
        Db::Sqlite(_) => db_sql!(db, fetch_all(SQLITE, scope.tenant(), Json(ids)))?,
        Db::Postgres(_) => db_sql!(db, fetch_all(POSTGRES, scope.tenant(), Json(ids)))?,
    };
    Ok(rows.into_iter().filter(|(_, name)| !name.is_empty()).collect())
}
