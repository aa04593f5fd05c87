//! The audit log: what somebody did is written down in the transaction that does it.

mod page;
pub mod routes;

use std::net::IpAddr;

use serde_json::{Value, json};

pub use self::page::page;
use super::{
    clock::Clock,
    db::{DbResult, Tx, audit, members::Membership, scope::TenantScope},
};
use crate::model::{
    audit::{AuditAction, AuditEntry, Subject, SubjectKind},
    ids::{AuditEntryId, TenantId},
    run::{Initiator, Run},
};

/// Who does something, and from where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct By {
    pub initiator: Initiator,
    /// None at the server's own command line.
    pub address: Option<IpAddr>,
}

impl From<Initiator> for By {
    fn from(initiator: Initiator) -> Self {
        Self { initiator, address: None }
    }
}

impl From<&Initiator> for By {
    fn from(initiator: &Initiator) -> Self {
        initiator.clone().into()
    }
}

impl From<&Membership> for By {
    fn from(member: &Membership) -> Self {
        Self { initiator: member.initiator(), address: member.address() }
    }
}

/// What somebody asks for. It becomes an entry with the change that comes of it, or none when nothing does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deed {
    pub by: By,
    pub action: AuditAction,
    /// What it is done to; none for the run that comes of it.
    subject: Option<Subject>,
    detail: Value,
}

impl Deed {
    /// Done to the run that comes of it.
    pub fn new(by: impl Into<By>, action: AuditAction) -> Self {
        Self { by: by.into(), action, subject: None, detail: json!({}) }
    }

    #[must_use]
    pub fn to(self, subject: Subject) -> Self {
        Self { subject: Some(subject), ..self }
    }

    /// With facts beside. They are read by everybody in the tenant: no secrets.
    #[must_use]
    pub fn with(mut self, key: &str, fact: impl serde::Serialize) -> Self {
        self.detail[key] = json!(fact);
        self
    }

    /// Writes down that it led to this run, which was there already if it was `joined`.
    pub async fn led_to(&self, tx: &mut Tx, clock: &Clock, run: &Run, joined: bool) -> DbResult<()> {
        let deed = self.clone();
        let deed = if joined { deed.with("joined", true) } else { deed };
        match self.subject.clone() {
            Some(subject) => deed.with("run", run.id).write(tx, clock, run.tenant_id, subject).await,
            None => deed.write(tx, clock, run.tenant_id, subject_of(run)).await,
        }
    }

    /// Writes down that it was done to this, in the transaction that does it.
    pub async fn done_to(self, subject: Subject, tx: &mut Tx, clock: &Clock, scope: TenantScope) -> DbResult<()> {
        self.write(tx, clock, scope.tenant(), subject).await
    }

    /// What the system does by itself is nobody's deed.
    async fn write(self, tx: &mut Tx, clock: &Clock, tenant: TenantId, subject: Subject) -> DbResult<()> {
        if self.by.initiator == Initiator::system() {
            return Ok(());
        }
        let entry = AuditEntry {
            at: clock.now(),
            id: AuditEntryId(clock.new_id()),
            actor_user_id: self.by.initiator.user_id,
            actor_name: self.by.initiator.name,
            actor_address: self.by.address.map(|address| address.to_string()),
            action: self.action,
            subject,
            detail: self.detail,
        };
        audit::insert(tx, tenant, &entry).await
    }
}

/// A run as what something is done to.
pub fn subject_of(run: &Run) -> Subject {
    Subject::new(SubjectKind::Run, run.id, run.operation_type.label())
}
