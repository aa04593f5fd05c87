//! A run's history as it is drawn: marks with a sentence each, the time between them, and progress folded into one.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::Value;

use super::words;
use crate::model::run::{RunEvent, RunEventKind, RunOutcome, RunProgress};

/// One mark on the line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    pub kind: RunEventKind,
    pub at: DateTime<Utc>,
    pub title: String,
    /// A second, quieter line.
    pub note: Option<String>,
    /// How a completed run ended.
    pub outcome: Option<RunOutcome>,
    /// The time since the mark before.
    pub since: Option<TimeDelta>,
    /// The single steps of a progress mark.
    pub steps: Vec<Step>,
}

/// One progress event within a progress mark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub at: DateTime<Utc>,
    pub text: String,
    pub note: Option<String>,
}

/// The marks of a history, oldest first. Progress events that follow each other become one mark with steps.
pub fn marks(events: &[RunEvent]) -> Vec<Mark> {
    let mut marks: Vec<Mark> = Vec::new();
    let mut before: Option<DateTime<Utc>> = None;
    for event in events {
        if event.kind == RunEventKind::Progress {
            let step = step(event);
            match marks.last_mut().filter(|mark| mark.kind == RunEventKind::Progress) {
                Some(mark) => {
                    mark.title = step.text.clone();
                    mark.steps.push(step);
                }
                None => marks.push(Mark { title: step.text.clone(), steps: vec![step], ..mark(event, before) }),
            }
        } else {
            marks.push(mark(event, before));
        }
        before = Some(event.at);
    }
    marks
}

fn mark(event: &RunEvent, before: Option<DateTime<Utc>>) -> Mark {
    let outcome = text(&event.detail, "outcome").and_then(|word| word.parse::<RunOutcome>().ok());
    let actor = match event.actor.as_str() {
        "system" => "System",
        actor => actor,
    };
    let title = match event.kind {
        RunEventKind::Created => format!("Created by {actor}"),
        RunEventKind::Joined => format!("{actor} joined"),
        RunEventKind::Started => format!("Attempt {} started", event.attempt),
        RunEventKind::Progress => String::new(),
        RunEventKind::CancelRequested => format!("{actor} asked to cancel"),
        RunEventKind::Released => "Waiting for another worker".to_owned(),
        RunEventKind::LateWrite => "A late report was refused".to_owned(),
        RunEventKind::Completed => outcome.map_or("Completed", RunOutcome::label).to_owned(),
    };
    let note = match event.kind {
        RunEventKind::Started => Some(format!("by {actor}")),
        RunEventKind::Released => text(&event.detail, "why").and_then(released).map(str::to_owned),
        RunEventKind::Completed if outcome == Some(RunOutcome::Cancelled) => text(&event.detail, "message")
            .map_or_else(|| Some(format!("by {actor}")), |message| Some(message.to_owned())),
        RunEventKind::LateWrite => Some(format!("attempt {}, by {actor}", event.attempt)),
        _ => text(&event.detail, "message").map(str::to_owned),
    };
    let since = before.map(|before| event.at - before);
    Mark { kind: event.kind, at: event.at, title, note, outcome, since, steps: Vec::new() }
}

/// Why a run lost its worker, as a sentence.
fn released(why: &str) -> Option<&'static str> {
    match why {
        "worker_lost" => Some("The worker gave no sign of life."),
        "handed_back" => Some("The worker was stopped and handed the run back."),
        "database_away" => Some("The database was away for too long."),
        _ => None,
    }
}

fn step(event: &RunEvent) -> Step {
    let progress = event.detail.get("progress").and_then(|progress| RunProgress::deserialize(progress).ok());
    let text = progress.as_ref().map_or_else(|| "Progress".to_owned(), words::progress);
    Step { at: event.at, text, note: progress.and_then(|progress| progress.step) }
}

fn text<'a>(detail: &'a Value, key: &str) -> Option<&'a str> {
    detail.get(key)?.as_str().filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event(kind: RunEventKind, second: i64, actor: &str, detail: Value) -> RunEvent {
        RunEvent {
            kind,
            at: DateTime::UNIX_EPOCH + TimeDelta::seconds(second),
            actor: actor.to_owned(),
            attempt: 1,
            detail,
        }
    }

    #[test]
    fn a_history_becomes_sentences_with_the_time_between_them() {
        let progress =
            |done| json!({"progress": {"done": done, "total": 14, "unit": "families", "step": "Compliance"}});
        let marks = marks(&[
            event(RunEventKind::Created, 0, "Ana", json!({})),
            event(RunEventKind::Started, 2, "worker-1", json!({})),
            event(RunEventKind::Progress, 5, "worker-1", progress(1)),
            event(RunEventKind::Progress, 9, "worker-1", progress(2)),
            event(RunEventKind::Completed, 30, "worker-1", json!({"outcome": "partially_succeeded"})),
        ]);
        let titles: Vec<&str> = marks.iter().map(|mark| mark.title.as_str()).collect();
        assert_eq!(titles, ["Created by Ana", "Attempt 1 started", "2 of 14 families", "Partially succeeded"]);
        assert_eq!(marks[2].steps.len(), 2);
        assert_eq!(marks[2].steps[0].note.as_deref(), Some("Compliance"));
        let since: Vec<Option<i64>> = marks.iter().map(|mark| mark.since.map(|since| since.num_seconds())).collect();
        assert_eq!(since, [None, Some(2), Some(3), Some(21)]);
    }

    #[test]
    fn an_event_without_the_expected_facts_is_still_told() {
        let marks = marks(&[
            event(RunEventKind::Progress, 0, "worker-1", json!("odd")),
            event(RunEventKind::Completed, 1, "system", json!(null)),
        ]);
        assert_eq!(marks[0].title, "Progress");
        assert_eq!((marks[1].title.as_str(), marks[1].outcome), ("Completed", None));
    }
}
