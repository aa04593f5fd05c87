//! The operation run: its states, its counts, its history.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use super::counts::SummaryCounts;
use super::{
    ids::{NotificationId, RunId, TenantId, UserId},
    notification::Notification,
    operation::OperationType,
    reason::ReasonCode,
};
use crate::text_enum;

text_enum! {
    /// Where a run is in its life. Queued and running are *active*.
    RunStatus, "status" {
        Queued = "queued",
        Running = "running",
        Completed = "completed",
    }
}

text_enum! {
    /// How a completed run ended.
    RunOutcome, "outcome" {
        Succeeded = "succeeded",
        PartiallySucceeded = "partially_succeeded",
        Failed = "failed",
        Cancelled = "cancelled",
    }
}

text_enum! {
    /// What a line of a run's history tells.
    RunEventKind, "event kind" {
        Created = "created",
        Joined = "joined",
        Started = "started",
        Progress = "progress",
        CancelRequested = "cancel_requested",
        Released = "released",
        LateWrite = "late_write",
        Completed = "completed",
    }
}

impl RunStatus {
    pub const fn is_active(self) -> bool {
        !matches!(self, Self::Completed)
    }

    /// The legal transitions; `running` to `running` is a new attempt. Source: the table in ARCHITECTURE.md.
    pub const fn can_become(self, next: Self) -> bool {
        matches!((self, next), (Self::Queued | Self::Running, Self::Running | Self::Completed))
    }
}

/// What a badge says of a run: its status while active, its outcome after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunState {
    Queued,
    Running,
    Ended(RunOutcome),
}

impl RunState {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Queued => "Queued",
            Self::Running => "Running",
            Self::Ended(outcome) => outcome.label(),
        }
    }

    /// The suffix of its style tokens (`--state-succeeded`, ...).
    pub const fn token(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Ended(RunOutcome::Succeeded) => "succeeded",
            Self::Ended(RunOutcome::PartiallySucceeded) => "partial",
            Self::Ended(RunOutcome::Failed) => "failed",
            Self::Ended(RunOutcome::Cancelled) => "cancelled",
        }
    }
}

impl RunStatus {
    pub const fn label(self) -> &'static str {
        match self {
            Self::Queued => "Queued",
            Self::Running => "Running",
            Self::Completed => "Completed",
        }
    }
}

impl RunOutcome {
    pub const fn label(self) -> &'static str {
        match self {
            Self::Succeeded => "Succeeded",
            Self::PartiallySucceeded => "Partially succeeded",
            Self::Failed => "Failed",
            Self::Cancelled => "Cancelled",
        }
    }
}

/// How far a running run is: `done` of `total` of a unit, and what it is at.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunProgress {
    pub done: u64,
    /// Absent while the end is not known.
    pub total: Option<u64>,
    /// In the plural: "families", "policies".
    pub unit: String,
    /// What it works on now: "Device configurations".
    pub step: Option<String>,
}

/// One failure of a run, sanitised: no secret, no address, no personal data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunFailure {
    pub code: ReasonCode,
    /// A sentence for people, redacted.
    pub message: String,
    /// What it concerned: a family, a policy; absent when the run as a whole failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http_status: Option<u16>,
    /// Microsoft Graph's request id, to quote to support.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

/// Who asked for the run: a user, or `system` (a schedule). The name is the one at that time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Initiator {
    pub user_id: Option<UserId>,
    pub name: String,
}

impl Initiator {
    pub fn system() -> Self {
        Self { user_id: None, name: "system".to_owned() }
    }
}

/// Who asked a run to stop, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CancelRequest {
    pub at: DateTime<Utc>,
    /// The name at that time.
    pub by: String,
}

