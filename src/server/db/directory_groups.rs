//! SQL of `directory_groups`, as a sync writes it.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use const_format::concatcp;
use serde::Serialize;
use sqlx::types::Json;

use super::{DbResult, Tx, scope::TenantScope, tx_sql};
use crate::model::{
    directory_group::{GroupKind, RemovedReason},
    ids::RunId,
};

/// Who sees the groups: a pass of a run over its change list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pass {
    pub run: RunId,
    /// Two times the attempt, and one more where everything is read.
    pub pass: i32,
}

impl Pass {
    pub const fn changes(run: RunId, attempt: i32) -> Self {
        Self { run, pass: 2 * attempt }
    }

    pub const fn everything(run: RunId, attempt: i32) -> Self {
        Self { run, pass: 2 * attempt + 1 }
    }

    /// Whether a group that was last seen like this was seen by the same attempt.
    pub fn is_of_attempt(self, last_run_id: RunId, last_pass: i32) -> bool {
        self.run == last_run_id && self.pass / 2 == last_pass / 2
    }
}

/// What is known of a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, sqlx::FromRow)]
pub struct GroupFacts {
    pub graph_id: String,
    pub name: String,
    /// The name in lower case.
    pub name_key: String,
    pub description: Option<String>,
    pub kind: GroupKind,
    pub dynamic: bool,
    pub membership_rule: Option<String>,
    pub mail_enabled: bool,
    pub security_enabled: bool,
    pub member_count: i64,
}

/// A stored group, with the runs that tell what a run made of it.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct StoredGroup {
    #[sqlx(flatten)]
    pub facts: GroupFacts,
    /// Whether it was gone.
    pub removed: bool,
    pub created_run_id: RunId,
    pub changed_run_id: RunId,
    pub removed_run_id: Option<RunId>,
    pub last_run_id: RunId,
    pub last_pass: i32,
}

/// What is stored for these ids.
pub async fn stored(tx: &mut Tx, scope: TenantScope, ids: &[&str]) -> DbResult<HashMap<String, StoredGroup>> {
    const READ: &str = "SELECT graph_id, name, name_key, description, kind, dynamic, membership_rule, mail_enabled, \
        security_enabled, member_count, removed_at IS NOT NULL AS removed, created_run_id, changed_run_id, \
        removed_run_id, last_run_id, last_pass FROM directory_groups WHERE tenant_id = $1 AND graph_id ";
    const SQLITE: &str = concatcp!(READ, "IN (SELECT value FROM json_each($2))");
    const POSTGRES: &str = concatcp!(READ, "= ANY (ARRAY(SELECT jsonb_array_elements_text($2)))");
    let ids = Json(ids);
    let rows: Vec<StoredGroup> = match tx {
        Tx::Sqlite(_) => tx_sql!(tx, fetch_all(SQLITE, scope.tenant(), ids))?,
        Tx::Postgres(_) => tx_sql!(tx, fetch_all(POSTGRES, scope.tenant(), ids))?,
    };
    Ok(rows.into_iter().map(|row| (row.facts.graph_id.clone(), row)).collect())
}

/// Writes groups that are new or have changed; one that was gone is there again. Ids are unique in `groups`.
pub async fn write(
    tx: &mut Tx,
    scope: TenantScope,
    groups: &[GroupFacts],
    seen: Pass,
    at: DateTime<Utc>,
) -> DbResult<()> {
    const INTO: &str = "INSERT INTO directory_groups (tenant_id, graph_id, name, name_key, description, kind, dynamic, \
        membership_rule, mail_enabled, security_enabled, member_count, first_seen_at, last_changed_at, created_run_id, \
        changed_run_id, last_run_id, last_pass) ";
    // `WHERE true` keeps SQLite from reading ON CONFLICT as a join's ON.
    const CONFLICT: &str = " ON CONFLICT (tenant_id, graph_id) DO UPDATE SET name = excluded.name, \
        name_key = excluded.name_key, description = excluded.description, kind = excluded.kind, \
        dynamic = excluded.dynamic, membership_rule = excluded.membership_rule, mail_enabled = excluded.mail_enabled, \
        security_enabled = excluded.security_enabled, member_count = excluded.member_count, \
        last_changed_at = excluded.last_changed_at, removed_at = NULL, removed_reason = NULL, \
        changed_run_id = excluded.changed_run_id, last_run_id = excluded.last_run_id, \
        last_pass = excluded.last_pass";
    const SQLITE: &str = concatcp!(
        INTO,
        "SELECT $1, value ->> 'graph_id', value ->> 'name', value ->> 'name_key', value ->> 'description', \
         value ->> 'kind', value ->> 'dynamic', value ->> 'membership_rule', value ->> 'mail_enabled', \
         value ->> 'security_enabled', value ->> 'member_count', $3, $3, $4, $4, $4, $5 FROM json_each($2) WHERE true",
        CONFLICT
    );
    const POSTGRES: &str = concatcp!(
        INTO,
        "SELECT $1, graph_id, name, name_key, description, kind, dynamic, membership_rule, mail_enabled, \
         security_enabled, member_count, $3, $3, $4, $4, $4, $5 FROM jsonb_to_recordset($2) AS g (graph_id text, \
         name text, name_key text, description text, kind text, dynamic boolean, membership_rule text, \
         mail_enabled boolean, security_enabled boolean, member_count bigint)",
        CONFLICT
    );
    match tx {
        Tx::Sqlite(_) => tx_sql!(tx, execute(SQLITE, scope.tenant(), Json(groups), at, seen.run, seen.pass))?,
        Tx::Postgres(_) => tx_sql!(tx, execute(POSTGRES, scope.tenant(), Json(groups), at, seen.run, seen.pass))?,
    };
    Ok(())
}

