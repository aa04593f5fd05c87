//! Runs as lines of a CSV file (RFC 4180), safe to open in a spreadsheet.

use chrono::{DateTime, Utc};

use super::{run::Run, time};

/// The columns, in the words of the API. Times are UTC.
const COLUMNS: [&str; 18] = [
    "id",
    "type",
    "status",
    "outcome",
    "initiator",
    "created_at",
    "started_at",
    "completed_at",
    "duration_seconds",
    "attempt",
    "joined_count",
    "total",
    "processed",
    "succeeded",
    "failed",
    "skipped",
    "sample",
    "initiator_user_id",
];

/// The first line.
pub fn head() -> String {
    line_of(COLUMNS.map(str::to_owned))
}

/// The line of a run.
pub fn line(run: &Run) -> String {
    let at = |at: Option<DateTime<Utc>>| at.map_or_else(String::new, time::machine);
    let lasted = run.started_at.zip(run.completed_at).map(|(from, to)| (to - from).num_seconds().max(0).to_string());
    let counts = &run.summary_counts;
    line_of([
        run.id.to_string(),
        run.operation_type.to_string(),
        run.status.to_string(),
        run.outcome.map_or_else(String::new, |outcome| outcome.to_string()),
        run.initiator.name.clone(),
        at(Some(run.created_at)),
        at(run.started_at),
        at(run.completed_at),
        lasted.unwrap_or_default(),
        run.attempt.to_string(),
        run.joined_count.to_string(),
        counts.total.to_string(),
        counts.processed.to_string(),
        counts.succeeded.to_string(),
        counts.failed.to_string(),
        counts.skipped.to_string(),
        run.sample.to_string(),
        run.initiator.user_id.map_or_else(String::new, |user| user.to_string()),
    ])
}

/// Cells as a line, each safe to open.
pub(super) fn line_of<const N: usize>(cells: [String; N]) -> String {
    cells.map(|text| cell(&text)).join(",") + "\r\n"
}

/// A cell that no spreadsheet takes for a formula: what could begin one gets an apostrophe in front.
/// Source: OWASP, CSV Injection.
fn cell(text: &str) -> String {
    let begins_formula = text.trim_start_matches(' ').starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
    let text = if begins_formula { format!("'{text}") } else { text.to_owned() };
    if text.contains(['"', ',', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_never_a_formula() {
        for (text, written) in [
            ("=1+1", "'=1+1"),
            ("+49 30", "'+49 30"),
            ("-2", "'-2"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("\r=1", "\"'\r=1\""),
            (" =1", "' =1"),
            ("=HYPERLINK(\"x\",\"y\")", "\"'=HYPERLINK(\"\"x\"\",\"\"y\"\")\""),
        ] {
            assert_eq!(cell(text), written);
        }
    }

    #[test]
    fn other_cells_stay_as_they_are_and_are_quoted_where_they_must() {
        for (text, written) in
            [("Ana", "Ana"), ("", ""), ("a-b=c", "a-b=c"), ("a, b", "\"a, b\""), ("say \"x\"", "\"say \"\"x\"\"\"")]
        {
            assert_eq!(cell(text), written);
        }
        assert!(head().starts_with("id,type,") && head().ends_with("\r\n"));
    }
}
