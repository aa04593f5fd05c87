//! Hears of runs, and tells those who follow them: who asked for the run, who joined it, who subscribed to failures.

use futures::{FutureExt, future::BoxFuture};

use crate::{
    model::{
        ids::UserId,
        notification::NotificationKind,
        run::{Run, RunOutcome},
    },
    server::{
        clock::Clock,
        db::{
            DbResult, Tx, notification_settings,
            notifications::{self, About, NewNotification},
        },
        runs::{RunListener, RunMoment},
    },
};

/// Writes `notifications`. The `run_started` of a person, muted or not, is also the note that they follow the run.
pub struct TellPeople;

impl RunListener for TellPeople {
    /// Nobody asked for what a schedule or the command line creates.
    fn heeds(&self, moment: RunMoment, run: &Run) -> bool {
        moment != RunMoment::Created || run.initiator.user_id.is_some()
    }

    fn hear<'a>(
        &'a self,
        tx: &'a mut Tx,
        clock: &'a Clock,
        moment: RunMoment,
        run: &'a Run,
    ) -> BoxFuture<'a, DbResult<()>> {
        async move {
            match (moment, run.initiator.user_id) {
                (RunMoment::Created, Some(user)) | (RunMoment::Joined(user), _) => {
                    tell(tx, clock, NotificationKind::RunStarted, &[user], run).await
                }
                (RunMoment::Created, None) => Ok(()),
                (RunMoment::Completed, _) => completed(tx, clock, run).await,
            }
        }
        .boxed()
    }
}

async fn completed(tx: &mut Tx, clock: &Clock, run: &Run) -> DbResult<()> {
    let followers = notifications::followers(tx, run.id).await?;
    tell(tx, clock, NotificationKind::RunCompleted, &followers, run).await?;
    if run.outcome == Some(RunOutcome::Failed) {
        let kind = NotificationKind::RunFailed;
        let mut users = notification_settings::subscribers(tx, run.tenant_id, kind, run.operation_type).await?;
        if !users.is_empty() {
            // Who follows the run hears it already, unless they do not want to hear of its end.
            let hearing = notifications::hearing(tx, run.id).await?;
            users.retain(|user| !hearing.contains(user));
        }
        tell(tx, clock, kind, &users, run).await?;
    }
    Ok(())
}

async fn tell(tx: &mut Tx, clock: &Clock, kind: NotificationKind, users: &[UserId], run: &Run) -> DbResult<()> {
    let to: Vec<_> = users.iter().map(|user| (clock.new_id(), *user)).collect();
    let new = NewNotification {
        tenant: run.tenant_id,
        kind,
        operation_type: run.operation_type,
        about: About::Run(run.id),
        outcome: run.outcome,
        summary_counts: Some(&run.summary_counts),
        initiator_name: &run.initiator.name,
        at: clock.now(),
    };
    notifications::tell(tx, &new, &to).await
}
