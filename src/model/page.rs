//! One page of the ledger, newest first. The cursor is the sort key: a run id.

use serde::{Deserialize, Serialize};

use super::{ids::RunId, run::Run};

/// How many runs a page holds.
pub const PAGE_SIZE: usize = 50;

/// Runs in order of creation, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunPage {
    pub runs: Vec<Run>,
    /// Give this as `after` to get the next, older page; absent on the last page.
    pub next: Option<RunId>,
    /// What of the address made no sense and was ignored, for the reader.
    pub note: Option<String>,
}

/// Where in the list one is, as the URL says it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunCursor {
    /// Show runs older than this one.
    pub after: Option<RunId>,
}

impl RunCursor {
    /// Reads the `after` of a query. What is no run id is ignored, and said in the note.
    pub fn parse(after: Option<&str>) -> (Self, Option<String>) {
        match after.filter(|text| !text.is_empty()).map(str::parse) {
            None => (Self::default(), None),
            Some(Ok(id)) => (Self { after: Some(id) }, None),
            Some(Err(_)) => (
                Self::default(),
                Some(
                    "The place in the list that this address names does not exist; these are the newest runs."
                        .to_owned(),
                ),
            ),
        }
    }
}
