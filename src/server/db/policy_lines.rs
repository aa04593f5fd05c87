//! SQL of lists of policies: those in a backup set, and those that could be put into one.

use chrono::{DateTime, Utc};

use super::{Db, DbResult, db_sql, scope::TenantScope};
use crate::model::ids::BackupSetId;

/// A line of a list of policies.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct LineRow {
    pub family: String,
    pub graph_id: String,
    pub name: String,
    pub odata_type: Option<String>,
    pub at: DateTime<Utc>,
}

/// Lines of a set, of a family or of all (empty), whose name fits a LIKE pattern (`%` for all), by family, name and id.
pub async fn lines(
    db: &Db,
    scope: TenantScope,
    set: BackupSetId,
    filter: (&str, &str),
    after: (&str, &str, &str),
    limit: i64,
) -> DbResult<Vec<LineRow>> {
    db_sql!(
        db,
        fetch_all(
            "SELECT family, graph_id, name, odata_type, captured_at AS at FROM backup_items \
             WHERE tenant_id = $1 AND set_id = $2 AND ($3 = '' OR family = $3) AND lower(name) LIKE $4 ESCAPE '\\' \
             AND (family, name, graph_id) > ($5, $6, $7) ORDER BY family, name, graph_id LIMIT $8",
            scope.tenant(),
            set,
            filter.0,
            filter.1,
            after.0,
            after.1,
            after.2,
            limit
        )
    )
}

/// The policies of the tenant that could be put into a set, in the same way.
pub async fn choices(
    db: &Db,
    scope: TenantScope,
    filter: (&str, &str),
    after: (&str, &str, &str),
    limit: i64,
) -> DbResult<Vec<LineRow>> {
    db_sql!(
        db,
        fetch_all(
            "SELECT family, graph_id, name, odata_type, last_changed_at AS at FROM policies \
             WHERE tenant_id = $1 AND removed_at IS NULL AND ($2 = '' OR family = $2) \
             AND lower(name) LIKE $3 ESCAPE '\\' AND (family, name, graph_id) > ($4, $5, $6) \
             ORDER BY family, name, graph_id LIMIT $7",
            scope.tenant(),
            filter.0,
            filter.1,
            after.0,
            after.1,
            after.2,
            limit
        )
    )
}

/// How many policies of each family the tenant has.
pub async fn choice_families(db: &Db, scope: TenantScope) -> DbResult<Vec<(String, i64)>> {
    db_sql!(
        db,
        fetch_all(
            "SELECT family, count(*) FROM policies WHERE tenant_id = $1 AND removed_at IS NULL GROUP BY family",
            scope.tenant()
        )
    )
}
