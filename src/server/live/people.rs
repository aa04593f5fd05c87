//! What people are told, brought to their open pages on this node.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use tracing::warn;

use super::hub::Hub;
use crate::{
    model::{
        ids::{NotificationId, RunId, TenantId, UserId},
        run::{LiveEvent, Run},
    },
    server::db::{Db, inbox, notifications},
};

/// A person has read or put away notifications.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct InboxChange {
    pub user: UserId,
    pub unread: u64,
    pub toasted: Vec<NotificationId>,
}

/// Members of the tenant were told that a schedule is late.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct LateSchedule {
    pub tenant: TenantId,
    pub subject: String,
}

/// Reads what was told of these runs and schedules, once, and sends it to those whose pages are open here. With no page open it
/// costs nothing, and neither does a run that only goes on.
pub(super) async fn tell(db: &Db, hub: &Hub, runs: &BTreeSet<RunId>, inboxes: &[InboxChange], late: &[LateSchedule]) {
    for InboxChange { user, unread, toasted } in inboxes {
        hub.tell(*user, LiveEvent::Inbox { unread: *unread, toasted: toasted.clone() });
    }
    if !hub.has_people() {
        return;
    }
    let mut found = Vec::new();
    if !runs.is_empty() {
        found.push(notifications::of_runs(db, runs).await);
    }
    for LateSchedule { tenant, subject } in late {
        found.push(notifications::of_subject(db, *tenant, subject).await);
    }
    for found in found {
        match found {
            Ok(told) => {
                let users: BTreeSet<UserId> =
                    told.iter().map(|(user, _)| *user).filter(|user| hub.has(*user)).collect();
                for (user, notification) in told {
                    hub.tell(user, LiveEvent::Notification { notification: Box::new(notification) });
                }
                // The number comes from here: a page does not know which of these it was told before it was opened.
                match inbox::unread_of(db, &users).await {
                    Ok(counts) => counts.into_iter().for_each(|(user, unread)| {
                        hub.tell(user, LiveEvent::Inbox { unread, toasted: Vec::new() });
                    }),
                    Err(error) => warn!(%error, "the unread could not be counted"),
                }
            }
            // Their pages ask when they connect the next time; the bell has it.
            Err(error) => warn!(%error, "people could not be told of changed runs"),
        }
    }
}

/// Whether people hear of the run in this state: it is new, or it has ended. A state does not say that somebody joined just
/// now; who publishes it does.
pub(super) const fn may_tell(run: &Run) -> bool {
    run.attempt == 0 || !run.status.is_active()
}
