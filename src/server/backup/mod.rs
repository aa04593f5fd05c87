//! Backup sets: making them, choosing what goes in, looking at them, removing them, and taking them out as a file and
//! back in. Reading the policies is the work of a run, `backup_set.add_policies`.

pub mod archive;
mod choose;
mod inputs;
mod load;
mod request;
pub mod routes;
mod settle;
mod view;

use chrono::TimeDelta;
use tracing::info;

pub use self::{
    choose::PolicyFilter,
    inputs::{AddInputs, family_label, policy_family},
    request::AddRequest,
    settle::SettleBackupSet,
};
use crate::{
    error::AppError,
    model::{
        audit::{AuditAction, Subject, SubjectKind},
        backup::{BackupSet, Keep, PolicyKey, SetSource, SetStatus},
        ids::BackupSetId,
        operation::OperationType,
        run::Started,
    },
    server::{
        audit::Deed,
        auth::is_name,
        clock::Clock,
        db::{
            Db, DbResult, Tx,
            backups::{self, NewSet},
            members::Membership,
            scope::TenantScope,
        },
        error::ServiceError,
        runs::OperationRunService,
        start::start_as,
    },
};

/// Backup sets of tenants. Made for a request; cheap.
#[derive(Clone)]
pub struct BackupService {
    ledger: OperationRunService,
}

/// The set that policies are added to.
#[derive(Debug, Clone)]
pub enum IntoSet {
    Existing(BackupSetId),
    /// A set that the request makes; the same request sent again finds it made.
    New {
        id: BackupSetId,
        name: String,
        keep: Keep,
        keep_open: bool,
    },
}

impl BackupService {
    pub fn new(ledger: &OperationRunService) -> Self {
        Self { ledger: ledger.clone() }
    }

    fn db(&self) -> &Db {
        self.ledger.db()
    }

    fn clock(&self) -> &Clock {
        self.ledger.clock()
    }

    /// Asks for a run that adds these policies to a set. The same request while it runs joins the run.
    pub async fn add(
        &self,
        member: &Membership,
        into: IntoSet,
        policies: Vec<PolicyKey>,
    ) -> Result<Started, ServiceError> {
        let (id, made) = match &into {
            IntoSet::Existing(id) | IntoSet::New { id, .. } => (*id, matches!(into, IntoSet::New { .. })),
        };
        // Refused before a set is made for it.
        let asked = policies.len();
        let inputs = AddInputs { backup_set_id: id, policies }.checked()?.to_value();
        let fresh = made && self.make(member, &into).await?;
        let set = self.check_open(member.scope(), id).await?;
        let action = if fresh { AuditAction::BackupSetCreated } else { AuditAction::BackupSetExtended };
        let deed = Deed::new(member, action).to(subject_of(&set)).with("policies", asked);
        match start_as(&self.ledger, member.scope(), OperationType::BackupSetAddPolicies, &inputs, deed).await {
            Ok(ensured) => Ok(ensured.into()),
            Err(error) => {
                if fresh {
                    self.removal(member.scope(), id).await?.0.commit().await?;
                }
                Err(error)
            }
        }
    }

    /// Makes the new set; false when it is there already.
    async fn make(&self, member: &Membership, into: &IntoSet) -> Result<bool, ServiceError> {
        let IntoSet::New { id, name, keep, keep_open } = into else { return Ok(false) };
        if !is_name(name) {
            return Err(AppError::invalid("A backup set needs a name of one line, at most 200 characters.").into());
        }
        let now = self.clock().now();
        let new = NewSet {
            id: *id,
            name: name.trim().to_owned(),
            source: SetSource::Captured,
            keep_open: *keep_open,
            created_by: (Some(member.user_id()), member.user_name().to_owned()),
            created_at: now,
            expires_at: keep.days().map(|days| now + TimeDelta::days(days)),
        };
        let mut tx = self.db().begin().await?;
        let made = backups::insert(&mut tx, member.scope(), &new).await?;
        tx.commit().await?;
        if made {
            info!(set = %id, tenant = %member.scope().tenant(), "backup set made");
        }
        Ok(made)
    }

