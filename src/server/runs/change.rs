//! What can happen to a run, as a pure function: the state machine of the ledger.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::{
    model::run::{RunEvent, RunEventKind, RunFailure, RunOutcome, RunProgress, RunStatus, SummaryCounts},
    server::db::rows::FullRun,
};

/// How many failures a run keeps with their texts; the counts always tell them all.
pub const KEPT_FAILURES: usize = 500;

/// One change in the life of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunChange {
    /// A worker begins: attempt + 1, and counts and failures begin anew, because the work does.
    Start,
    /// The worker is alive.
    Heartbeat,
    /// Items are done: counts add up, failures are appended.
    Progress { counts: SummaryCounts, failures: Vec<RunFailure>, progress: Option<RunProgress> },
    /// The job has ended: failed as a whole with this failure, else by its items: succeeded, or partially succeeded
    /// when some failed.
    Complete { failure: Option<RunFailure> },
}

impl RunChange {
    const fn name(&self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Heartbeat => "heartbeat",
            Self::Progress { .. } => "progress",
            Self::Complete { .. } => "complete",
        }
    }

    /// The status after it; none when it does not touch the status.
    const fn next_status(&self) -> Option<RunStatus> {
        match self {
            Self::Start => Some(RunStatus::Running),
            Self::Complete { .. } => Some(RunStatus::Completed),
            Self::Heartbeat | Self::Progress { .. } => None,
        }
    }
}

/// Why a change is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the run is completed; nothing changes it any more")]
    Completed,
    #[error("a newer attempt, {current}, has taken the run over")]
    StaleAttempt { current: i32 },
    #[error("a {status} run cannot {change}")]
    Illegal { status: RunStatus, change: &'static str },
}

/// Applies a change that the holder of `attempt` asks for; gives the line for the history, if the change makes one.
/// A refused change leaves the run as it is.
pub fn apply(
    full: &mut FullRun,
    attempt: i32,
    actor: &str,
    change: RunChange,
    now: DateTime<Utc>,
) -> Result<Option<RunEvent>, Refusal> {
    check(full, attempt, &change)?;
    let run = &mut full.run;
    run.updated_at = now;
    let line = match change {
        RunChange::Start => {
            run.status = RunStatus::Running;
            run.attempt += 1;
            run.started_at.get_or_insert(now);
            run.heartbeat_at = Some(now);
            run.summary_counts = SummaryCounts::default();
            run.progress = None;
            full.failures.clear();
            Some((RunEventKind::Started, json!({})))
        }
        RunChange::Heartbeat => {
            run.heartbeat_at = Some(now);
            None
        }
        RunChange::Progress { counts, failures, progress } => {
            run.heartbeat_at = Some(now);
            run.summary_counts.merge(&counts);
            keep(&mut full.failures, failures);
            let moved_on = progress.as_ref().map(|p| &p.step) != run.progress.as_ref().map(|p| &p.step);
            let line = progress
                .as_ref()
                .filter(|_| moved_on)
                .map(|p| (RunEventKind::Progress, json!({ "progress": p, "counts": run.summary_counts })));
            run.progress = progress.or(run.progress.take());
            line
        }
        RunChange::Complete { failure } => {
            let outcome = match (&failure, run.summary_counts.failed) {
                (Some(_), _) => RunOutcome::Failed,
                (None, 0) => RunOutcome::Succeeded,
                (None, _) => RunOutcome::PartiallySucceeded,
            };
            run.status = RunStatus::Completed;
            run.outcome = Some(outcome);
            run.completed_at = Some(now);
            run.progress = None;
            // The cause of the end is kept, however many items failed before.
            full.failures.extend(failure);
            Some((RunEventKind::Completed, json!({ "outcome": outcome, "counts": run.summary_counts })))
        }
    };
    let attempt = full.run.attempt;
    Ok(line.map(|(kind, detail)| event(kind, actor, attempt, detail, now)))
}

fn check(full: &FullRun, attempt: i32, change: &RunChange) -> Result<(), Refusal> {
    let run = &full.run;
    if run.status == RunStatus::Completed {
        return Err(Refusal::Completed);
    }
    if run.attempt != attempt {
        return Err(Refusal::StaleAttempt { current: run.attempt });
    }
    let legal = match change.next_status() {
        Some(next) => run.status.can_become(next),
        None => run.status == RunStatus::Running,
    };
    if legal { Ok(()) } else { Err(Refusal::Illegal { status: run.status, change: change.name() }) }
}

/// The line that tells of a refused write of an older attempt, or after the end.
pub fn late_write(full: &FullRun, attempt: i32, actor: &str, change: &RunChange, now: DateTime<Utc>) -> RunEvent {
    event(RunEventKind::LateWrite, actor, attempt, json!({ "change": change.name(), "status": full.run.status }), now)
}

