//! What can happen to a run, as a pure function: the state machine of the ledger.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    model::run::{
        CancelRequest, Run, RunEvent, RunEventKind, RunFailure, RunOutcome, RunProgress, RunStatus, SummaryCounts,
    },
    server::db::rows::FullRun,
};

/// How many failures a run keeps with their texts; the counts always tell them all.
pub const KEPT_FAILURES: usize = 500;

/// One change in the life of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunChange {
    /// A worker begins: attempt + 1, and counts and failures begin anew, because the work does; see `RunMirror::left`.
    Start,
    /// The worker is alive.
    Heartbeat,
    /// Items are done: counts add up, failures are appended.
    Progress { counts: SummaryCounts, failures: Vec<RunFailure>, progress: Option<RunProgress> },
    /// Items that were counted are not so after all.
    TakeBack { counts: SummaryCounts },
    /// The job has ended: failed as a whole with this failure, else by its items: succeeded, or partially succeeded
    /// when some failed.
    Complete { failure: Option<RunFailure> },
    /// Somebody wants it to stop. A run that nobody works on ends at once; a worker is asked, and answers with
    /// [`RunChange::Cancelled`]. Asked again, nothing changes.
    Cancel,
    /// The worker has stopped because it was asked to; `cut_off` when the job did not listen and was ended.
    Cancelled { cut_off: bool },
    /// The run has no worker any more, and any other may begin it again.
    Release { why: ReleaseReason },
}

/// Why a run lost its worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ReleaseReason {
    /// It gave no sign of life for the length of the lease.
    WorkerLost,
    /// Its process stops, and hands the run back.
    HandedBack,
    /// The database was away for too long in the midst of it.
    DatabaseAway,
}

impl RunChange {
    const fn name(&self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Heartbeat => "heartbeat",
            Self::Progress { .. } => "progress",
            Self::TakeBack { .. } => "take counts back",
            Self::Complete { .. } => "complete",
            Self::Cancel => "cancel",
            Self::Cancelled { .. } => "end as cancelled",
            Self::Release { .. } => "be given back",
        }
    }

    /// The status after it; none when it does not touch the status.
    const fn next_status(&self) -> Option<RunStatus> {
        match self {
            Self::Start => Some(RunStatus::Running),
            Self::Complete { .. } | Self::Cancel | Self::Cancelled { .. } => Some(RunStatus::Completed),
            Self::Heartbeat | Self::Progress { .. } | Self::TakeBack { .. } | Self::Release { .. } => None,
        }
    }

    /// Whether only the worker that has the run may ask for it.
    const fn needs_hold(&self) -> bool {
        !matches!(self, Self::Start | Self::Cancel)
    }
}

/// Why a change is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the run is completed; nothing changes it any more")]
    Completed,
    #[error("a newer attempt, {current}, has taken the run over")]
    StaleAttempt { current: i32 },
    #[error("the run was given back; the worker that had it has it no more")]
    Released,
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
    // Where the clock was put back, or another node's is ahead: a newer state must not look older than the one before.
    let now = run.updated_at.max(now);
    run.updated_at = now;
    let line = match change {
        RunChange::Start => {
            run.status = RunStatus::Running;
            run.attempt += 1;
            run.started_at.get_or_insert(now);
            run.heartbeat_at = Some(now);
            run.released_at = None;
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
        RunChange::TakeBack { counts } => {
            run.summary_counts.take_back(&counts);
            None
        }
        RunChange::Complete { failure } => {
            let outcome = match (&failure, run.summary_counts.failed) {
                (Some(_), _) => RunOutcome::Failed,
                (None, 0) => RunOutcome::Succeeded,
                (None, _) => RunOutcome::PartiallySucceeded,
            };
            // The cause of the end is kept, however many items failed before.
            full.failures.extend(failure);
            Some((RunEventKind::Completed, end(run, outcome, now)))
        }
        RunChange::Cancel => {
            let first = run.cancel_requested.is_none();
            run.cancel_requested.get_or_insert_with(|| CancelRequest { at: now, by: actor.to_owned() });
            match run.has_worker() {
                true => first.then(|| (RunEventKind::CancelRequested, json!({}))),
                false => Some((RunEventKind::Completed, end(run, RunOutcome::Cancelled, now))),
            }
        }
        RunChange::Cancelled { cut_off } => {
            let mut detail = end(run, RunOutcome::Cancelled, now);
            if cut_off {
                detail["message"] = json!("The job did not stop when it was asked to, and was cut off.");
            }
            Some((RunEventKind::Completed, detail))
        }
        // Whoever asked to cancel it need not wait for another worker.
        RunChange::Release { .. } if run.cancel_requested.is_some() => {
            Some((RunEventKind::Completed, end(run, RunOutcome::Cancelled, now)))
        }
        RunChange::Release { why } => {
            run.released_at = Some(now);
            Some((RunEventKind::Released, json!({ "why": why })))
        }
    };
    let attempt = full.run.attempt;
    Ok(line.map(|(kind, detail)| event(kind, actor, attempt, detail, now)))
}

/// Ends the run; gives the facts for the history.
fn end(run: &mut Run, outcome: RunOutcome, now: DateTime<Utc>) -> Value {
    run.status = RunStatus::Completed;
    run.outcome = Some(outcome);
    run.completed_at = Some(now);
    run.released_at = None;
    run.progress = None;
    json!({ "outcome": outcome, "counts": run.summary_counts })
}

fn check(full: &FullRun, attempt: i32, change: &RunChange) -> Result<(), Refusal> {
    let run = &full.run;
    if run.status == RunStatus::Completed {
        return Err(Refusal::Completed);
    }
    if run.attempt != attempt {
        return Err(Refusal::StaleAttempt { current: run.attempt });
    }
    if run.released_at.is_some() && change.needs_hold() {
        return Err(Refusal::Released);
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
mod tests;
