//! Writing: policy by policy, each looked at once more before it is touched. What may have been written is noted before
//! it is, so that whoever goes on after a crash looks first.

use serde_json::Value;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::{
    RestoreError, RestoreService,
    groups::Groups,
    plan::{Planned, Planner},
    step::Hold,
};
use crate::{
    model::{
        reason::ReasonCode,
        restore::{RestorePlan, RestoreState, RestoreStatus},
        run::RunFailure,
    },
    server::{
        backup::policy_family,
        db::{
            backup_items,
            restore_items::{self, ItemRow},
            restores,
        },
        graph::{CreateError, Family, GraphClient, GraphError},
    },
};

/// How often creating is tried when its answers get lost and the policy is not there.
const CREATE_TRIES: u32 = 3;

/// How a policy ended.
struct End {
    state: RestoreState,
    new_id: Option<String>,
    failure: Option<RunFailure>,
}

impl End {
    fn failed(failure: RunFailure) -> Self {
        Self { state: RestoreState::Failed, new_id: None, failure: Some(failure) }
    }

    fn because(code: ReasonCode, message: &str) -> Self {
        let message = message.to_owned();
        Self::failed(RunFailure { code, message, item: None, http_status: None, request_id: None })
    }
}

impl RestoreService {
    /// Writes what is not written yet. Asked to stop it ends between two policies, and the restore goes on elsewhere.
    pub(super) async fn execute(
        &self,
        hold: Hold,
        client: &GraphClient,
        stopping: &CancellationToken,
    ) -> Result<(), RestoreError> {
        let kept = tokio::select! {
            kept = self.keep_safe(hold, client) => kept?,
            // Nothing is written yet, and a backup that was only begun is gone on with.
            () = stopping.cancelled() => return Ok(()),
        };
        if let Err(failure) = kept {
            warn!(restore = %hold.id, "the safety backup could not be made; nothing is written");
            let message = format!("The safety backup could not be made, so nothing was written. {}", failure.message);
            return self.fail(hold, RunFailure { message, ..failure }).await;
        }
        let run = restores::find(&self.db, hold.scope, hold.id).await?.ok_or(RestoreError::NotFound)?;
        let groups = Groups::new(run.group_map.clone());
        let planner = Planner { client, groups, assignments: run.assignments, remembered: None };
        for item in restore_items::list(&self.db, hold.scope, hold.id).await? {
            if item.state.has_ended() {
                continue;
            }
            if stopping.is_cancelled() {
                return Ok(());
            }
            let now = restores::find(&self.db, hold.scope, hold.id).await?.ok_or(RestoreError::NotFound)?;
            // One that may have been written is seen to its end, whatever else is wanted.
            if now.cancel_requested_at.is_some() && item.state == RestoreState::Waiting {
                continue;
            }
            let end = match item.plan {
                RestorePlan::Blocked | RestorePlan::Pending => End::because(
                    item.code.unwrap_or(ReasonCode::Internal),
                    item.message.as_deref().unwrap_or("It was not previewed."),
                ),
                _ => self.restore_one(hold, &planner, run.backup_set_id, &item).await?,
            };
            self.end(hold, &item, end).await?;
        }
        let mut step = self.held(hold).await?;
        restore_items::end_waiting(&mut step.tx, hold.scope, hold.id, RestoreState::Cancelled).await?;
        step.run.status = match step.run.cancel_requested_at {
            Some(_) => RestoreStatus::Cancelled,
            None => RestoreStatus::Completed,
        };
        step.run.completed_at = Some(self.clock.now());
        let run = step.commit().await?;
        info!(restore = %run.id, status = %run.status, failed = run.counts.failed, "restore ended");
        Ok(())
    }

