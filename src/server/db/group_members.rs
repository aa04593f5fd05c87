//! SQL of `directory_group_members`: only who is in which group, by id.

use std::collections::HashMap;

use const_format::concatcp;
use serde::Serialize;
use sqlx::types::Json;

use super::{DbResult, Tx, directory_groups::Pass, scope::TenantScope, tx_sql};

/// Somebody or something in a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Membership<'a> {
    pub group_id: &'a str,
    pub member_id: &'a str,
}

const SQLITE_ROWS: &str =
    "SELECT value ->> 'group_id' AS group_id, value ->> 'member_id' AS member_id FROM json_each($2)";
const POSTGRES_ROWS: &str =
    "SELECT group_id, member_id FROM jsonb_to_recordset($2) AS m (group_id text, member_id text)";

/// Adds members; one that is there already is only noted as seen. Gives how many each group has won.
pub async fn add(
    tx: &mut Tx,
    scope: TenantScope,
    members: &[Membership<'_>],
    seen: Pass,
) -> DbResult<HashMap<String, i64>> {
    if members.is_empty() {
        return Ok(HashMap::new());
    }
    const SEEN: &str = "UPDATE directory_group_members SET last_run_id = $3, last_pass = $4 WHERE tenant_id = $1 \
        AND (group_id, member_id) IN (";
    const INTO: &str = "INSERT INTO directory_group_members (tenant_id, group_id, member_id, last_run_id, last_pass) \
        SELECT $1, m.group_id, m.member_id, $3, $4 FROM (";
    const NEW: &str = ") AS m WHERE true ON CONFLICT (tenant_id, group_id, member_id) DO NOTHING RETURNING group_id";
    const SQLITE_SEEN: &str = concatcp!(SEEN, SQLITE_ROWS, ")");
    const SQLITE_NEW: &str = concatcp!(INTO, SQLITE_ROWS, NEW);
    const POSTGRES_SEEN: &str = concatcp!(SEEN, POSTGRES_ROWS, ")");
    const POSTGRES_NEW: &str = concatcp!(INTO, POSTGRES_ROWS, NEW);
    let rows = Json(members);
    let new: Vec<(String,)> = match tx {
        Tx::Sqlite(_) => {
            tx_sql!(tx, execute(SQLITE_SEEN, scope.tenant(), &rows, seen.run, seen.pass))?;
            tx_sql!(tx, fetch_all(SQLITE_NEW, scope.tenant(), &rows, seen.run, seen.pass))?
        }
        Tx::Postgres(_) => {
            tx_sql!(tx, execute(POSTGRES_SEEN, scope.tenant(), &rows, seen.run, seen.pass))?;
            tx_sql!(tx, fetch_all(POSTGRES_NEW, scope.tenant(), &rows, seen.run, seen.pass))?
        }
    };
    Ok(by_group(new))
}

/// Takes members out. Gives how many each group has lost.
pub async fn remove(tx: &mut Tx, scope: TenantScope, members: &[Membership<'_>]) -> DbResult<HashMap<String, i64>> {
    if members.is_empty() {
        return Ok(HashMap::new());
    }
    const DELETE: &str = "DELETE FROM directory_group_members WHERE tenant_id = $1 AND (group_id, member_id) IN (";
    const GONE: &str = ") RETURNING group_id";
    const SQLITE: &str = concatcp!(DELETE, SQLITE_ROWS, GONE);
    const POSTGRES: &str = concatcp!(DELETE, POSTGRES_ROWS, GONE);
    let gone: Vec<(String,)> = match tx {
        Tx::Sqlite(_) => tx_sql!(tx, fetch_all(SQLITE, scope.tenant(), Json(members)))?,
        Tx::Postgres(_) => tx_sql!(tx, fetch_all(POSTGRES, scope.tenant(), Json(members)))?,
    };
    Ok(by_group(gone))
}

/// Takes out who was in a group before and was not seen there by this attempt. Only after everything was read.
/// Gives the groups that have lost somebody, and how many.
pub async fn remove_unseen(tx: &mut Tx, scope: TenantScope, seen: Pass) -> DbResult<Vec<(String, i64)>> {
    let lost: Vec<(String, i64)> = tx_sql!(
        tx,
        fetch_all(
            "SELECT group_id, count(*) FROM directory_group_members WHERE tenant_id = $1 \
             AND (last_run_id <> $2 OR last_pass <> $3) GROUP BY group_id ORDER BY group_id",
            scope.tenant(),
            seen.run,
            seen.pass
        )
    )?;
    if !lost.is_empty() {
        tx_sql!(
            tx,
            execute(
                "DELETE FROM directory_group_members WHERE tenant_id = $1 AND (last_run_id <> $2 OR last_pass <> $3)",
                scope.tenant(),
                seen.run,
                seen.pass
            )
        )?;
    }
    Ok(lost)
}

fn by_group(rows: Vec<(String,)>) -> HashMap<String, i64> {
    let mut counts = HashMap::new();
    for (group,) in rows {
        *counts.entry(group).or_default() += 1;
    }
    counts
}