/// Notes that groups were seen as they are.
pub async fn touch(tx: &mut Tx, scope: TenantScope, ids: &[&str], seen: Pass) -> DbResult<()> {
    const SET: &str = "UPDATE directory_groups SET last_run_id = $3, last_pass = $4 WHERE tenant_id = $1 AND graph_id ";
    const SQLITE: &str = concatcp!(SET, "IN (SELECT value FROM json_each($2))");
    const POSTGRES: &str = concatcp!(SET, "= ANY (ARRAY(SELECT jsonb_array_elements_text($2)))");
    let ids = Json(ids);
    match tx {
        Tx::Sqlite(_) => tx_sql!(tx, execute(SQLITE, scope.tenant(), ids, seen.run, seen.pass))?,
        Tx::Postgres(_) => tx_sql!(tx, execute(POSTGRES, scope.tenant(), ids, seen.run, seen.pass))?,
    };
    Ok(())
}

/// Turns a group into a tombstone: the row stays, nobody is in it. One that is a tombstone keeps its time.
pub async fn bury(
    tx: &mut Tx,
    scope: TenantScope,
    id: &str,
    reason: RemovedReason,
    seen: Pass,
    at: DateTime<Utc>,
) -> DbResult<()> {
    tx_sql!(
        tx,
        execute("DELETE FROM directory_group_members WHERE tenant_id = $1 AND group_id = $2", scope.tenant(), id)
    )?;
    tx_sql!(
        tx,
        execute(
            "UPDATE directory_groups SET removed_run_id = CASE WHEN removed_at IS NULL THEN $3 ELSE removed_run_id END, \
             removed_at = COALESCE(removed_at, $5), removed_reason = $6, member_count = 0, last_run_id = $3, \
             last_pass = $4 WHERE tenant_id = $1 AND graph_id = $2",
            scope.tenant(),
            id,
            seen.run,
            seen.pass,
            at,
            reason
        )
    )?;
    Ok(())
}

/// What a read of everything did not find, of what was there before it or was removed by an earlier attempt of the run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Unseen {
    pub removed: i64,
    /// Of them, those that this attempt has counted as new or changed before.
    pub created: i64,
    pub updated: i64,
}

/// Turns into tombstones what this attempt did not see. Only after everything was read.
pub async fn bury_unseen(tx: &mut Tx, scope: TenantScope, seen: Pass, at: DateTime<Utc>) -> DbResult<Unseen> {
    const UNSEEN: &str = "tenant_id = $1 AND (last_run_id <> $2 OR last_pass <> $3) \
        AND (removed_at IS NULL OR (removed_run_id = $2 AND last_pass <> $3 - 1))";
    const COUNTED: &str = "removed_at IS NULL AND last_run_id = $2 AND last_pass = $3 - 1";
    const COUNT: &str = concatcp!(
        "SELECT count(*) AS removed, COALESCE(sum(CASE WHEN created_run_id = $2 AND ",
        COUNTED,
        " THEN 1 ELSE 0 END), 0) AS created, COALESCE(sum(CASE WHEN changed_run_id = $2 AND created_run_id <> $2 AND ",
        COUNTED,
        " THEN 1 ELSE 0 END), 0) AS updated FROM directory_groups WHERE ",
        UNSEEN
    );
    const MEMBERS: &str = concatcp!(
        "DELETE FROM directory_group_members WHERE tenant_id = $1 AND group_id IN \
         (SELECT graph_id FROM directory_groups WHERE ",
        UNSEEN,
        ")"
    );
    const BURY: &str = concatcp!(
        "UPDATE directory_groups SET removed_at = COALESCE(removed_at, $4), removed_run_id = $2, member_count = 0, \
         last_run_id = $2, last_pass = $3 WHERE ",
        UNSEEN
    );
    let unseen: Unseen = tx_sql!(tx, fetch_one(COUNT, scope.tenant(), seen.run, seen.pass))?;
    tx_sql!(tx, execute(MEMBERS, scope.tenant(), seen.run, seen.pass))?;
    tx_sql!(tx, execute(BURY, scope.tenant(), seen.run, seen.pass, at))?;
    Ok(unseen)
}

/// How many groups are there that the run neither found first nor changed.
pub async fn count_unchanged(tx: &mut Tx, scope: TenantScope, run: RunId) -> DbResult<u64> {
    let (count,): (i64,) = tx_sql!(
        tx,
        fetch_one(
            "SELECT count(*) FROM directory_groups WHERE tenant_id = $1 AND removed_at IS NULL AND created_run_id <> $2 \
             AND changed_run_id <> $2",
            scope.tenant(),
            run
        )
    )?;
    Ok(u64::try_from(count).unwrap_or_default())
}