    async fn restore_one(
        &self,
        hold: Hold,
        planner: &Planner<'_>,
        set: crate::model::ids::BackupSetId,
        item: &ItemRow,
    ) -> Result<End, RestoreError> {
        let kept = backup_items::find(&self.db, hold.scope, set, &item.key).await?;
        let (Some(kept), Some(family)) = (kept, policy_family(&item.key.family)) else {
            return Ok(End::because(ReasonCode::NotFound, "The backup set does not hold it any more."));
        };
        let planned = planner.plan(&kept).await;
        if let Some((code, message)) = &planned.blocked {
            return Ok(End::because(*code, message));
        }
        let begun = item.state == RestoreState::Writing;
        if planned.plan == RestorePlan::Unchanged {
            // Written by whoever was lost, and only the note of it is missing; or somebody else has put it right.
            let state = match (begun, item.plan) {
                (true, RestorePlan::Create) => RestoreState::Created,
                (true, _) => RestoreState::Updated,
                (false, _) => RestoreState::Unchanged,
            };
            return Ok(End { state, new_id: planned.target_id, failure: None });
        }
        let as_previewed = planned.plan == item.plan && planned.target_hash == item.target_hash;
        if !begun && !as_previewed {
            let message = "The policy has changed in the tenant since the preview. Preview it again.";
            return Ok(End::because(ReasonCode::Conflict, message));
        }
        self.note(hold, item, RestoreState::Writing, item.new_id.clone()).await?;
        match self.write_policy(hold, planner, family, item, &planned).await? {
            Ok(id) => {
                let state = match item.plan {
                    RestorePlan::Create => RestoreState::Created,
                    _ => RestoreState::Updated,
                };
                Ok(End { state, new_id: Some(id), failure: None })
            }
            Err(error) => {
                warn!(restore = %hold.id, policy = item.key.graph_id, error = error.detail(), "a policy was not restored");
                Ok(End::failed(error.failure(Some(&item.name))))
            }
        }
    }

    /// Writes one policy; its id here. Every part but the creation comes to the same when it is done twice.
    async fn write_policy(
        &self,
        hold: Hold,
        planner: &Planner<'_>,
        family: Family,
        item: &ItemRow,
        planned: &Planned,
    ) -> Result<Result<String, GraphError>, RestoreError> {
        let (client, wanted) = (planner.client, &planned.wanted);
        let id = match &planned.target_id {
            Some(id) => {
                if let Err(error) = client.update_policy(family, id, wanted).await {
                    return Ok(Err(error));
                }
                id.clone()
            }
            None => {
                let id = match create(planner, family, wanted).await {
                    Ok(id) => id,
                    Err(error) => return Ok(Err(error)),
                };
                self.note(hold, item, RestoreState::Writing, Some(id.clone())).await?;
                id
            }
        };
        let rest = async {
            client.set_definition_values(family, &id, wanted).await?;
            if planner.assignments && family != Family::ConditionalAccessPolicies {
                client.assign_policy(family, &id, wanted, &targets(wanted)).await?;
            }
            Ok(())
        };
        Ok(rest.await.map(|()| id.clone()))
    }

    /// Notes where a policy is, before anything else happens to it.
    async fn note(
        &self,
        hold: Hold,
        item: &ItemRow,
        state: RestoreState,
        new_id: Option<String>,
    ) -> Result<(), RestoreError> {
        let mut step = self.held(hold).await?;
        let noted = ItemRow { state, new_id, ..item.clone() };
        restore_items::put(&mut step.tx, hold.scope, hold.id, &noted).await?;
        step.run.beat_at = Some(self.clock.now());
        step.commit().await?;
        Ok(())
    }

    async fn end(&self, hold: Hold, item: &ItemRow, end: End) -> Result<(), RestoreError> {
        let mut step = self.held(hold).await?;
        let (code, message) = end.failure.map(|failure| (failure.code, failure.message)).unzip();
        let ended = ItemRow { state: end.state, new_id: end.new_id, code, message, ..item.clone() };
        restore_items::put(&mut step.tx, hold.scope, hold.id, &ended).await?;
        step.run.beat_at = Some(self.clock.now());
        step.commit().await?;
        Ok(())
    }
}

/// Creates the policy once. When the answer is lost it is looked for by its name, and created again only when it is not
/// there: the plan has seen that there was none of the name before.
async fn create(planner: &Planner<'_>, family: Family, wanted: &Value) -> Result<String, GraphError> {
    let mut tried = 1;
    loop {
        let error = match planner.client.create_policy(family, wanted).await {
            Ok(id) => return Ok(id),
            Err(CreateError::Refused(error)) => return Err(error),
            Err(CreateError::Unknown(error)) => error,
        };
        match planner.named(family, wanted).await?.as_slice() {
            [id] => return Ok(id.clone()),
            [] if tried < CREATE_TRIES => tried += 1,
            _ => return Err(error),
        }
    }
}

fn targets(wanted: &Value) -> Vec<Value> {
    let assignments = wanted.get("assignments").and_then(Value::as_array).into_iter().flatten();
    assignments.filter_map(|assignment| assignment.get("target").cloned()).collect()
}