    async fn check_open(&self, scope: TenantScope, id: BackupSetId) -> Result<BackupSet, ServiceError> {
        let set = self.find(scope, id).await?;
        match set.closed() {
            Some(sentence) => Err(AppError::Conflict { message: sentence.to_owned() }.into()),
            None => Ok(set),
        }
    }

    /// A set of the tenant; one of another tenant does not exist.
    pub async fn find(&self, scope: TenantScope, id: BackupSetId) -> Result<BackupSet, ServiceError> {
        Ok(backups::find(self.db(), scope, id).await?.ok_or_else(no_set)?)
    }

    /// Says that an open set has all that it should have: it stays as it is from now on.
    pub async fn complete(&self, member: &Membership, id: BackupSetId) -> Result<(), ServiceError> {
        let mut tx = self.db().begin().await?;
        let set = backups::lock(&mut tx, member.scope(), id).await?.ok_or_else(no_set)?;
        let refused = match set.status {
            // Whole as soon as it is there: until then whoever makes it says so.
            _ if set.source != SetSource::Captured => set.closed(),
            SetStatus::Complete => return Ok(()),
            _ if set.busy => Some("A run is adding policies to this set. Wait until it has ended."),
            SetStatus::Incomplete => Some("Some policies are missing from this set. Try them again first."),
            SetStatus::Open if set.items == 0 => Some("There is nothing in this set yet. Add policies first."),
            SetStatus::Open => None,
        };
        if let Some(message) = refused {
            return Err(AppError::Conflict { message: message.to_owned() }.into());
        }
        backups::set_status(&mut tx, member.scope(), id, SetStatus::Complete, Some(self.clock().now())).await?;
        self.note(&mut tx, member, AuditAction::BackupSetCompleted, &set).await?;
        tx.commit().await?;
        info!(set = %id, user = %member.user_id(), "backup set completed");
        Ok(())
    }

    /// Removes a set with all that is in it, once its name was typed: it does not come back.
    pub async fn delete(&self, member: &Membership, id: BackupSetId, typed: &str) -> Result<(), ServiceError> {
        let set = self.find(member.scope(), id).await?;
        if typed.trim() != set.name {
            return Err(AppError::invalid("Type the name of the set exactly as it is to delete it.").into());
        }
        let (mut tx, set) = self.removal(member.scope(), id).await?;
        self.note(&mut tx, member, AuditAction::BackupSetDeleted, &set).await?;
        tx.commit().await?;
        info!(set = %id, user = %member.user_id(), "backup set deleted");
        Ok(())
    }

    /// Removes a set that nothing is added to, once the transaction is committed.
    async fn removal(&self, scope: TenantScope, id: BackupSetId) -> Result<(Tx, BackupSet), ServiceError> {
        let mut tx = self.db().begin().await?;
        let set = backups::lock(&mut tx, scope, id).await?.ok_or_else(no_set)?;
        if set.busy {
            let message = "A run is adding policies to this set. Cancel it or wait until it has ended.";
            return Err(AppError::Conflict { message: message.to_owned() }.into());
        }
        backups::delete(&mut tx, scope, id).await?;
        Ok((tx, set))
    }

    async fn note(&self, tx: &mut Tx, member: &Membership, action: AuditAction, set: &BackupSet) -> DbResult<()> {
        Deed::new(member, action)
            .with("policies", set.items)
            .done_to(subject_of(set), tx, self.clock(), member.scope())
            .await
    }

    /// Writes down that a member takes a set out as a file.
    pub async fn taken_out(&self, member: &Membership, set: &BackupSet) -> Result<(), ServiceError> {
        let mut tx = self.db().begin().await?;
        self.note(&mut tx, member, AuditAction::BackupSetDownloaded, set).await?;
        Ok(tx.commit().await?)
    }
}

fn subject_of(set: &BackupSet) -> Subject {
    Subject::new(SubjectKind::BackupSet, set.id, &*set.name)
}

fn no_set() -> AppError {
    AppError::not_found("This backup set")
}
