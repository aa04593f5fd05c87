//! Drift as people see it: findings, what was decided about them, and what a tenant can be compared with.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

pub use super::baseline::{Baseline, BaselineKind};
use super::{
    comparison::Change,
    ids::{FindingId, RunId},
};
use crate::text_enum;

/// How many findings a page holds.
pub const FINDINGS_PAGE: usize = 50;
/// How many findings one decision covers at most.
pub const MOST_DECIDED: usize = 200;
/// The longest reason, in characters.
pub const LONGEST_REASON: usize = 500;

text_enum! {
    /// How much a finding matters. The rule is in `server/drift/severity.rs`.
    Severity, "severity" {
        High = "high",
        Medium = "medium",
        Low = "low",
    }
}

impl Severity {
    pub const fn label(self) -> &'static str {
        match self {
            Self::High => "High",
            Self::Medium => "Medium",
            Self::Low => "Low",
        }
    }
}

text_enum! {
    /// Where a finding stands.
    FindingState, "state of a finding" {
        New = "new",
        Accepted = "accepted",
        Ignored = "ignored",
        Resolved = "resolved",
    }
}

impl FindingState {
    pub const fn label(self) -> &'static str {
        match self {
            Self::New => "New",
            Self::Accepted => "Accepted",
            Self::Ignored => "Ignored",
            Self::Resolved => "Resolved",
        }
    }

    /// What the state means, for those who wonder.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::New => "Nobody has decided about it yet",
            Self::Accepted => "This exact value is fine; another value is a new finding",
            Self::Ignored => "This place may differ, whatever its value",
            Self::Resolved => "It does not differ any more",
        }
    }
}

text_enum! {
    /// What a person decides about a finding.
    Decision, "decision" {
        /// This exact value is fine: another value at the same place is new again.
        Accept = "accept",
        /// This place may differ, whatever its value. Needs a reason.
        Ignore = "ignore",
        /// Takes either back.
        Reopen = "reopen",
    }
}

impl Decision {
    pub const fn state(self) -> FindingState {
        match self {
            Self::Accept => FindingState::Accepted,
            Self::Ignore => FindingState::Ignored,
            Self::Reopen => FindingState::New,
        }
    }
}

text_enum! {
    /// One line of a finding's history.
    FindingEventKind, "kind of event" {
        Found = "found",
        ValueChanged = "value_changed",
        Resolved = "resolved",
        Returned = "returned",
        Accepted = "accepted",
        Ignored = "ignored",
        Reopened = "reopened",
    }
}

impl FindingEventKind {
    pub const fn label(self) -> &'static str {
        match self {
            Self::Found => "Found",
            Self::ValueChanged => "The value changed",
            Self::Resolved => "Resolved: it did not differ any more",
            Self::Returned => "Came back",
            Self::Accepted => "Accepted",
            Self::Ignored => "Ignored",
            Self::Reopened => "Reopened",
        }
    }
}

/// A baseline that the viewer can choose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BaselineChoice {
    /// As the form has it.
    pub value: String,
    pub kind: BaselineKind,
    pub name: String,
}

/// A family of policies, as filters and findings name it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FamilyName {
    pub code: String,
    pub label: String,
}

/// What a run of drift generation compared, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastComparison {
    pub run: RunId,
    pub completed_at: DateTime<Utc>,
    pub baseline: Baseline,
    pub baseline_name: String,
    /// The moment that the baseline shows.
    pub baseline_at: DateTime<Utc>,
    pub policies: u64,
    pub new: u64,
    pub known: u64,
    pub resolved: u64,
    /// Policies that could not be compared.
    pub failed: u64,
}

/// What the drift page stands on, beside the findings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DriftOverview {
    /// How many policy syncs can be compared: none, one, or two for two and more.
    pub syncs: u8,
    /// When the newest of them was completed.
    pub synced_at: Option<DateTime<Utc>>,
    pub last: Option<LastComparison>,
    pub choices: Vec<BaselineChoice>,
    pub families: Vec<FamilyName>,
}

/// One place that differs, or did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    pub id: FindingId,
    pub family: FamilyName,
    pub policy_name: String,
    /// The policy's id in this tenant; absent where only the baseline has it.
    pub graph_id: Option<String>,
    /// An empty path is the policy as a whole.
    pub change: Change,
    pub severity: Severity,
    pub state: FindingState,
    pub baseline: BaselineKind,
    pub baseline_name: String,
    pub reason: Option<String>,
    pub decided_by: Option<String>,
    pub decided_at: Option<DateTime<Utc>>,
    pub first_seen_at: DateTime<Utc>,
    pub first_seen_run: RunId,
    pub last_seen_at: DateTime<Utc>,
    pub last_seen_run: RunId,
    pub resolved_at: Option<DateTime<Utc>>,
    /// What a decision names: the finding and the value that the person saw.
    pub ticket: String,
}

/// One line of a finding's history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingEvent {
    pub kind: FindingEventKind,
    pub at: DateTime<Utc>,
    /// A user's name; absent where a run did it.
    pub actor: Option<String>,
    pub run: Option<RunId>,
    pub reason: Option<String>,
}

/// All there is to tell of a finding.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FindingDetail {
    pub finding: Finding,
    /// Oldest first.
    pub events: Vec<FindingEvent>,
}

/// What a decision came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decided {
    pub decision: Decision,
    pub findings: usize,
}
