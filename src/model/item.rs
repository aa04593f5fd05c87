//! What a sync of families has left, as people see it: families with counts, and the items of one by name.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{listing::Listing, run::Run};

/// A family, and how many items of it are there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FamilyCount {
    /// As addresses have it.
    pub key: String,
    pub label: String,
    pub items: u64,
}

/// One item of a family.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemLine {
    /// Microsoft Graph's id.
    pub id: String,
    /// Empty for an item without a name.
    pub name: String,
    /// Without `#microsoft.graph.`; families of one type have none.
    pub odata_type: Option<String>,
    /// The newest version; absent for what has no versions.
    pub version: Option<i32>,
    pub first_seen_at: DateTime<Utc>,
    pub last_changed_at: DateTime<Utc>,
    /// When a sync found it gone.
    pub removed_at: Option<DateTime<Utc>>,
}

impl ItemLine {
    /// What to call it: its name, or its id where it has none.
    pub fn title(&self) -> &str {
        if self.name.is_empty() { &self.id } else { &self.name }
    }
}

/// What an address asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FamilyQuery {
    /// The first family that has items, where it names none.
    pub family: Option<String>,
    /// A part of the name.
    pub q: Option<String>,
    pub after: Option<String>,
}

/// A page of one family's items, and how fresh it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FamilyPage {
    pub families: Vec<FamilyCount>,
    /// The key of the family that is shown.
    pub family: String,
    pub items: Listing<ItemLine>,
    /// The newest sync, in whatever state it is.
    pub last_sync: Option<Run>,
}

impl FamilyPage {
    /// Whether there is any item at all, shown or not.
    pub fn any(&self) -> bool {
        !self.items.items.is_empty() || self.families.iter().any(|family| family.items > 0)
    }
}
