//! Tells of a late schedule, once: the members who subscribed to it, and the destinations that want it.

use chrono::{DateTime, Utc};

use super::outgoing;
use crate::{
    model::{ids::TenantId, notification::NotificationKind, operation::OperationType, run::Initiator},
    server::{
        clock::Clock,
        db::{
            DbResult, Tx, notification_settings,
            notifications::{self, About, NewNotification},
        },
    },
};

/// Writes that the schedule has not succeeded since then. Gives the name of this late time.
pub async fn tell_late(
    tx: &mut Tx,
    clock: &Clock,
    tenant: TenantId,
    operation_type: OperationType,
    since: DateTime<Utc>,
) -> DbResult<String> {
    let subject = format!("{operation_type} since {}", since.to_rfc3339());
    let kind = NotificationKind::ScheduleLate;
    let users = notification_settings::subscribers(tx, tenant, kind, operation_type).await?;
    let to: Vec<_> = users.into_iter().map(|user| (clock.new_id(), user)).collect();
    let new = NewNotification {
        tenant,
        kind,
        operation_type,
        about: About::Subject(&subject),
        outcome: None,
        summary_counts: None,
        initiator_name: &Initiator::system().name,
        at: clock.now(),
    };
    notifications::tell(tx, &new, &to).await?;
    outgoing::tell_late(tx, clock, tenant, operation_type, since, &subject).await?;
    Ok(subject)
}
