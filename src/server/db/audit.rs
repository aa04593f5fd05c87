//! SQL of `audit_entries`. There is no statement that changes or removes one: the database refuses both.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::types::Json;
use uuid::Uuid;

use super::{Db, DbResult, Tx, db_sql, scope::TenantScope, tx_sql};
use crate::model::{
    audit::{AuditAction, AuditEntry, Subject, SubjectKind},
    ids::{AuditEntryId, TenantId, UserId},
    page::Person,
};

/// Which entries are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditQuery {
    pub action: Option<AuditAction>,
    pub person: Option<UserId>,
    /// The ids from `first` to `last`, both included: they sort by time.
    pub first: AuditEntryId,
    pub last: AuditEntryId,
}

impl Default for AuditQuery {
    fn default() -> Self {
        Self { action: None, person: None, first: AuditEntryId(Uuid::nil()), last: AuditEntryId(Uuid::max()) }
    }
}

impl AuditQuery {
    /// Only what is older than this entry.
    pub fn before(&mut self, id: AuditEntryId) {
        match id.0.as_u128().checked_sub(1) {
            Some(last) => self.last = self.last.min(AuditEntryId(Uuid::from_u128(last))),
            None => self.first = AuditEntryId(Uuid::max()),
        }
    }
}

#[derive(sqlx::FromRow)]
struct EntryRow {
    id: AuditEntryId,
    at: DateTime<Utc>,
    actor_user_id: Option<UserId>,
    actor_name: String,
    actor_address: Option<String>,
    action: AuditAction,
    subject_kind: SubjectKind,
    subject_id: String,
    subject_name: String,
    detail: Json<Value>,
}

impl From<EntryRow> for AuditEntry {
    fn from(row: EntryRow) -> Self {
        Self {
            id: row.id,
            at: row.at,
            actor_user_id: row.actor_user_id,
            actor_name: row.actor_name,
            actor_address: row.actor_address,
            action: row.action,
            subject: Subject { kind: row.subject_kind, id: row.subject_id, name: row.subject_name },
            detail: row.detail.0,
        }
    }
}

/// Writes an entry down in the transaction of what it tells of.
pub async fn insert(tx: &mut Tx, tenant: TenantId, entry: &AuditEntry) -> DbResult<()> {
    tx_sql!(
        tx,
        execute(
            "INSERT INTO audit_entries (id, tenant_id, at, actor_user_id, actor_name, actor_address, action, subject_kind, \
             subject_id, subject_name, detail) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
            entry.id,
            tenant,
            entry.at,
            entry.actor_user_id,
            &entry.actor_name,
            entry.actor_address.as_deref(),
            entry.action,
            entry.subject.kind,
            &entry.subject.id,
            &entry.subject.name,
            Json(&entry.detail)
        )
    )?;
    Ok(())
}

/// Entries of the tenant, newest first.
pub async fn list(db: &Db, scope: TenantScope, query: &AuditQuery, limit: i64) -> DbResult<Vec<AuditEntry>> {
    let rows: Vec<EntryRow> = db_sql!(
        db,
        fetch_all(
            "SELECT id, at, actor_user_id, actor_name, actor_address, action, subject_kind, subject_id, subject_name, \
             detail FROM audit_entries WHERE tenant_id = $1 AND id >= $2 AND id <= $3 \
             AND ($4 IS NULL OR action = $4) AND ($5 IS NULL OR actor_user_id = $5) ORDER BY id DESC LIMIT $6",
            scope.tenant(),
            query.first,
            query.last,
            query.action,
            query.person,
            limit
        )
    )?;
    Ok(rows.into_iter().map(AuditEntry::from).collect())
}

/// Somebody who left, by the name of an entry of theirs. Who has none in the tenant stays unknown.
pub async fn actor(db: &Db, scope: TenantScope, user: UserId) -> DbResult<Option<Person>> {
    let name: Option<(String,)> = db_sql!(
        db,
        fetch_optional(
            "SELECT actor_name FROM audit_entries WHERE tenant_id = $1 AND actor_user_id = $2 ORDER BY id DESC LIMIT 1",
            scope.tenant(),
            user
        )
    )?;
    Ok(name.map(|(name,)| Person { id: user, name, member: false }))
}
