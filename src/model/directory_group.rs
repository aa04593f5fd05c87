//! Groups of the directory, as people see them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{listing::Listing, run::Run};
use crate::text_enum;

text_enum! {
    /// What a group is for. Source: learn.microsoft.com/graph/api/resources/groups-overview.
    GroupKind, "kind of group" {
        Microsoft365 = "microsoft_365",
        Security = "security",
        MailEnabledSecurity = "mail_enabled_security",
        Distribution = "distribution",
    }
}

text_enum! {
    /// Why a group is not there any more.
    RemovedReason, "reason" {
        /// It can still be restored.
        Changed = "changed",
        Deleted = "deleted",
    }
}

text_enum! {
    /// Which groups a list shows.
    GroupSelection, "kind of group" {
        Microsoft365 = "microsoft_365",
        Security = "security",
        MailEnabledSecurity = "mail_enabled_security",
        Distribution = "distribution",
        /// Of any kind, with a rule that decides who is in it.
        Dynamic = "dynamic",
        /// Gone from the directory.
        Removed = "removed",
    }
}

impl GroupKind {
    /// The kind by the three properties that decide it.
    pub const fn of(unified: bool, mail_enabled: bool, security_enabled: bool) -> Self {
        match (unified, mail_enabled, security_enabled) {
            (true, ..) => Self::Microsoft365,
            (_, true, true) => Self::MailEnabledSecurity,
            (_, true, false) => Self::Distribution,
            (_, false, _) => Self::Security,
        }
    }

    pub const fn label(self) -> &'static str {
        match self {
            Self::Microsoft365 => "Microsoft 365",
            Self::Security => "Security",
            Self::MailEnabledSecurity => "Mail-enabled security",
            Self::Distribution => "Distribution",
        }
    }
}

impl GroupSelection {
    pub const fn label(self) -> &'static str {
        match self {
            Self::Microsoft365 => GroupKind::Microsoft365.label(),
            Self::Security => GroupKind::Security.label(),
            Self::MailEnabledSecurity => GroupKind::MailEnabledSecurity.label(),
            Self::Distribution => GroupKind::Distribution.label(),
            Self::Dynamic => "Dynamic membership",
            Self::Removed => "Removed",
        }
    }

    /// The kind that it asks for, where it asks for one.
    pub const fn kind(self) -> Option<GroupKind> {
        match self {
            Self::Microsoft365 => Some(GroupKind::Microsoft365),
            Self::Security => Some(GroupKind::Security),
            Self::MailEnabledSecurity => Some(GroupKind::MailEnabledSecurity),
            Self::Distribution => Some(GroupKind::Distribution),
            Self::Dynamic | Self::Removed => None,
        }
    }
}

/// A group as the last sync left it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DirectoryGroup {
    /// Microsoft Graph's id.
    pub id: String,
    /// Empty for a group without a name.
    pub name: String,
    pub description: Option<String>,
    pub kind: GroupKind,
    /// Whether a rule decides who is in it.
    pub dynamic: bool,
    pub membership_rule: Option<String>,
    pub member_count: i64,
    pub last_changed_at: DateTime<Utc>,
    pub removed: Option<RemovedGroup>,
}

/// What is known of a group that is gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemovedGroup {
    /// When a sync found it gone.
    pub at: DateTime<Utc>,
    /// Absent where it was just not there any more.
    pub reason: Option<RemovedReason>,
    /// How many policies are still assigned to it.
    pub policies: i64,
}

/// A page of the tenant's groups, and how fresh it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupPage {
    pub groups: Listing<DirectoryGroup>,
    /// The newest sync, in whatever state it is.
    pub last_sync: Option<Run>,
    /// Whether there is any group at all, shown or not.
    pub any: bool,
}

/// Where a page of the list ends: name in lower case and id, as the address carries it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupCursor {
    pub name_key: String,
    pub id: String,
}

impl GroupCursor {
    /// None for what no list has written.
    pub fn parse(text: &str) -> Option<Self> {
        let (id, name_key) = text.split_once(' ')?;
        (!id.is_empty()).then(|| Self { name_key: name_key.to_owned(), id: id.to_owned() })
    }
}

impl std::fmt::Display for GroupCursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.id, self.name_key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_properties_decide_the_kind() {
        assert_eq!(GroupKind::of(true, true, true), GroupKind::Microsoft365);
        assert_eq!(GroupKind::of(false, true, true), GroupKind::MailEnabledSecurity);
        assert_eq!(GroupKind::of(false, true, false), GroupKind::Distribution);
        assert_eq!(GroupKind::of(false, false, true), GroupKind::Security);
    }

    #[test]
    fn a_cursor_survives_the_address_whatever_the_name() {
        for name in ["sales", "two words", "", " leading", "\u{e4}-&=%"] {
            let cursor = GroupCursor { name_key: name.to_owned(), id: "5f1c".to_owned() };
            assert_eq!(GroupCursor::parse(&cursor.to_string()), Some(cursor));
        }
        assert_eq!(GroupCursor::parse("nonsense"), None);
    }
}
