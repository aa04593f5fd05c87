//! One page of a list of things, in a fixed order. The cursor is the sort key of the last one, as the address says it.

use serde::{Deserialize, Serialize};

/// A page of things, with the way to the next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing<T> {
    pub items: Vec<T>,
    /// Give this as `after` to get the next page; absent on the last page.
    pub next: Option<String>,
    /// What of the address made no sense and was ignored, for the reader.
    pub note: Option<String>,
}
