//! SQL of the pages that show items by family: the inventory and the policies.

use chrono::{DateTime, Utc};
use const_format::concatcp;

use super::{Db, DbResult, db_sql, scope::TenantScope};
use crate::model::item::ItemLine;

/// A table of items, as the statements that read it.
#[derive(Debug, Clone, Copy)]
pub struct ItemTable {
    counts: &'static str,
    page: &'static str,
    one: &'static str,
}

/// The version and the removal are columns of one of the two only.
macro_rules! item_table {
    ($table:literal, $there:literal, $version:literal, $removed:literal) => {
        item_table!(
            $table,
            $there,
            concatcp!(
                "SELECT graph_id, name, odata_type, ",
                $version,
                ", first_seen_at, last_changed_at, ",
                $removed,
                " FROM ",
                $table,
                " WHERE tenant_id = $1 AND family = $2 "
            )
        )
    };
    ($table:literal, $there:literal, $read:expr) => {
        ItemTable {
            counts: concatcp!("SELECT family, count(*) FROM ", $table, " WHERE tenant_id = $1", $there, " GROUP BY family"),
            // A parameter that is null asks for nothing.
            page: concatcp!(
                $read,
                "AND ($3 IS NULL OR lower(name) LIKE lower($3) ESCAPE '\\') AND ($4 IS NULL OR (lower(name), graph_id) > \
                 (SELECT lower(a.name), a.graph_id FROM ",
                $table,
                " a WHERE a.tenant_id = $1 AND a.family = $2 AND a.graph_id = $4)) ORDER BY lower(name), graph_id LIMIT $5"
            ),
            one: concatcp!($read, "AND graph_id = $3"),
        }
    };
}

pub const INVENTORY: ItemTable =
    item_table!("inventory_items", "", "CAST(NULL AS INTEGER)", "CAST(NULL AS TIMESTAMP WITH TIME ZONE)");
pub const POLICIES: ItemTable = item_table!("policies", " AND removed_at IS NULL", "version", "removed_at");

type Row = (String, String, Option<String>, Option<i32>, DateTime<Utc>, DateTime<Utc>, Option<DateTime<Utc>>);

fn line((id, name, odata_type, version, first_seen_at, last_changed_at, removed_at): Row) -> ItemLine {
    ItemLine { id, name, odata_type, version, first_seen_at, last_changed_at, removed_at }
}

/// How many items each family of the tenant has; families without any are absent.
pub async fn counts(db: &Db, scope: TenantScope, table: &ItemTable) -> DbResult<Vec<(String, i64)>> {
    db_sql!(db, fetch_all(table.counts, scope.tenant()))
}

/// The items of a family by name, in any case, those after the item with the id `after`. `q` is a part of the name.
pub async fn page(
    db: &Db,
    scope: TenantScope,
    table: &ItemTable,
    family: &str,
    q: Option<&str>,
    after: Option<&str>,
    limit: i64,
) -> DbResult<Vec<ItemLine>> {
    let q = q.map(pattern);
    let rows: Vec<Row> = db_sql!(db, fetch_all(table.page, scope.tenant(), family, q.as_deref(), after, limit))?;
    Ok(rows.into_iter().map(line).collect())
}

pub async fn one(db: &Db, scope: TenantScope, table: &ItemTable, family: &str, id: &str) -> DbResult<Option<ItemLine>> {
    let row: Option<Row> = db_sql!(db, fetch_optional(table.one, scope.tenant(), family, id))?;
    Ok(row.map(line))
}

/// What LIKE takes for "contains".
fn pattern(part: &str) -> String {
    let mut text = "%".to_owned();
    for letter in part.chars() {
        if matches!(letter, '%' | '_' | '\\') {
            text.push('\\');
        }
        text.push(letter);
    }
    text + "%"
}
