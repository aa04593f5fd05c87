//! SQL that reads one side of a comparison, a page at a time: who its policies are first, their content where needed.

use std::collections::HashMap;

use const_format::concatcp;
use serde_json::Value;
use sqlx::types::Json;
use uuid::Uuid;

use crate::{
    model::ids::RunId,
    server::db::{Db, DbResult, db_sql, scope::TenantScope, statement},
};

/// One side of a comparison.
#[derive(Debug, Clone, Copy)]
pub struct Side {
    pub scope: TenantScope,
    pub source: Source,
}

/// Where a side's policies are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The versions that were the newest after a sync.
    Snapshot(RunId),
    BackupSet(Uuid),
}

/// A policy without its content.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Head {
    pub graph_id: String,
    pub name: String,
    pub odata_type: Option<String>,
    pub content_hash: String,
    /// Absent where nobody has made one.
    pub assignments_hash: Option<String>,
}

/// What tells settings catalog policies of one name apart: the template, else the technologies. And who else has one.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct NamedHead {
    #[sqlx(flatten)]
    pub head: Head,
    pub template: Option<String>,
    pub technologies: Option<String>,
}

const HEAD: &str = "SELECT p.graph_id, p.name, p.odata_type, p.content_hash";
const NAMED: &str = ", CAST(p.body -> 'templateReference' ->> 'templateId' AS TEXT) AS template, \
     CAST(p.body ->> 'technologies' AS TEXT) AS technologies";

const SNAPSHOT_HASH: &str = ", p.assignments_hash";
/// For planners that know nothing of the table yet, `IS TRUE` keeps them from looking for runs by their index: policies are
/// to be found by theirs. And a newer version is looked for of each one by itself: a join would compare all with all.
const SNAPSHOT: &str = " FROM policy_versions p WHERE p.tenant_id = $1 AND p.family = $2 AND (p.run_id <= $3) IS TRUE \
    AND p.body IS NOT NULL AND (SELECT 1 FROM policy_versions n WHERE n.tenant_id = p.tenant_id \
    AND n.family = p.family AND n.graph_id = p.graph_id AND n.version > p.version AND (n.run_id <= $3) IS TRUE LIMIT 1) IS NULL";

const BACKUP_HASH: &str = ", CAST(NULL AS TEXT) AS assignments_hash";
const BACKUP: &str = " FROM backup_items p WHERE p.tenant_id = $1 AND p.family = $2 AND p.set_id = $3";

const PAGE: &str = " AND p.graph_id > $4 ORDER BY p.graph_id LIMIT $5";
const IDS: &str = " AND p.graph_id ";
const NAMES: &str = " AND p.name ";
const SQLITE: &str = "IN (SELECT value FROM json_each($4))";
const POSTGRES: &str = "= ANY ($4)";

/// Picks the text for the side's source and the database's engine, and reads with it. The list of ids or names is JSON on
/// SQLite, and an array on PostgreSQL, which can then use its index whatever it knows of the table.
macro_rules! read {
    ($db:expr, $side:expr, $family:expr, $list:expr, [$($before:expr),*], [$($snapshot:expr),*], [$($backup:expr),*], $in:expr) => {{
        let (tenant, id, list) = ($side.scope.tenant(), $side.id(), $list);
        match ($side.source, $db) {
            (Source::Snapshot(_), Db::Sqlite(db)) => statement!(db.read(), fetch_all(
                concatcp!($($before,)* $($snapshot,)* SNAPSHOT, $in, SQLITE), tenant, $family, id, Json(list))),
            (Source::Snapshot(_), Db::Postgres(pool)) => statement!(pool, fetch_all(
                concatcp!($($before,)* $($snapshot,)* SNAPSHOT, $in, POSTGRES), tenant, $family, id, list)),
            (Source::BackupSet(_), Db::Sqlite(db)) => statement!(db.read(), fetch_all(
                concatcp!($($before,)* $($backup,)* BACKUP, $in, SQLITE), tenant, $family, id, Json(list))),
            (Source::BackupSet(_), Db::Postgres(pool)) => statement!(pool, fetch_all(
                concatcp!($($before,)* $($backup,)* BACKUP, $in, POSTGRES), tenant, $family, id, list)),
        }
    }};
}

impl Side {
    fn id(self) -> Uuid {
        match self.source {
            Source::Snapshot(run) => run.0,
            Source::BackupSet(id) => id,
        }
    }

