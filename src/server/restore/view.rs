//! What the pages show of restores.

use super::{RestoreError, RestoreService, step::counted};
use crate::{
    model::{
        backup::SETS_PAGE,
        ids::RestoreRunId,
        listing::Listing,
        restore::{RestoreDetail, RestoreItem, RestoreRun},
    },
    server::{
        backup::family_label,
        db::{restore_items, restores, scope::TenantScope, tenants},
    },
};

impl RestoreService {
    /// The restores of the tenant, newest first.
    pub async fn list(&self, scope: TenantScope, after: Option<&str>) -> Result<Listing<RestoreRun>, RestoreError> {
        let asked = after.filter(|after| !after.is_empty());
        let cursor = asked.and_then(|after| after.parse::<RestoreRunId>().ok());
        let note = (asked.is_some() && cursor.is_none())
            .then(|| "The place in the list that this address names does not exist; this is the beginning.".to_owned());
        let mut items = restores::list(&self.db, scope, cursor, SETS_PAGE as i64 + 1).await?;
        let more = items.len() > SETS_PAGE;
        items.truncate(SETS_PAGE);
        let next = items.last().filter(|_| more).map(|run| run.id.to_string());
        if let (Some(newest), Some(oldest)) = (items.first(), items.last()) {
            let states = restore_items::states_between(&self.db, scope, oldest.id, newest.id).await?;
            for run in &mut items {
                let own = states.iter().filter(|(id, ..)| *id == run.id);
                run.counts = counted(own.map(|(_, state, number)| (*state, *number)));
            }
        }
        Ok(Listing { items, next, note })
    }

    /// One restore in full.
    pub async fn detail(&self, scope: TenantScope, id: RestoreRunId) -> Result<RestoreDetail, RestoreError> {
        let run = restores::find(&self.db, scope, id).await?.ok_or(RestoreError::NotFound)?;
        let tenant = tenants::find(&self.db, scope).await?.ok_or(RestoreError::NotFound)?;
        let items = restore_items::list(&self.db, scope, id).await?;
        let counts = counted(items.iter().map(|item| (item.state, 1)));
        let items = items
            .into_iter()
            .map(|item| RestoreItem {
                family_label: family_label(&item.key.family),
                key: item.key,
                name: item.name,
                plan: item.plan,
                changes: item.changes,
                groups: item.groups,
                target_id: item.target_id,
                state: item.state,
                new_id: item.new_id,
                code: item.code,
                message: item.message,
            })
            .collect();
        Ok(RestoreDetail { run: RestoreRun { counts, ..run }, items, tenant_name: tenant.name })
    }
}
