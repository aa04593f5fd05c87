//! When operations start by themselves, as people see it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{operation::OperationType, run::Run};

/// What somebody wants of a schedule, as the form has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScheduleDraft {
    pub operation_type: OperationType,
    pub cron: String,
    pub time_zone: String,
    /// A number of hours, as it was typed.
    pub expected_hours: String,
    pub enabled: bool,
}

/// A schedule of the tenant; also one that nobody has set up yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schedule {
    pub operation_type: OperationType,
    pub settings: Option<ScheduleSettings>,
    pub last_run: Option<Run>,
}

/// How a schedule is set up, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScheduleSettings {
    pub cron: String,
    /// The expression in words.
    pub words: String,
    pub time_zone: String,
    pub expected_hours: i32,
    /// Absent while it is off.
    pub next_run_at: Option<DateTime<Utc>>,
    /// When the same work last succeeded, whoever started it.
    pub last_succeeded_at: Option<DateTime<Utc>>,
    /// On, and without success for longer than expected.
    pub late: bool,
    pub updated_by_name: String,
}

/// The form with what was typed, and what it would mean.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScheduleForm {
    pub draft: ScheduleDraft,
    /// The expression in words, and the next times on the zone's own clock; empty for an expression that is none.
    pub words: String,
    pub next: Vec<String>,
    /// What is wrong at a field, in the order cron, zone, hours.
    pub cron_error: Option<String>,
    pub time_zone_error: Option<String>,
    pub expected_error: Option<String>,
    /// Names of zones to choose from.
    pub zones: Vec<String>,
}

impl ScheduleForm {
    /// The first thing that is wrong.
    pub fn error(&self) -> Option<&str> {
        [&self.cron_error, &self.time_zone_error, &self.expected_error].into_iter().flatten().map(String::as_str).next()
    }
}

/// The schedules page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchedulePage {
    pub schedules: Vec<Schedule>,
    /// The one that is being edited.
    pub form: Option<ScheduleForm>,
}
