//! What a run's time went into: waiting for a worker, then each attempt.

use chrono::{DateTime, TimeDelta, Utc};

use crate::model::run::{Run, RunEvent, RunEventKind};

/// A stretch of a run's life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phase {
    /// 0 while it waits for its first worker, then the number of the attempt.
    pub attempt: i32,
    pub span: TimeDelta,
    /// Whether it is still going on.
    pub open: bool,
}

impl Phase {
    pub fn name(&self) -> String {
        match self.attempt {
            0 => "Waiting".to_owned(),
            attempt => format!("Attempt {attempt}"),
        }
    }
}

/// The stretches of a run in order, the last one up to its end or to `now`. `now` may be behind: a server's clock and
/// a browser's differ.
pub fn phases(run: &Run, events: &[RunEvent], now: DateTime<Utc>) -> Vec<Phase> {
    let mut starts = vec![(0, run.created_at)];
    for event in events.iter().filter(|event| event.kind == RunEventKind::Started) {
        starts.push((event.attempt, event.at));
    }
    if starts.len() == 1
        && let Some(at) = run.started_at
    {
        starts.push((run.attempt, at));
    }
    let end = run.completed_at.unwrap_or_else(|| now.max(run.updated_at));
    let last = starts.len() - 1;
    let mut phases = Vec::with_capacity(starts.len());
    for (index, (attempt, start)) in starts.iter().enumerate() {
        let end = starts.get(index + 1).map_or(end, |(_, next)| *next);
        phases.push(Phase {
            attempt: *attempt,
            span: (end - *start).max(TimeDelta::zero()),
            open: index == last && run.completed_at.is_none(),
        });
    }
    phases
}

/// Start and width of each phase in percent of the whole; the shortest can still be seen.
pub fn shares(phases: &[Phase]) -> Vec<(f64, f64)> {
    const LEAST: f64 = 1.0;
    let millis: Vec<f64> = phases.iter().map(|phase| phase.span.num_milliseconds() as f64).collect();
    let whole: f64 = millis.iter().sum();
    let raw: Vec<f64> =
        millis.iter().map(|part| if whole > 0.0 { (part * 100.0 / whole).max(LEAST) } else { LEAST }).collect();
    let sum: f64 = raw.iter().sum();
    let mut x = 0.0;
    raw.into_iter()
        .map(|width| {
            let share = (x, width * 100.0 / sum);
            x += share.1;
            share
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::run::tests::run;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(second)
    }

    fn started(attempt: i32, second: i64) -> RunEvent {
        RunEvent { kind: RunEventKind::Started, at: at(second), actor: "worker".into(), attempt, detail: json!({}) }
    }

    fn told(phases: &[Phase]) -> Vec<(String, i64, bool)> {
        phases.iter().map(|phase| (phase.name(), phase.span.num_seconds(), phase.open)).collect()
    }

    #[test]
    fn a_run_waits_and_then_has_its_attempts() {
        let mut run = run(at(0));
        assert_eq!(told(&phases(&run, &[], at(4))), [("Waiting".to_owned(), 4, true)]);
        let events = [started(1, 2), started(2, 30)];
        assert_eq!(
            told(&phases(&run, &events, at(40))),
            [("Waiting".to_owned(), 2, false), ("Attempt 1".to_owned(), 28, false), ("Attempt 2".to_owned(), 10, true)]
        );
        run.completed_at = Some(at(50));
        assert_eq!(told(&phases(&run, &events, at(99)))[2], ("Attempt 2".to_owned(), 20, false));
    }

    #[test]
    fn a_clock_that_is_behind_makes_no_negative_time() {
        let phases = phases(&run(at(100)), &[], at(10));
        assert_eq!(phases[0].span, TimeDelta::zero());
        assert_eq!(shares(&phases), [(0.0, 100.0)]);
    }

    #[test]
    fn the_shortest_phase_can_be_seen_and_all_fill_the_whole() {
        let mut run = run(at(0));
        run.completed_at = Some(at(10_000));
        let shares = shares(&phases(&run, &[started(1, 1)], at(0)));
        assert!(shares[0].1 > 0.9);
        assert!((shares[1].0 + shares[1].1 - 100.0).abs() < 1e-9);
    }
}
