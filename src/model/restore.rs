//! Restores: policies of a backup set, written back to a tenant after a preview.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    backup::PolicyKey,
    comparison::Change,
    ids::{BackupSetId, RestoreRunId, TenantId, UserId},
    reason::ReasonCode,
    run::{RunFailure, RunOutcome, SummaryCounts},
};
use crate::text_enum;

/// How many policies one restore takes at most.
pub const MOST_RESTORED: usize = 500;
/// How many failures a restore carries in its events; its items tell all.
pub const TOLD_FAILURES: usize = 50;

text_enum! {
    /// Where a restore is in its life.
    RestoreStatus, "status of a restore" {
        Draft = "draft",
        Previewed = "previewed",
        Running = "running",
        Completed = "completed",
        Failed = "failed",
        Cancelled = "cancelled",
    }
}

impl RestoreStatus {
    pub const fn label(self) -> &'static str {
        match self {
            Self::Draft => "Draft",
            Self::Previewed => "Previewed",
            Self::Running => "Running",
            Self::Completed => "Completed",
            Self::Failed => "Failed",
            Self::Cancelled => "Cancelled",
        }
    }

    pub const fn has_ended(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Cancelled)
    }

    /// Which status may follow which.
    pub const fn can_become(self, next: Self) -> bool {
        match self {
            Self::Draft => matches!(next, Self::Previewed | Self::Failed | Self::Cancelled),
            Self::Previewed => matches!(next, Self::Draft | Self::Running | Self::Failed | Self::Cancelled),
            Self::Running => next.has_ended(),
            Self::Completed | Self::Failed | Self::Cancelled => false,
        }
    }
}

text_enum! {
    /// What restoring a policy would do.
    RestorePlan, "plan of a restore" {
        Pending = "pending",
        Create = "create",
        Update = "update",
        Unchanged = "unchanged",
        Blocked = "blocked",
    }
}

impl RestorePlan {
    pub const fn label(self) -> &'static str {
        match self {
            Self::Pending => "Not looked at yet",
            Self::Create => "Create",
            Self::Update => "Update",
            Self::Unchanged => "No change",
            Self::Blocked => "Blocked",
        }
    }
}

text_enum! {
    /// What became of a policy of a restore.
    RestoreState, "state of a restored policy" {
        Waiting = "waiting",
        Writing = "writing",
        Created = "created",
        Updated = "updated",
        Unchanged = "unchanged",
        Failed = "failed",
        Cancelled = "cancelled",
    }
}

impl RestoreState {
    pub const fn label(self) -> &'static str {
        match self {
            Self::Waiting => "Waiting",
            Self::Writing => "Being written",
            Self::Created => "Created",
            Self::Updated => "Updated",
            Self::Unchanged => "No change needed",
            Self::Failed => "Failed",
            Self::Cancelled => "Cancelled",
        }
    }

    pub const fn has_ended(self) -> bool {
        !matches!(self, Self::Waiting | Self::Writing)
    }
}

/// A group that a policy names, and what it is in this tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupMatch {
    pub id: String,
    /// Its name in the backup.
    pub name: Option<String>,
    /// The group here; absent when there is none, or more than one of the name.
    pub here: Option<String>,
    /// How it was found: `id`, `name` or `hand`; or why it was not: `missing`, `ambiguous`.
    pub by: String,
}

/// A group of the backup, and which it is here, as somebody typed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupChoice {
    pub id: String,
    /// Empty where nothing was chosen.
    pub here: String,
}

/// A restore as its events tell it and lists show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestoreRun {
    pub id: RestoreRunId,
    pub tenant_id: TenantId,
    pub backup_set_id: BackupSetId,
    pub backup_set_name: String,
    pub status: RestoreStatus,
    pub assignments: bool,
    pub group_map: BTreeMap<String, String>,
    pub safety_set_id: Option<BackupSetId>,
    pub created_by_id: Option<UserId>,
    pub created_by: String,
    pub confirmed_by: Option<String>,
    pub failure: Option<RunFailure>,
    pub cancel_requested_at: Option<DateTime<Utc>>,
    pub cancel_requested_by: Option<String>,
    pub attempt: i32,
    /// The taking that began to write; none before.
    #[serde(default)]
    pub first_attempt: Option<i32>,
    pub beat_at: Option<DateTime<Utc>>,
    /// Counts its changes.
    pub version: i64,
    pub created_at: DateTime<Utc>,
    pub started_at: Option<DateTime<Utc>>,
    pub completed_at: Option<DateTime<Utc>>,
    pub updated_at: DateTime<Utc>,
    /// Of its policies; made anew from them with each change.
    pub counts: SummaryCounts,
    /// The first failures of policies.
    pub failures: Vec<RunFailure>,
}

impl RestoreRun {
    /// What it came to, once it has ended.
    pub const fn outcome(&self) -> Option<RunOutcome> {
        Some(match (self.status, self.counts.failed, self.counts.succeeded) {
            (RestoreStatus::Failed, ..) => RunOutcome::Failed,
            (RestoreStatus::Cancelled, ..) => RunOutcome::Cancelled,
            (RestoreStatus::Completed, 0, _) => RunOutcome::Succeeded,
            (RestoreStatus::Completed, _, 0) => RunOutcome::Failed,
            (RestoreStatus::Completed, ..) => RunOutcome::PartiallySucceeded,
            (RestoreStatus::Draft | RestoreStatus::Previewed | RestoreStatus::Running, ..) => return None,
        })
    }
}

/// A policy of a restore.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RestoreItem {
    pub key: PolicyKey,
    pub family_label: String,
    pub name: String,
    pub plan: RestorePlan,
    pub changes: Vec<Change>,
    pub groups: Vec<GroupMatch>,
    pub target_id: Option<String>,
    pub state: RestoreState,
    pub new_id: Option<String>,
    pub code: Option<ReasonCode>,
    pub message: Option<String>,
}

/// One restore in full.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RestoreDetail {
    pub run: RestoreRun,
    pub items: Vec<RestoreItem>,
    /// What must be typed to let it write.
    pub tenant_name: String,
}

impl RestoreDetail {
    /// How many of its policies have this plan.
    pub fn planned(&self, plan: RestorePlan) -> u64 {
        self.items.iter().filter(|item| item.plan == plan).count() as u64
    }

    /// How many policies it would write, or has planned to.
    pub fn to_write(&self) -> u64 {
        self.planned(RestorePlan::Create) + self.planned(RestorePlan::Update)
    }

    /// The groups that its policies name, each once, with how many policies name it; in the order of their names.
    pub fn groups(&self) -> Vec<(GroupMatch, u64)> {
        let mut groups: BTreeMap<(Option<&str>, &str), (&GroupMatch, u64)> = BTreeMap::new();
        for group in self.items.iter().flat_map(|item| &item.groups) {
            groups.entry((group.name.as_deref(), &group.id)).or_insert((group, 0)).1 += 1;
        }
        groups.into_values().map(|(group, policies)| (group.clone(), policies)).collect()
    }
}
