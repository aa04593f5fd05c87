//! Writes what destinations are told, in the transaction of the change. Nothing is sent here: a destination that is down
//! neither delays nor fails a run.

use chrono::{DateTime, Utc};
use futures::{FutureExt, future::BoxFuture};

use super::event::OutgoingEvent;
use crate::{
    model::{
        ids::{DeliveryId, TenantId},
        operation::OperationType,
        outgoing::OutgoingKind,
        run::{Run, RunOutcome},
    },
    server::{
        clock::Clock,
        db::{
            DbResult, Tx,
            outgoing_deliveries::{self, NewDelivery},
            outgoing_destinations,
        },
        runs::{RunListener, RunMoment},
    },
};

/// Hears of runs that did not end well.
pub struct TellDestinations;

impl RunListener for TellDestinations {
    fn heeds(&self, moment: RunMoment, _run: &Run) -> bool {
        moment == RunMoment::Completed
    }

    fn hear<'a>(
        &'a self,
        tx: &'a mut Tx,
        clock: &'a Clock,
        moment: RunMoment,
        run: &'a Run,
    ) -> BoxFuture<'a, DbResult<()>> {
        async move {
            let event = match (moment, run.outcome) {
                (RunMoment::Completed, Some(RunOutcome::Failed)) => OutgoingKind::RunFailed,
                (RunMoment::Completed, Some(RunOutcome::PartiallySucceeded)) => OutgoingKind::RunPartiallySucceeded,
                _ => return Ok(()),
            };
            let at = clock.now();
            for to in outgoing_destinations::wanting(tx, run.tenant_id, event).await? {
                let payload = payload(&OutgoingEvent::of_run(event, run, &to.slug, &to.tenant_name, at))?;
                let new = NewDelivery {
                    id: DeliveryId(clock.new_id()),
                    tenant: run.tenant_id,
                    destination: to.id,
                    event,
                    run: Some(run.id),
                    subject: None,
                    payload: &payload,
                    at,
                };
                outgoing_deliveries::insert(tx, &new).await?;
            }
            Ok(())
        }
        .boxed()
    }
}

/// Writes that a schedule is late.
pub async fn tell_late(
    tx: &mut Tx,
    clock: &Clock,
    tenant: TenantId,
    operation_type: OperationType,
    since: DateTime<Utc>,
    subject: &str,
) -> DbResult<()> {
    let (at, event) = (clock.now(), OutgoingKind::ScheduleLate);
    for to in outgoing_destinations::wanting(tx, tenant, event).await? {
        let payload = payload(&OutgoingEvent::late(operation_type, since, &to.slug, &to.tenant_name, at))?;
        let new = NewDelivery {
            id: DeliveryId(clock.new_id()),
            tenant,
            destination: to.id,
            event,
            run: None,
            subject: Some(subject),
            payload: &payload,
            at,
        };
        outgoing_deliveries::insert(tx, &new).await?;
    }
    Ok(())
}

pub(super) fn payload(event: &OutgoingEvent) -> DbResult<String> {
    serde_json::to_string(event).map_err(|error| sqlx::Error::Encode(Box::new(error)))
}
