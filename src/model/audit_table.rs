//! Entries of the audit log as lines of a CSV file.

use super::{audit::AuditEntry, table::line_of, time};

/// The first line: the columns, in the words of the API. Times are UTC.
pub fn head() -> String {
    let columns = [
        "id",
        "at",
        "actor_user_id",
        "actor_name",
        "actor_address",
        "action",
        "subject_kind",
        "subject_id",
        "subject_name",
        "detail",
    ];
    line_of(columns.map(str::to_owned))
}

/// The line of an entry.
pub fn line(entry: &AuditEntry) -> String {
    line_of([
        entry.id.to_string(),
        time::machine(entry.at),
        entry.actor_user_id.map_or_else(String::new, |user| user.to_string()),
        entry.actor_name.clone(),
        entry.actor_address.clone().unwrap_or_default(),
        entry.action.to_string(),
        entry.subject.kind.to_string(),
        entry.subject.id.clone(),
        entry.subject.name.clone(),
        entry.detail.to_string(),
    ])
}
