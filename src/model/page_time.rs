//! What a page knows of time from its server: browsers have clocks of their own.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::run::SILENT_AFTER;

/// The moment in which the server made the page, and from when on it calls a run silent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageTime {
    pub now: DateTime<Utc>,
    silent_seconds: i64,
}

impl PageTime {
    pub fn new(now: DateTime<Utc>, silent_after: TimeDelta) -> Self {
        Self { now, silent_seconds: silent_after.num_seconds() }
    }

    pub fn silent_after(&self) -> TimeDelta {
        TimeDelta::try_seconds(self.silent_seconds).unwrap_or(SILENT_AFTER)
    }
}
