//! One page of the ledger, newest first. The cursor is the sort key: a run id.

use serde::{Deserialize, Serialize};

use super::{
    ids::{RunId, UserId},
    run::Run,
};

/// How many runs a page holds.
pub const PAGE_SIZE: usize = 50;
/// Runs are counted exactly up to here.
pub const COUNTED: u64 = 10_000;

/// Runs in order of creation, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunPage {
    pub runs: Vec<Run>,
    /// Give this as `before` to get the page of newer runs; absent on the first page.
    pub previous: Option<RunId>,
    /// Give this as `after` to get the page of older runs; absent on the last page.
    pub next: Option<RunId>,
    /// How many runs pass the filter, on all pages.
    pub count: RunCount,
    /// The one run that the search names: go there.
    pub found: Option<RunId>,
    /// What of the address made no sense and was ignored, for the reader.
    pub note: Option<String>,
    /// What waits here for a newer version, or was put aside, for the reader.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aside: Option<String>,
}

/// How many runs there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunCount {
    pub runs: u64,
    /// There are more than were counted.
    pub more: bool,
}

impl RunCount {
    /// One run more, counted as far as the server counts.
    #[must_use]
    pub const fn and_one(self) -> Self {
        if self.more || self.runs >= COUNTED {
            return Self { runs: self.runs, more: true };
        }
        Self { runs: self.runs + 1, more: false }
    }

    /// `0`, `1`, `9,999`, `10,000+`.
    pub fn text(self) -> String {
        let digits = self.runs.to_string();
        let mut text = String::with_capacity(digits.len() + digits.len() / 3 + 1);
        for (index, digit) in digits.chars().enumerate() {
            if index > 0 && (digits.len() - index).is_multiple_of(3) {
                text.push(',');
            }
            text.push(digit);
        }
        if self.more {
            text.push('+');
        }
        text
    }
}

/// Somebody whose runs can be filtered for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    pub id: UserId,
    pub name: String,
    /// Whether they are a member of the tenant now; their runs stay when they leave.
    pub member: bool,
}

/// What the filter offers beside fixed words: the tenant's people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListChoices {
    /// The members by name, then those who left and whom the address names.
    pub people: Vec<Person>,
    /// Whoever asks.
    pub me: UserId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_told_with_commas_and_a_plus() {
        let text = |runs, more| RunCount { runs, more }.text();
        assert_eq!([text(0, false), text(999, false), text(1_000, false)], ["0", "999", "1,000"]);
        assert_eq!([text(COUNTED, true), text(1_234_567, false)], ["10,000+", "1,234,567"]);
    }

    #[test]
    fn a_count_goes_on_as_far_as_the_server_counts() {
        let after = |runs, more| RunCount { runs, more }.and_one();
        assert_eq!(after(COUNTED - 1, false), RunCount { runs: COUNTED, more: false });
        assert_eq!(after(COUNTED, false), RunCount { runs: COUNTED, more: true });
        assert_eq!(after(COUNTED, true), RunCount { runs: COUNTED, more: true });
    }
}
