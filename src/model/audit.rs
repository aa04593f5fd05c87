//! The audit log: who did what in a tenant, when, and from where.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    ids::{AuditEntryId, UserId},
    listing::Listing,
    page::Person,
};
use crate::text_enum;

/// Entries on a page.
pub const ENTRIES_A_PAGE: usize = 50;

text_enum! {
    /// What somebody did. One request leaves one entry, whatever it came to in the database.
    AuditAction, "action" {
        RunStarted = "run.started",
        RunRetried = "run.retried",
        RunCancelled = "run.cancelled",
        BackupSetCreated = "backup_set.created",
        BackupSetExtended = "backup_set.extended",
        BackupSetCompleted = "backup_set.completed",
        BackupSetDeleted = "backup_set.deleted",
        BackupSetDownloaded = "backup_set.downloaded",
        BackupSetLoaded = "backup_set.loaded",
        RestorePreviewed = "restore.previewed",
        RestoreMapped = "restore.mapped",
        RestoreConfirmed = "restore.confirmed",
        RestoreCancelled = "restore.cancelled",
        FindingAccepted = "finding.accepted",
        FindingIgnored = "finding.ignored",
        FindingReopened = "finding.reopened",
        ScheduleSaved = "schedule.saved",
        NotificationsSaved = "notifications.saved",
        DestinationAdded = "destination.added",
        DestinationEdited = "destination.edited",
        DestinationSwitched = "destination.switched",
        DestinationRemoved = "destination.removed",
        DestinationTested = "destination.tested",
        DeliveryRepeated = "delivery.repeated",
    }
}

impl AuditAction {
    pub const fn label(self) -> &'static str {
        match self {
            Self::RunStarted => "Started a run",
            Self::RunRetried => "Ran again",
            Self::RunCancelled => "Cancelled a run",
            Self::BackupSetCreated => "Created a backup set",
            Self::BackupSetExtended => "Added to a backup set",
            Self::BackupSetCompleted => "Completed a backup set",
            Self::BackupSetDeleted => "Deleted a backup set",
            Self::BackupSetDownloaded => "Downloaded a backup set",
            Self::BackupSetLoaded => "Loaded a backup set",
            Self::RestorePreviewed => "Previewed a restore",
            Self::RestoreMapped => "Mapped groups of a restore",
            Self::RestoreConfirmed => "Confirmed a restore",
            Self::RestoreCancelled => "Cancelled a restore",
            Self::FindingAccepted => "Accepted drift",
            Self::FindingIgnored => "Ignored drift",
            Self::FindingReopened => "Reopened drift",
            Self::ScheduleSaved => "Saved a schedule",
            Self::NotificationsSaved => "Changed own notifications",
            Self::DestinationAdded => "Added a destination",
            Self::DestinationEdited => "Edited a destination",
            Self::DestinationSwitched => "Switched a destination",
            Self::DestinationRemoved => "Removed a destination",
            Self::DestinationTested => "Tested a destination",
            Self::DeliveryRepeated => "Sent a delivery again",
        }
    }
}

text_enum! {
    /// What something was done to.
    SubjectKind, "kind of subject" {
        Run = "run",
        BackupSet = "backup_set",
        Restore = "restore",
        Finding = "finding",
        Schedule = "schedule",
        Member = "member",
        Destination = "destination",
        Delivery = "delivery",
    }
}

/// What something was done to, with its name at that time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    pub kind: SubjectKind,
    pub id: String,
    pub name: String,
}

impl Subject {
    pub fn new(kind: SubjectKind, id: impl ToString, name: impl Into<String>) -> Self {
        Self { kind, id: id.to_string(), name: name.into() }
    }

    /// Where it can be seen within the tenant, without a slash at its start; none for what has no page, or no more.
    pub fn path(&self, action: AuditAction) -> Option<String> {
        // Only an id: what an entry says is never taken for an address.
        let id = self.id.parse::<uuid::Uuid>();
        match (self.kind, id) {
            (SubjectKind::Run, Ok(id)) => Some(format!("operations/{id}")),
            (SubjectKind::BackupSet, Ok(id)) if action != AuditAction::BackupSetDeleted => {
                Some(format!("backups/{id}"))
            }
            (SubjectKind::Restore, Ok(id)) => Some(format!("restores/{id}")),
            (SubjectKind::Finding, Ok(id)) => Some(format!("drift/{id}")),
            (SubjectKind::Schedule, _) => Some("schedules".to_owned()),
            (SubjectKind::Destination | SubjectKind::Delivery, _) => Some("notifications/outgoing".to_owned()),
            _ => None,
        }
    }
}

/// One line of the audit log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    pub id: AuditEntryId,
    pub at: DateTime<Utc>,
    /// Absent at the server's own command line.
    pub actor_user_id: Option<UserId>,
    /// The name at that time.
    pub actor_name: String,
    /// The address that the connection came from; absent at the command line.
    pub actor_address: Option<String>,
    pub action: AuditAction,
    pub subject: Subject,
    /// An object, without secrets.
    pub detail: Value,
}

/// The filter and the place as the address has them, not read yet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditAsked {
    pub action: Option<String>,
    /// A user's id.
    pub person: Option<String>,
    /// Days of UTC; both belong to the range.
    pub from: Option<String>,
    pub to: Option<String>,
    /// The last entry of the page before.
    pub after: Option<String>,
}

impl AuditAsked {
    pub fn is_filtered(&self) -> bool {
        self.action.is_some() || self.person.is_some() || self.from.is_some() || self.to.is_some()
    }

    /// What was given, by the names of the address.
    pub fn pairs(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let all = [
            ("action", &self.action),
            ("person", &self.person),
            ("from", &self.from),
            ("to", &self.to),
            ("after", &self.after),
        ];
        all.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?)))
    }
}

/// A page of the log, with the people whom it can be filtered for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditPage {
    pub entries: Listing<AuditEntry>,
    pub people: Vec<Person>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_leads_to_its_page_while_there_is_one() {
        let id = "0199a0c0-0000-7000-8000-000000000001";
        let set = Subject::new(SubjectKind::BackupSet, id, "Before");
        assert_eq!(set.path(AuditAction::BackupSetLoaded), Some(format!("backups/{id}")));
        assert_eq!(set.path(AuditAction::BackupSetDeleted), None);
        let odd = Subject::new(SubjectKind::Run, "../../login", "x");
        assert_eq!(odd.path(AuditAction::RunStarted), None);
    }
}
