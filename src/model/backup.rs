//! Backup sets: policies as they were, kept to look at and to restore.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    ids::{BackupSetId, RunId},
    reason::ReasonCode,
};
use crate::text_enum;

/// How many lines a page of policies has.
pub const ITEMS_PAGE: usize = 100;
/// How many sets a page has.
pub const SETS_PAGE: usize = 50;
/// How many policies one request adds at most: each is read by itself.
pub const MOST_ADDED: usize = 5_000;

text_enum! {
    /// Where a set is in its life.
    SetStatus, "status of a backup set" {
        Open = "open",
        Complete = "complete",
        Incomplete = "incomplete",
    }
}

impl SetStatus {
    pub const fn label(self) -> &'static str {
        match self {
            Self::Open => "Open",
            Self::Complete => "Complete",
            Self::Incomplete => "Incomplete",
        }
    }
}

text_enum! {
    /// Where a set comes from.
    SetSource, "source of a backup set" {
        Captured = "captured",
        Safety = "safety",
        Loaded = "loaded",
    }
}

impl SetSource {
    pub const fn label(self) -> &'static str {
        match self {
            Self::Captured => "Captured",
            Self::Safety => "Before a restore",
            Self::Loaded => "Loaded from a file",
        }
    }
}

text_enum! {
    /// How long a set is kept.
    Keep, "time to keep" {
        Month = "30",
        Quarter = "90",
        Year = "365",
        Forever = "forever",
    }
}

impl Keep {
    pub const fn label(self) -> &'static str {
        match self {
            Self::Month => "30 days",
            Self::Quarter => "90 days",
            Self::Year => "1 year",
            Self::Forever => "Until it is deleted",
        }
    }

    pub const fn days(self) -> Option<i64> {
        match self {
            Self::Month => Some(30),
            Self::Quarter => Some(90),
            Self::Year => Some(365),
            Self::Forever => None,
        }
    }
}

/// A set as lists show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupSet {
    pub id: BackupSetId,
    pub name: String,
    pub status: SetStatus,
    pub source: SetSource,
    pub keep_open: bool,
    pub created_by: String,
    pub created_at: DateTime<Utc>,
    pub completed_at: Option<DateTime<Utc>>,
    pub expires_at: Option<DateTime<Utc>>,
    /// How many policies are in it.
    pub items: u64,
    /// How many were asked for and are not in it.
    pub missing: u64,
    /// Whether a run is adding to it now.
    pub busy: bool,
}

impl BackupSet {
    /// Why no policy can be added to it any more; none when one can.
    pub fn closed(&self) -> Option<&'static str> {
        match (self.status, self.source) {
            (_, SetSource::Loaded) => Some("This set was loaded from a file and stays as it is."),
            (_, SetSource::Safety) => Some("This set was made before a restore and stays as it is."),
            (SetStatus::Complete, _) => Some("This set is complete and stays as it is. Make a new set instead."),
            _ => None,
        }
    }
}

/// A family with how many policies of it there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FamilyCount {
    pub family: String,
    pub label: String,
    pub count: u64,
}

/// Which policy: its family and Graph's id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PolicyKey {
    pub family: String,
    pub graph_id: String,
}

impl PolicyKey {
    /// One word for forms: `family/id`.
    pub fn word(&self) -> String {
        format!("{}/{}", self.family, self.graph_id)
    }
}

impl std::str::FromStr for PolicyKey {
    type Err = super::text_enum::UnknownWord;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('/') {
            Some((family, id)) if !family.is_empty() && !id.is_empty() => {
                Ok(Self { family: family.to_owned(), graph_id: id.to_owned() })
            }
            _ => Err(super::text_enum::UnknownWord { kind: "policy", text: text.chars().take(80).collect() }),
        }
    }
}

/// A policy in a set, or one that could be put into a set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyLine {
    pub key: PolicyKey,
    pub family_label: String,
    pub name: String,
    pub odata_type: Option<String>,
    /// When it was captured, or last changed.
    pub at: DateTime<Utc>,
}

/// A policy that was asked for and is not in the set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MissingPolicy {
    pub key: PolicyKey,
    pub family_label: String,
    /// Absent when nobody knew it.
    pub name: Option<String>,
    pub code: ReasonCode,
    pub message: String,
    pub run_id: RunId,
}

/// A page of policies with the families that there are, for the filter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyPage {
    pub policies: Vec<PolicyLine>,
    pub families: Vec<FamilyCount>,
    /// Give this as `after` for the next page.
    pub next: Option<String>,
    pub note: Option<String>,
}

/// One set in full.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupSetDetail {
    pub set: BackupSet,
    pub page: PolicyPage,
    pub missing: Vec<MissingPolicy>,
    /// The runs that added to it, newest first.
    pub runs: Vec<RunId>,
}

/// What the page for choosing policies shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyChoices {
    pub page: PolicyPage,
    /// How many policies the filter lets through, up to one more than can be added at once.
    pub matching: u64,
    /// The sets that take more policies, newest first.
    pub open_sets: Vec<BackupSet>,
    /// The id of the set that this form makes: the form sent twice makes one set.
    pub new_set: BackupSetId,
    /// A name for it.
    pub suggested_name: String,
}

text_enum! {
    /// Why a file was not loaded as a backup set.
    LoadRefusal, "refusal of a backup file" {
        NoFile = "no_file",
        TooLarge = "too_large",
        NoZip = "no_zip",
        NoManifest = "no_manifest",
        OtherVersion = "other_version",
        TooMany = "too_many",
        Unpacked = "unpacked",
        Unlisted = "unlisted",
        Absent = "absent",
        NoPolicy = "no_policy",
        Changed = "changed",
        Empty = "empty",
        Name = "name",
        Deleted = "deleted",
    }
}

impl LoadRefusal {
    /// What is wrong and what to do.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::NoFile => "Choose a backup file first.",
            Self::TooLarge => "The file is larger than 256 MB. Export a smaller set.",
            Self::NoZip => "The file is no zip file, or a damaged one. Download the set again.",
            Self::NoManifest => {
                "The file has no readable manifest.json at its top, so it is no backup set of Runledger. Download the set again."
            }
            Self::OtherVersion => "The file was written by a newer version of Runledger. Update this server first.",
            Self::TooMany => "The file lists more than 20,000 policies. Export smaller sets.",
            Self::Unpacked => {
                "The file unpacks to far more than a backup set holds, so it was refused. Download the set again."
            }
            Self::Unlisted => {
                "The file holds something that its manifest does not list, so it was refused. Download the set again."
            }
            Self::Absent => {
                "The manifest lists a policy that is not in the file, so it was refused. Download the set again."
            }
            Self::NoPolicy => {
                "The file holds something that is no policy of a family that Runledger backs up, so it was refused."
            }
            Self::Changed => {
                "A policy in the file does not fit the hash that the manifest has for it: the file was changed or damaged. Download the set again."
            }
            Self::Empty => "The file holds no policies.",
            Self::Name => "The set needs a name of one line, at most 200 characters.",
            Self::Deleted => {
                "The set was deleted while the file was being loaded, so nothing of it was kept. Load the file again."
            }
        }
    }
}
