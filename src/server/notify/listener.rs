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
                    tell(tx, clock, NotificationKind::RunStarted, user, run).await
                }
                // Nobody asked: a schedule, or the command line.
                (RunMoment::Created, None) => Ok(()),
                (RunMoment::Completed, _) => completed(tx, clock, run).await,
            }
        }
        .boxed()
    }
}

async fn completed(tx: &mut Tx, clock: &Clock, run: &Run) -> DbResult<()> {
    let followers = notifications::followers(tx, run.id).await?;
    for user in &followers {
        tell(tx, clock, NotificationKind::RunCompleted, *user, run).await?;
    }
    if run.outcome == Some(RunOutcome::Failed) {
        let kind = NotificationKind::RunFailed;
        let subscribers = notification_settings::subscribers(tx, run.tenant_id, kind, run.operation_type).await?;
        // Who follows the run has heard it already.
        for user in subscribers.into_iter().filter(|user| !followers.contains(user)) {
            tell(tx, clock, kind, user, run).await?;
        }
    }
    Ok(())
}

async fn tell(tx: &mut Tx, clock: &Clock, kind: NotificationKind, user: UserId, run: &Run) -> DbResult<()> {
    let new = NewNotification {
        id: clock.new_id(),
        tenant: run.tenant_id,
        user,
        kind,
        operation_type: run.operation_type,
        about: About::Run(run.id),
        outcome: run.outcome,
        summary_counts: Some(&run.summary_counts),
        initiator_name: &run.initiator.name,
        at: clock.now(),
    };
    notifications::tell(tx, &new).await
}
