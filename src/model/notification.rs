//! What a person is told of runs and schedules, and what they want to be told.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    ids::{NotificationId, RunId},
    operation::OperationType,
    run::{RunOutcome, SummaryCounts},
};
use crate::text_enum;

text_enum! {
    /// What a notification tells.
    NotificationKind, "notification kind" {
        RunStarted = "run_started",
        RunCompleted = "run_completed",
        RunFailed = "run_failed",
        ScheduleLate = "schedule_late",
    }
}

text_enum! {
    /// What of the notifications somebody wants to see.
    NotificationTopic, "kind of notification" {
        Failures = "failures",
        Ends = "ends",
        Starts = "starts",
        Late = "late",
    }
}

impl NotificationTopic {
    pub const fn label(self) -> &'static str {
        match self {
            Self::Failures => "Failures",
            Self::Ends => "Ended runs",
            Self::Starts => "Started runs",
            Self::Late => "Late schedules",
        }
    }
}

/// How many notifications a page of the list holds.
pub const NOTIFICATIONS_A_PAGE: usize = 50;
/// Beyond this the unread are not counted: "99+".
pub const MOST_UNREAD: u64 = 99;

/// One notification of one person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notification {
    pub id: NotificationId,
    pub kind: NotificationKind,
    pub tenant_slug: String,
    pub tenant_name: String,
    pub operation_type: OperationType,
    /// The run it tells of; absent for a late schedule.
    pub run_id: Option<RunId>,
    pub outcome: Option<RunOutcome>,
    pub summary_counts: Option<SummaryCounts>,
    /// Who asked for the run: a name, or `system`.
    pub initiator_name: String,
    pub created_at: DateTime<Utc>,
    pub read: bool,
    /// Its toast was seen or put away, on whatever device.
    pub toasted: bool,
}

impl Notification {
    /// Where it leads: the run, or the schedules.
    pub fn address(&self) -> String {
        match self.run_id {
            Some(run) => format!("/t/{}/operations/{run}", self.tenant_slug),
            None => format!("/t/{}/schedules", self.tenant_slug),
        }
    }

    /// Bad news stays on the screen and is announced at once.
    pub const fn is_alert(&self) -> bool {
        match self.kind {
            NotificationKind::RunFailed | NotificationKind::ScheduleLate => true,
            NotificationKind::RunCompleted => {
                matches!(self.outcome, Some(RunOutcome::Failed | RunOutcome::PartiallySucceeded))
            }
            NotificationKind::RunStarted => false,
        }
    }

    /// What happened, in one short line: "Inventory sync succeeded".
    pub fn title(&self) -> String {
        let what = self.operation_type.label();
        match (self.kind, self.outcome) {
            // A restore begins as a preview, which writes nothing.
            (NotificationKind::RunStarted, _) if self.operation_type == OperationType::RestoreExecute => {
                format!("{what} preview started")
            }
            (NotificationKind::RunStarted, _) => format!("{what} started"),
            (NotificationKind::ScheduleLate, _) => format!("{what} is late"),
            (_, Some(outcome)) => format!("{what} {}", outcome.label().to_lowercase()),
            (_, None) => format!("{what} ended"),
        }
    }

    /// The counts in words: "168 items, 2 failed"; nothing before the end.
    pub fn counts(&self) -> Option<String> {
        let counts = self.summary_counts.as_ref()?;
        if self.kind == NotificationKind::RunStarted {
            return None;
        }
        let items = match counts.processed {
            0 => return Some("No items".to_owned()),
            1 => "1 item".to_owned(),
            many => format!("{many} items"),
        };
        Some(if counts.failed == 0 { items } else { format!("{items}, {} failed", counts.failed) })
    }
}

/// What the bell and the toasts of a page start from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inbox {
    /// At most one more than [`MOST_UNREAD`].
    pub unread: u64,
    /// Those whose toasts have not been seen anywhere yet, oldest first.
    pub toasts: Vec<Notification>,
}

/// What a member of a tenant wants to be told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotificationSettings {
    /// When a run of one's own starts.
    pub run_started: bool,
    /// When a run of one's own, or one that one joined, ends.
    pub run_completed: bool,
    /// The bell only: no toasts.
    pub quiet: bool,
    /// Operations of others whose failures one wants to hear of.
    pub run_failed: Vec<OperationType>,
    /// Operations whose late schedules one wants to hear of.
    pub schedule_late: Vec<OperationType>,
}

impl Default for NotificationSettings {
    fn default() -> Self {
        Self { run_started: true, run_completed: true, quiet: false, run_failed: Vec::new(), schedule_late: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn notification(kind: NotificationKind, outcome: Option<RunOutcome>, processed: u64, failed: u64) -> Notification {
        Notification {
            id: NotificationId(Uuid::nil()),
            kind,
            tenant_slug: "contoso".to_owned(),
            tenant_name: "Contoso".to_owned(),
            operation_type: OperationType::InventorySync,
            run_id: Some(RunId(Uuid::nil())),
            outcome,
            summary_counts: Some(SummaryCounts { processed, failed, ..SummaryCounts::default() }),
            initiator_name: "Ana".to_owned(),
            created_at: DateTime::UNIX_EPOCH,
            read: false,
            toasted: false,
        }
    }

    #[test]
    fn a_notification_says_what_how_and_how_many() {
        let partial = notification(NotificationKind::RunCompleted, Some(RunOutcome::PartiallySucceeded), 168, 2);
        assert_eq!(partial.title(), "Inventory sync partially succeeded");
        assert_eq!(partial.counts().as_deref(), Some("168 items, 2 failed"));
        assert!(partial.is_alert());
        let one = notification(NotificationKind::RunCompleted, Some(RunOutcome::Succeeded), 1, 0);
        assert_eq!(one.counts().as_deref(), Some("1 item"));
        assert!(!one.is_alert());
    }

    #[test]
    fn a_start_has_no_counts_and_a_late_schedule_leads_to_the_schedules() {
        let started = notification(NotificationKind::RunStarted, None, 0, 0);
        assert_eq!((started.title().as_str(), started.counts()), ("Inventory sync started", None));
        assert_eq!(started.address(), format!("/t/contoso/operations/{}", Uuid::nil()));
        let restore = Notification { operation_type: OperationType::RestoreExecute, ..started };
        assert_eq!(restore.title(), "Restore preview started");
        let late = Notification { run_id: None, ..notification(NotificationKind::ScheduleLate, None, 0, 0) };
        assert_eq!(
            (late.title().as_str(), late.address().as_str()),
            ("Inventory sync is late", "/t/contoso/schedules")
        );
    }
}
