//! What differs between two states of the same thing, place by place.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::text_enum;

/// One place where two things differ.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// Where, in words that stay the same from one comparison to the next:
    /// `settings[device_vendor_msft_policy_x].choice.value`. Empty for the thing as a whole.
    pub path: String,
    /// Absent where it was not there. Never null: null, empty text and empty lists count as not there.
    pub before: Option<Value>,
    /// Absent where it is not there any more.
    pub after: Option<Value>,
}

text_enum! {
    /// In which way a place differs.
    ChangeKind, "kind of change" {
        Added = "added",
        Removed = "removed",
        Changed = "changed",
    }
}

impl Change {
    pub const fn kind(&self) -> ChangeKind {
        match (&self.before, &self.after) {
            (None, _) => ChangeKind::Added,
            (Some(_), None) => ChangeKind::Removed,
            (Some(_), Some(_)) => ChangeKind::Changed,
        }
    }
}

impl ChangeKind {
    /// Its word on screen.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Added => "Added",
            Self::Removed => "Removed",
            Self::Changed => "Changed",
        }
    }
}
