//! Makes a set of a file that was taken out of this or another tenant before.

use std::fs::File;

use chrono::TimeDelta;
use tokio::sync::mpsc;
use tracing::{info, warn};

use super::{BackupService, archive, routes::Stopped};
use crate::{
    model::{
        audit::{AuditAction, Subject, SubjectKind},
        backup::{BackupSet, Keep, LoadRefusal, SetSource, SetStatus},
        ids::BackupSetId,
    },
    server::{
        audit::Deed,
        auth::is_name,
        db::{
            backup_items::{self, BackupItem},
            backups::{self, NewSet},
            members::Membership,
        },
        error::ServiceError,
    },
};

/// Policies written in one transaction.
const STEP: usize = 8;
/// Policies that were read and wait to be written.
const WAITING: usize = 2;

impl BackupService {
    /// Makes a set of the file; an empty `name` takes the one in the file. All of it or nothing: a set that was only
    /// begun is removed again, by the daily pruning if need be.
    pub async fn load(&self, member: &Membership, name: &str, keep: Keep, file: File) -> Result<BackupSet, Stopped> {
        let (sender, items) = mpsc::channel(WAITING);
        let opened = tokio::task::spawn_blocking(move || archive::load(file, sender)).await.map_err(lost)?;
        let (own_name, read) = opened?;
        let name = if name.is_empty() { own_name } else { name.to_owned() };
        if !is_name(&name) {
            return Err(LoadRefusal::Name.into());
        }
        let now = self.clock().now();
        let new = NewSet {
            id: BackupSetId(self.clock().new_id()),
            name: name.trim().to_owned(),
            source: SetSource::Loaded,
            keep_open: false,
            created_by: (Some(member.user_id()), member.user_name().to_owned()),
            created_at: now,
            expires_at: keep.days().map(|days| now + TimeDelta::days(days)),
        };
        let mut tx = self.db().begin().await?;
        backups::insert(&mut tx, member.scope(), &new).await?;
        tx.commit().await?;
        let reading = tokio::task::spawn_blocking(read);
        let stored = self.store(member, new.id, items).await;
        let checked = reading.await.map_err(lost)?;
        let ended = stored.and(checked.map_err(Stopped::from));
        let mut tx = self.db().begin().await?;
        match ended {
            Ok(()) => {
                backups::lock(&mut tx, member.scope(), new.id).await?.ok_or(LoadRefusal::Deleted)?;
                backups::set_status(&mut tx, member.scope(), new.id, SetStatus::Complete, Some(now)).await?;
                let subject = Subject::new(SubjectKind::BackupSet, new.id, &*new.name);
                let deed = Deed::new(member, AuditAction::BackupSetLoaded);
                deed.done_to(subject, &mut tx, self.clock(), member.scope()).await?;
                tx.commit().await?;
                info!(set = %new.id, user = %member.user_id(), "backup set loaded");
                Ok(self.find(member.scope(), new.id).await?)
            }
            Err(stopped) => {
                backups::delete(&mut tx, member.scope(), new.id).await?;
                tx.commit().await?;
                warn!(set = %new.id, user = %member.user_id(), "a backup file was not loaded");
                Err(stopped)
            }
        }
    }

    async fn store(
        &self,
        member: &Membership,
        set: BackupSetId,
        mut items: mpsc::Receiver<BackupItem>,
    ) -> Result<(), Stopped> {
        let mut batch = Vec::with_capacity(STEP);
        while items.recv_many(&mut batch, STEP).await > 0 {
            let mut tx = self.db().begin().await?;
            for item in batch.drain(..) {
                backup_items::put(&mut tx, member.scope(), set, &item).await.map_err(or_deleted)?;
            }
            tx.commit().await?;
        }
        Ok(())
    }
}

/// A policy has no set to go into once somebody has deleted it.
fn or_deleted(error: sqlx::Error) -> Stopped {
    match error.as_database_error().is_some_and(|cause| cause.is_foreign_key_violation()) {
        true => LoadRefusal::Deleted.into(),
        false => error.into(),
    }
}

fn lost(error: tokio::task::JoinError) -> Stopped {
    ServiceError::Internal(format!("reading a backup file ended early: {error}")).into()
}
