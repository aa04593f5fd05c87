//! One policy with its versions, and what differs between two of them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{comparison::Change, ids::RunId, item::ItemLine};

/// All there is to tell of one policy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PolicyDetail {
    pub policy: ItemLine,
    pub family_label: String,
    /// Newest first, the newest ones where there are very many.
    pub versions: Vec<PolicyVersion>,
    /// Absent while there are no two versions.
    pub comparison: Option<VersionComparison>,
    /// Of the newest version that has a content.
    pub assignments: Vec<AssignmentLine>,
    /// Its normal form as JSON text; absent where it is too long for a page.
    pub body: Option<String>,
    /// What of the address made no sense and was ignored, for the reader.
    pub note: Option<String>,
}

/// One version, without its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyVersion {
    pub version: i32,
    pub recorded_at: DateTime<Utc>,
    /// The sync that found it.
    pub run: RunId,
    /// Whether it says that the policy is gone.
    pub gone: bool,
}

/// What differs between two versions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VersionComparison {
    pub from: i32,
    pub to: i32,
    pub changes: Vec<Change>,
    /// By target.
    pub assignment_changes: Vec<Change>,
}

/// To whom a policy is assigned, or from whom it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssignmentLine {
    pub excluded: bool,
    /// "All devices", or the group by its name, or its id where the name is not known.
    pub target: String,
    /// The assignment filter, with whether it includes or excludes.
    pub filter: Option<String>,
}
