//! The preview: what restoring each policy would do, and with which groups.

use std::collections::HashMap;

use futures::{StreamExt, stream};
use tokio::sync::Mutex;

use super::{
    RestoreError, RestoreService,
    groups::Groups,
    plan::{Planned, Planner},
    step::Hold,
};
use crate::{
    model::{
        reason::ReasonCode,
        restore::{RestorePlan, RestoreRun, RestoreStatus},
    },
    server::{
        db::{
            backup_items,
            restore_items::{self, ItemRow},
            restores,
        },
        graph::GraphClient,
    },
};

/// Policies that are looked at at the same time.
const AT_ONCE: usize = 4;

impl RestoreService {
    pub(super) async fn preview(&self, hold: Hold, client: &GraphClient) -> Result<(), RestoreError> {
        let run = restores::find(&self.db, hold.scope, hold.id).await?.ok_or(RestoreError::NotFound)?;
        let planner = Planner {
            client,
            groups: Groups::new(run.group_map.clone()),
            assignments: run.assignments,
            remembered: Some(Mutex::new(HashMap::new())),
        };
        let items = restore_items::list(&self.db, hold.scope, hold.id).await?;
        let planned = stream::iter(items).map(|item| self.look_at(&run, &planner, hold, item)).buffered(AT_ONCE);
        let planned: Vec<Result<ItemRow, RestoreError>> = planned.collect().await;
        let mut step = self.held(hold).await?;
        for item in planned {
            restore_items::put(&mut step.tx, hold.scope, hold.id, &item?).await?;
        }
        step.run.status = RestoreStatus::Previewed;
        step.run.beat_at = None;
        step.commit().await?;
        Ok(())
    }

    async fn look_at(
        &self,
        run: &RestoreRun,
        planner: &Planner<'_>,
        hold: Hold,
        item: ItemRow,
    ) -> Result<ItemRow, RestoreError> {
        let kept = backup_items::find(&self.db, hold.scope, run.backup_set_id, &item.key).await?;
        let Some(kept) = kept else {
            return Ok(ItemRow {
                plan: RestorePlan::Blocked,
                code: Some(ReasonCode::NotFound),
                message: Some("The backup set was deleted, or does not hold it any more.".to_owned()),
                ..item
            });
        };
        let Planned { plan, changes, groups, target_id, target_hash, blocked, wanted: _ } = planner.plan(&kept).await;
        let (code, message) = blocked.unzip();
        Ok(ItemRow { plan, changes, groups, target_id, target_hash, code, message, ..item })
    }
}
