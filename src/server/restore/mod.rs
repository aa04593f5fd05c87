//! Restores: a selection of a backup set is looked at, shown, confirmed and written back. This module knows nothing of
//! the ledger: who wants to follow a restore listens to its events.

mod driver;
pub mod event;
mod execute;
mod groups;
mod plan;
mod preview;
mod request;
mod safety;
mod signs;
mod step;
mod view;

use std::{collections::BTreeMap, sync::Arc};

use tokio::sync::Notify;
use tracing::info;

pub use self::{
    driver::{DriverSettings, drive},
    event::{RestoreEvent, RestoreListener},
    request::RestoreRequest,
};
use crate::{
    error::AppError,
    model::{
        audit::AuditAction,
        backup::PolicyKey,
        ids::{BackupSetId, RestoreRunId},
        restore::{MOST_RESTORED, RestoreRun, RestoreState, RestoreStatus},
        run::SummaryCounts,
    },
    server::{
        audit::Deed,
        clock::Clock,
        db::{
            Db, DbResult, Tx, backup_items, backups,
            members::Membership,
            restore_items::{self, ItemRow},
            restores,
            scope::TenantScope,
            tenants,
        },
        error::ServiceError,
    },
};

/// Why a restore was not changed.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    #[error("there is no such restore in this tenant")]
    NotFound,
    #[error("somebody else does the restore, or it has ended")]
    Lost,
    /// A sentence for people.
    #[error(transparent)]
    Refused(#[from] AppError),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl From<RestoreError> for ServiceError {
    fn from(error: RestoreError) -> Self {
        match error {
            RestoreError::NotFound => no_restore().into(),
            RestoreError::Lost => {
                conflict("The restore has ended or is done by somebody else. Reload the page.").into()
            }
            RestoreError::Refused(shown) => shown.into(),
            RestoreError::Database(error) => error.into(),
        }
    }
}

/// Restores. Cheap to clone.
#[derive(Clone)]
pub struct RestoreService {
    db: Db,
    clock: Clock,
    listeners: Arc<[Box<dyn RestoreListener>]>,
    /// There is something to do.
    nudge: Arc<Notify>,
}

impl RestoreService {
    pub fn new(db: Db, clock: Clock, listeners: Vec<Box<dyn RestoreListener>>) -> Self {
        Self { db, clock, listeners: listeners.into(), nudge: Arc::default() }
    }

    /// Begins a restore of these policies of a set: a draft, whose preview is made at once.
    pub async fn create(
        &self,
        member: &Membership,
        set: BackupSetId,
        mut policies: Vec<PolicyKey>,
        assignments: bool,
    ) -> Result<RestoreRun, RestoreError> {
        let scope = member.scope();
        let set = backups::find(&self.db, scope, set).await?.ok_or_else(|| AppError::not_found("This backup set"))?;
        policies.sort();
        policies.dedup();
        match policies.len() {
            0 => return Err(AppError::invalid("Choose at least one policy to restore.").into()),
            1..=MOST_RESTORED => {}
            _ => return Err(AppError::invalid("At most 500 policies can be restored at once. Choose fewer.").into()),
        }
        if set.busy {
            return Err(conflict("A run is adding policies to this set. Wait until it has ended.").into());
        }
        let now = self.clock.now();
        let run = RestoreRun {
            id: RestoreRunId(self.clock.new_id()),
            tenant_id: scope.tenant(),
            backup_set_id: set.id,
            backup_set_name: set.name,
            status: RestoreStatus::Draft,
            assignments,
            group_map: BTreeMap::new(),
            safety_set_id: None,
            created_by_id: Some(member.user_id()),
            created_by: member.user_name().to_owned(),
            confirmed_by: None,
            failure: None,
            cancel_requested_at: None,
            cancel_requested_by: None,
            attempt: 0,
            first_attempt: None,
            beat_at: None,
            version: 0,
            created_at: now,
            started_at: None,
            completed_at: None,
            updated_at: now,
            counts: SummaryCounts::default(),
            failures: Vec::new(),
        };
        let mut step = self.creation(scope, run).await?;
        for key in policies {
            let name = backup_items::name(&mut step.tx, scope, set.id, &key).await?;
            let name = name.ok_or_else(|| AppError::not_found("One of the chosen policies"))?;
            restore_items::put(&mut step.tx, scope, step.run.id, &ItemRow::waiting(key, name)).await?;
        }
        step.note(Deed::new(member, AuditAction::RestorePreviewed)).await?;
        let run = step.commit().await?;
        info!(restore = %run.id, user = %member.user_id(), "restore drafted");
        self.nudge.notify_one();
        Ok(run)
    }