pub fn event(kind: RunEventKind, actor: &str, attempt: i32, detail: Value, at: DateTime<Utc>) -> RunEvent {
    RunEvent { kind, at, actor: actor.to_owned(), attempt, detail }
}

fn keep(kept: &mut Vec<RunFailure>, new: Vec<RunFailure>) {
    let room = KEPT_FAILURES.saturating_sub(kept.len());
    kept.extend(new.into_iter().take(room));
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use proptest::prelude::*;

    use super::*;
    use crate::model::{
        ids::{RunId, TenantId},
        operation::OperationType,
        reason::ReasonCode,
        run::{Initiator, Run},
    };

    fn queued() -> FullRun {
        let at = DateTime::UNIX_EPOCH;
        let run = Run {
            id: RunId(uuid::Uuid::nil()),
            tenant_id: TenantId(uuid::Uuid::nil()),
            operation_type: OperationType::InventorySync,
            status: RunStatus::Queued,
            outcome: None,
            initiator: Initiator::system(),
            attempt: 0,
            summary_counts: SummaryCounts::default(),
            progress: None,
            joined_count: 0,
            sample: false,
            heartbeat_at: None,
            created_at: at,
            started_at: None,
            completed_at: None,
            updated_at: at,
        };
        FullRun { run, run_identity_hash: String::new(), failures: Vec::new(), context: json!({}) }
    }

    fn failure() -> RunFailure {
        RunFailure {
            code: ReasonCode::Internal,
            message: String::new(),
            item: None,
            http_status: None,
            request_id: None,
        }
    }

    fn any_change() -> impl Strategy<Value = RunChange> {
        prop_oneof![
            2 => Just(RunChange::Start),
            2 => Just(RunChange::Heartbeat),
            4 => (0_u64..4, 0_u64..2).prop_map(|(succeeded, failed)| RunChange::Progress {
                counts: SummaryCounts { succeeded, failed, ..SummaryCounts::default() },
                failures: vec![failure(); usize::try_from(failed).unwrap()],
                progress: None,
            }),
            1 => prop::option::of(Just(failure())).prop_map(|failure| RunChange::Complete { failure }),
        ]
    }

    proptest! {
        /// Whoever writes what in whatever order: the run keeps its rules, and a refusal changes nothing.
        #[test]
        fn every_sequence_of_changes_keeps_the_rules(steps in prop::collection::vec((0_i32..4, any_change()), 1..40)) {
            let mut run = queued();
            let mut now = DateTime::UNIX_EPOCH;
            for (attempt, change) in steps {
                now += TimeDelta::seconds(1);
                let before = run.clone();
                let wanted = change.clone();
                match apply(&mut run, attempt, "w", change, now) {
                    Err(refusal) => {
                        prop_assert_eq!(&run, &before);
                        let known = match before.run.status {
                            RunStatus::Completed => refusal == Refusal::Completed,
                            _ if before.run.attempt != attempt => matches!(refusal, Refusal::StaleAttempt { .. }),
                            _ => matches!(refusal, Refusal::Illegal { .. }),
                        };
                        prop_assert!(known, "{} for {:?} on {:?}", refusal, wanted, before.run.status);
                    }
                    Ok(line) => {
                        prop_assert!(before.run.status.is_active());
                        prop_assert_eq!(before.run.attempt, attempt);
                        let moved = before.run.status != run.run.status || wanted == RunChange::Start;
                        prop_assert!(!moved || before.run.status.can_become(run.run.status));
                        prop_assert_eq!(run.run.attempt, attempt + i32::from(wanted == RunChange::Start));
                        prop_assert!(!moved || line.is_some(), "a transition is told");
                    }
                }
                let r = &run.run;
                prop_assert_eq!(r.status == RunStatus::Completed, r.outcome.is_some());
                prop_assert_eq!(r.status == RunStatus::Completed, r.completed_at.is_some());
                prop_assert_eq!(r.attempt > 0, r.started_at.is_some());
                prop_assert_eq!(r.outcome == Some(RunOutcome::Succeeded), r.outcome.is_some() && run.failures.is_empty());
            }
        }
    }

    #[test]
    fn a_run_keeps_a_bounded_number_of_failures() {
        let mut run = queued();
        apply(&mut run, 0, "w", RunChange::Start, DateTime::UNIX_EPOCH).unwrap();
        for _ in 0..3 {
            let failures = vec![failure(); KEPT_FAILURES / 2 + 1];
            let change = RunChange::Progress { counts: SummaryCounts::default(), failures, progress: None };
            apply(&mut run, 1, "w", change, DateTime::UNIX_EPOCH).unwrap();
        }
        assert_eq!(run.failures.len(), KEPT_FAILURES);
    }
}