/// One line of the ledger, as the list and the live stream carry it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    pub id: RunId,
    pub tenant_id: TenantId,
    #[serde(rename = "type")]
    pub operation_type: OperationType,
    pub status: RunStatus,
    pub outcome: Option<RunOutcome>,
    pub initiator: Initiator,
    /// How often it was started.
    pub attempt: i32,
    pub summary_counts: SummaryCounts,
    pub progress: Option<RunProgress>,
    pub joined_count: i32,
    /// Asked for while the run was active; it stays after the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancel_requested: Option<CancelRequest>,
    /// The run that this one does again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_of: Option<RunId>,
    /// When a running run lost its worker; it waits for another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub released_at: Option<DateTime<Utc>>,
    /// Made by the demo's seed, not by work.
    pub sample: bool,
    pub heartbeat_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub started_at: Option<DateTime<Utc>>,
    pub completed_at: Option<DateTime<Utc>>,
    pub updated_at: DateTime<Utc>,
}

/// A running run is silent when nothing was heard of it for so long: four heartbeats. Shorter where the lease is short.
pub const SILENT_AFTER: TimeDelta = TimeDelta::seconds(40);

impl Run {
    /// For how long nothing was heard of the run's worker, when that is long enough to be told.
    pub fn silence(&self, now: DateTime<Utc>, long_enough: TimeDelta) -> Option<TimeDelta> {
        let heard = self.heartbeat_at.filter(|_| self.has_worker())?.max(self.updated_at);
        Some(now - heard).filter(|silence| *silence >= long_enough)
    }

    /// Whether a worker has it now, as far as the ledger knows.
    pub const fn has_worker(&self) -> bool {
        matches!(self.status, RunStatus::Running) && self.released_at.is_none()
    }

    pub const fn state(&self) -> RunState {
        match (self.status, self.outcome) {
            (RunStatus::Queued, _) => RunState::Queued,
            (RunStatus::Running, _) => RunState::Running,
            (RunStatus::Completed, Some(outcome)) => RunState::Ended(outcome),
            // The schema forbids a completed run without an outcome.
            (RunStatus::Completed, None) => RunState::Ended(RunOutcome::Failed),
        }
    }

    /// Whether this takes the place of what is shown: the same run, different, and not overtaken on its way.
    pub fn replaces(&self, shown: &Self) -> bool {
        self.id == shown.id && shown.updated_at <= self.updated_at && self != shown
    }
}

/// One line of a run's history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunEvent {
    pub kind: RunEventKind,
    pub at: DateTime<Utc>,
    /// A user's name, `system`, or a worker's name.
    pub actor: String,
    pub attempt: i32,
    /// Facts of the event by name; which ones depends on the kind.
    pub detail: Value,
}

/// All there is to tell of one run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunDetail {
    pub run: Run,
    pub run_identity_hash: String,
    pub failures: Vec<RunFailure>,
    /// What the run was asked to do and what it noted on the way.
    pub context: Value,
    /// Oldest first.
    pub events: Vec<RunEvent>,
    /// The runs that did this one again, oldest first.
    #[serde(default)]
    pub retried_by: Vec<RunId>,
}

/// The answer to "start this": a new run, or the active one with the same identity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Started {
    pub run: Run,
    /// False when the request joined a run that was already active.
    pub created: bool,
}

impl Started {
    /// Where an address names the run that a form has started or joined.
    pub const CREATED_QUERY: &str = "started";
    pub const JOINED_QUERY: &str = "joined";

    /// The run as an address names it.
    pub fn query(&self) -> String {
        let name = if self.created { Self::CREATED_QUERY } else { Self::JOINED_QUERY };
        format!("{name}={}", self.run.id)
    }
}

/// What the live stream tells a browser.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum LiveEvent {
    /// A run was created or changed; this is how it is now.
    Run { run: Box<Run> },
    /// The server's time, told when a stream begins.
    Clock { now: DateTime<Utc> },
    /// The stream fell behind; ask again for what is on the screen.
    Gap,
    /// The server cannot reach its database, and so hears of no change. A gap follows when it can again.
    DatabaseAway,
    /// The viewer, whatever tenant's page is open, was told something.
    Notification { notification: Box<Notification> },
    /// The viewer has read or put away notifications, here or elsewhere.
    Inbox { unread: u64, toasted: Vec<NotificationId> },
}

#[cfg(test)]
pub(crate) mod tests;