    /// Looks at the tenant again, with these groups chosen by hand beside those chosen before.
    pub async fn preview_again(
        &self,
        member: &Membership,
        id: RestoreRunId,
        chosen: BTreeMap<String, String>,
    ) -> Result<RestoreRun, RestoreError> {
        let mut step = self.step(member.scope(), id).await?;
        step.move_to(RestoreStatus::Draft, "Only a restore that was not begun can be previewed again.")?;
        let chosen: BTreeMap<_, _> = chosen.into_iter().filter(|(_, here)| !here.trim().is_empty()).collect();
        let deed = match chosen.is_empty() {
            true => Deed::new(member, AuditAction::RestorePreviewed),
            false => Deed::new(member, AuditAction::RestoreMapped).with("groups", &chosen),
        };
        step.run.group_map.extend(chosen);
        step.run.beat_at = None;
        step.note(deed).await?;
        let run = step.commit().await?;
        self.nudge.notify_one();
        Ok(run)
    }

    /// Lets a previewed restore write, once the tenant's name was typed.
    pub async fn confirm(
        &self,
        member: &Membership,
        id: RestoreRunId,
        typed: &str,
    ) -> Result<RestoreRun, RestoreError> {
        let tenant = tenants::find(&self.db, member.scope()).await?.ok_or(RestoreError::NotFound)?;
        let mut step = self.step(member.scope(), id).await?;
        if typed.trim() != tenant.name {
            return Err(AppError::invalid("Type the name of the tenant exactly as it is to restore.").into());
        }
        step.move_to(RestoreStatus::Running, "Only a previewed restore can be begun. Reload the page.")?;
        step.run.confirmed_by = Some(member.user_name().to_owned());
        step.run.started_at = Some(self.clock.now());
        step.run.beat_at = None;
        step.note(Deed::new(member, AuditAction::RestoreConfirmed)).await?;
        let run = step.commit().await?;
        info!(restore = %run.id, user = %member.user_id(), "restore confirmed");
        self.nudge.notify_one();
        Ok(run)
    }

    /// Cancels: at once what was not begun, else after the policy that is being written.
    pub async fn cancel(&self, member: &Membership, id: RestoreRunId) -> Result<RestoreRun, RestoreError> {
        let mut step = self.step(member.scope(), id).await?;
        if step.run.status.has_ended() {
            return Err(conflict("The restore has ended already, so there is nothing left to cancel.").into());
        }
        self.mark_cancelled(&mut step.tx, member.scope(), &mut step.run, member.user_name()).await?;
        step.note(Deed::new(member, AuditAction::RestoreCancelled)).await?;
        step.commit().await
    }

    /// The same in a transaction of somebody else's, who commits it and tells of it: nobody listens.
    pub async fn cancel_in(&self, tx: &mut Tx, scope: TenantScope, id: RestoreRunId, by: &str) -> DbResult<()> {
        let Some(mut run) = restores::lock(tx, scope, id).await? else { return Ok(()) };
        if !run.status.has_ended() {
            self.mark_cancelled(tx, scope, &mut run, by).await?;
            self.write(tx, scope, &mut run, false).await?;
        }
        Ok(())
    }

    async fn mark_cancelled(&self, tx: &mut Tx, scope: TenantScope, run: &mut RestoreRun, by: &str) -> DbResult<()> {
        let now = self.clock.now();
        run.cancel_requested_at.get_or_insert(now);
        run.cancel_requested_by.get_or_insert_with(|| by.to_owned());
        if run.status != RestoreStatus::Running {
            run.status = RestoreStatus::Cancelled;
            run.completed_at = Some(now);
            restore_items::end_waiting(tx, scope, run.id, RestoreState::Cancelled).await?;
        }
        Ok(())
    }

    /// Begins the restore of what a restore has overwritten: the way back.
    pub async fn undo(&self, member: &Membership, id: RestoreRunId) -> Result<RestoreRun, RestoreError> {
        let run = restores::find(&self.db, member.scope(), id).await?.ok_or(RestoreError::NotFound)?;
        let set = run
            .safety_set_id
            .filter(|_| run.status.has_ended())
            .ok_or_else(|| conflict("This restore has overwritten nothing, so there is nothing to take back."))?;
        let policies = backup_items::keys(&self.db, member.scope(), set, None, MOST_RESTORED as i64).await?;
        self.create(member, set, policies, run.assignments).await
    }
}

impl step::Step<'_> {
    /// Moves on, or says why not.
    fn move_to(&mut self, status: RestoreStatus, refusal: &str) -> Result<(), RestoreError> {
        if !self.run.status.can_become(status) {
            return Err(conflict(refusal).into());
        }
        self.run.status = status;
        Ok(())
    }
}

fn conflict(message: &str) -> AppError {
    AppError::Conflict { message: message.to_owned() }
}

fn no_restore() -> AppError {
    AppError::not_found("This restore")
}
