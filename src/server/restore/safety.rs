//! The safety backup: what a restore will overwrite, as it is before anything is written.

use chrono::TimeDelta;
use serde_json::json;

use super::{RestoreError, RestoreService, step::Hold};
use crate::{
    model::{
        backup::{PolicyKey, SetSource, SetStatus},
        ids::BackupSetId,
        restore::{RestorePlan, RestoreState},
        run::RunFailure,
    },
    server::{
        backup::policy_family,
        db::{
            backup_items::{self, BackupItem, GroupNames},
            backups::{self, NewSet},
            restore_items, restores,
        },
        graph::{GraphClient, GraphError, content_hash, named_groups, normalize},
    },
};

/// How long a safety backup is kept.
const KEPT_DAYS: i64 = 90;

impl RestoreService {
    /// Makes sure that everything which will be overwritten is kept. Nothing has been written to the tenant before it is;
    /// one that a crash cut off is made anew.
    ///
    /// # Errors
    /// In the inner result: why a policy could not be kept; then the restore must not go on.
    pub(super) async fn keep_safe(
        &self,
        hold: Hold,
        client: &GraphClient,
    ) -> Result<Result<(), RunFailure>, RestoreError> {
        let run = restores::find(&self.db, hold.scope, hold.id).await?.ok_or(RestoreError::NotFound)?;
        let items = restore_items::list(&self.db, hold.scope, hold.id).await?;
        let overwritten: Vec<(PolicyKey, String)> = items
            .into_iter()
            .filter(|item| item.plan == RestorePlan::Update && item.state == RestoreState::Waiting)
            .filter_map(|item| Some((PolicyKey { graph_id: item.target_id?, ..item.key }, item.name)))
            .collect();
        let id = match run.safety_set_id {
            None if overwritten.is_empty() => return Ok(Ok(())),
            None => self.begin_set(hold).await?,
            Some(id) => match backups::find(&self.db, hold.scope, id).await? {
                Some(set) if set.status == SetStatus::Open => id,
                _ => return Ok(Ok(())),
            },
        };
        for (key, name) in overwritten {
            match self.capture(client, key).await {
                Ok(item) => {
                    let mut step = self.held(hold).await?;
                    backup_items::put(&mut step.tx, hold.scope, id, &item).await?;
                    step.commit().await?;
                }
                Err(error) => return Ok(Err(error.failure(Some(&name)))),
            }
        }
        let mut step = self.held(hold).await?;
        backups::set_status(&mut step.tx, hold.scope, id, SetStatus::Complete, Some(self.clock.now())).await?;
        step.commit().await?;
        Ok(Ok(()))
    }

    async fn begin_set(&self, hold: Hold) -> Result<BackupSetId, RestoreError> {
        let mut step = self.held(hold).await?;
        let now = self.clock.now();
        let set = NewSet {
            id: BackupSetId(self.clock.new_id()),
            name: format!("Before the restore of {}", now.format("%Y-%m-%d %H:%M")),
            source: SetSource::Safety,
            keep_open: false,
            created_by: (step.run.created_by_id, step.run.confirmed_by.clone().unwrap_or_default()),
            created_at: now,
            expires_at: Some(now + TimeDelta::days(KEPT_DAYS)),
        };
        backups::insert(&mut step.tx, hold.scope, &set).await?;
        step.run.safety_set_id = Some(set.id);
        step.commit().await?;
        Ok(set.id)
    }

    async fn capture(&self, client: &GraphClient, key: PolicyKey) -> Result<BackupItem, GraphError> {
        let family = policy_family(&key.family).unwrap_or(crate::server::graph::Family::DeviceConfigurations);
        let item = client.capture(family, &key.graph_id).await?;
        let mut group_names = GroupNames::new();
        for id in named_groups(&item.body) {
            let name = client.group_name(&id).await.ok();
            group_names.insert(id, name);
        }
        Ok(BackupItem {
            key,
            name: item.identity.name,
            odata_type: item.identity.odata_type,
            body: normalize(&item.body),
            assignments: item.body.get("assignments").cloned().unwrap_or_else(|| json!([])),
            group_names,
            content_hash: content_hash(&item.body),
            raw: item.body,
            run_id: None,
            captured_at: self.clock.now(),
        })
    }
}