    /// The policies of a family by id, after one; an empty text is before all of them.
    pub async fn page(self, db: &Db, family: &str, after: &str, limit: i64) -> DbResult<Vec<Head>> {
        const OF_SNAPSHOT: &str = concatcp!(HEAD, SNAPSHOT_HASH, SNAPSHOT, PAGE);
        const OF_BACKUP: &str = concatcp!(HEAD, BACKUP_HASH, BACKUP, PAGE);
        let (tenant, id) = (self.scope.tenant(), self.id());
        match self.source {
            Source::Snapshot(_) => db_sql!(db, fetch_all(OF_SNAPSHOT, tenant, family, id, after, limit)),
            Source::BackupSet(_) => db_sql!(db, fetch_all(OF_BACKUP, tenant, family, id, after, limit)),
        }
    }

    /// How many policies of a family there are.
    pub async fn count(self, db: &Db, family: &str) -> DbResult<u64> {
        const OF_SNAPSHOT: &str = concatcp!("SELECT count(*)", SNAPSHOT);
        const OF_BACKUP: &str = concatcp!("SELECT count(*)", BACKUP);
        let (tenant, id) = (self.scope.tenant(), self.id());
        let (count,): (i64,) = match self.source {
            Source::Snapshot(_) => db_sql!(db, fetch_one(OF_SNAPSHOT, tenant, family, id))?,
            Source::BackupSet(_) => db_sql!(db, fetch_one(OF_BACKUP, tenant, family, id))?,
        };
        Ok(count.unsigned_abs())
    }

    /// The policies with these ids, as far as they are there.
    pub async fn by_id(self, db: &Db, family: &str, ids: &[&str]) -> DbResult<Vec<Head>> {
        read!(db, self, family, ids, [HEAD], [SNAPSHOT_HASH], [BACKUP_HASH], IDS)
    }

    /// All policies that have one of these names.
    pub async fn by_name(self, db: &Db, family: &str, names: &[&str]) -> DbResult<Vec<NamedHead>> {
        read!(db, self, family, names, [HEAD], [SNAPSHOT_HASH, NAMED], [BACKUP_HASH, NAMED], NAMES)
    }

    /// The normal forms of these policies.
    pub async fn bodies(self, db: &Db, family: &str, ids: &[&str]) -> DbResult<HashMap<String, Value>> {
        let rows: Vec<(String, Json<Value>)> =
            read!(db, self, family, ids, ["SELECT p.graph_id, p.body"], [], [], IDS)?;
        Ok(rows.into_iter().map(|(id, body)| (id, body.0)).collect())
    }

    /// Whom these policies are assigned to, as Graph gave it.
    pub async fn assignments(self, db: &Db, family: &str, ids: &[&str]) -> DbResult<HashMap<String, Value>> {
        let rows: Vec<(String, Json<Value>)> =
            read!(db, self, family, ids, ["SELECT p.graph_id, p.assignments"], [], [], IDS)?;
        Ok(rows.into_iter().map(|(id, assignments)| (id, assignments.0)).collect())
    }
}

/// The names that the tenant's groups have, also of those that are gone: assignments still point to them.
pub async fn group_names(db: &Db, scope: TenantScope, ids: &[&str]) -> DbResult<HashMap<String, String>> {
    const READ: &str = "SELECT graph_id, name FROM directory_groups WHERE tenant_id = $1 AND graph_id ";
    const OF_SQLITE: &str = concatcp!(READ, "IN (SELECT value FROM json_each($2))");
    const OF_POSTGRES: &str = concatcp!(READ, "= ANY ($2)");
    names(db, scope, ids, OF_SQLITE, OF_POSTGRES).await
}

/// The names that the inventory has of the tenant's assignment filters.
pub async fn filter_names(db: &Db, scope: TenantScope, ids: &[&str]) -> DbResult<HashMap<String, String>> {
    const READ: &str = "SELECT graph_id, name FROM inventory_items WHERE tenant_id = $1 AND family = 'assignment_filters' \
        AND graph_id ";
    const OF_SQLITE: &str = concatcp!(READ, "IN (SELECT value FROM json_each($2))");
    const OF_POSTGRES: &str = concatcp!(READ, "= ANY ($2)");
    names(db, scope, ids, OF_SQLITE, OF_POSTGRES).await
}

async fn names(
    db: &Db,
    scope: TenantScope,
    ids: &[&str],
    on_sqlite: &'static str,
    on_postgres: &'static str,
) -> DbResult<HashMap<String, String>> {
    let rows: Vec<(String, String)> = match db {
        Db::Sqlite(db) => statement!(db.read(), fetch_all(on_sqlite, scope.tenant(), Json(ids)))?,
        Db::Postgres(pool) => statement!(pool, fetch_all(on_postgres, scope.tenant(), ids))?,
    };
    Ok(rows.into_iter().collect())
}
