//! What the ledger has to say of a run, told here once more and apart from the code that does it.

use runledger::{
    model::{
        ids::RunId,
        run::{RunDetail, RunEventKind, RunOutcome, RunStatus},
    },
    server::runs::watchdog::MOST_ATTEMPTS,
};

/// A run as its history so far says it must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Model {
    pub id: RunId,
    pub status: RunStatus,
    pub outcome: Option<RunOutcome>,
    pub attempt: i32,
    pub released: bool,
    pub cancel: bool,
    pub joined: i32,
    /// Items that succeeded and that failed.
    pub items: (u64, u64),
    pub failures: usize,
    pub step: Option<&'static str>,
    pub retry_of: Option<RunId>,
    pub kinds: Vec<RunEventKind>,
}

/// What somebody writes under an attempt.
#[derive(Debug, Clone, Copy)]
pub enum Write {
    Start,
    Beat,
    Progress { ok: u64, failed: u64, step: &'static str },
    Complete { failed: bool },
    Cancelled { cut_off: bool },
}

impl Model {
    pub fn queued(id: RunId, retry_of: Option<RunId>) -> Self {
        Self {
            id,
            status: RunStatus::Queued,
            outcome: None,
            attempt: 0,
            released: false,
            cancel: false,
            joined: 0,
            items: (0, 0),
            failures: 0,
            step: None,
            retry_of,
            kinds: vec![RunEventKind::Created],
        }
    }

    pub fn of(detail: &RunDetail) -> Self {
        let run = &detail.run;
        let counts = &run.summary_counts;
        assert_eq!(counts.total, counts.processed);
        assert_eq!(counts.processed, counts.succeeded + counts.failed + counts.skipped);
        assert_eq!(run.completed_at.is_some(), run.status == RunStatus::Completed);
        let steps = ["first", "second"];
        let step = run.progress.as_ref().and_then(|progress| progress.step.as_deref());
        Self {
            id: run.id,
            status: run.status,
            outcome: run.outcome,
            attempt: run.attempt,
            released: run.released_at.is_some(),
            cancel: run.cancel_requested.is_some(),
            joined: run.joined_count,
            items: (counts.succeeded, counts.failed),
            failures: detail.failures.len(),
            step: step.map(|step| *steps.iter().find(|known| **known == step).unwrap()),
            retry_of: run.retry_of,
            kinds: detail.events.iter().map(|event| event.kind).collect(),
        }
    }

    pub fn is_active(&self) -> bool {
        self.status != RunStatus::Completed
    }

    pub fn has_worker(&self) -> bool {
        self.status == RunStatus::Running && !self.released
    }

    pub fn waits(&self) -> bool {
        self.is_active() && !self.has_worker()
    }

    fn end(&mut self, outcome: RunOutcome) {
        self.status = RunStatus::Completed;
        self.outcome = Some(outcome);
        self.released = false;
        self.step = None;
        self.kinds.push(RunEventKind::Completed);
    }

    pub fn join(&mut self) {
        self.joined += 1;
        self.kinds.push(RunEventKind::Joined);
    }

    /// Whether the write of the holder of `attempt` is taken.
    pub fn write(&mut self, attempt: i32, write: Write) -> bool {
        let late = !self.is_active() || attempt != self.attempt || (self.released && !matches!(write, Write::Start));
        if late {
            self.kinds.push(RunEventKind::LateWrite);
            return false;
        }
        let queued = self.status == RunStatus::Queued;
        match write {
            // Nobody has it yet: refused, and nothing to tell.
            Write::Beat | Write::Progress { .. } if queued => return false,
            Write::Beat => {}
            Write::Start => self.start(),
            Write::Progress { ok, failed, step } => {
                self.items = (self.items.0 + ok, self.items.1 + failed);
                self.failures += usize::try_from(failed).unwrap();
                if self.step.replace(step) != Some(step) {
                    self.kinds.push(RunEventKind::Progress);
                }
            }
            Write::Complete { failed: true } => {
                self.failures += 1;
                self.end(RunOutcome::Failed);
            }
            Write::Complete { failed: false } if self.items.1 > 0 => self.end(RunOutcome::PartiallySucceeded),
            Write::Complete { failed: false } => self.end(RunOutcome::Succeeded),
            Write::Cancelled { .. } => self.end(RunOutcome::Cancelled),
        }
        true
    }

    fn start(&mut self) {
        self.status = RunStatus::Running;
        self.attempt += 1;
        self.released = false;
        (self.items, self.failures, self.step) = ((0, 0), 0, None);
        self.kinds.push(RunEventKind::Started);
    }

    /// Whether there was something to cancel.
    pub fn cancel(&mut self) -> bool {
        if !self.is_active() {
            return false;
        }
        let first = !std::mem::replace(&mut self.cancel, true);
        if self.waits() {
            self.end(RunOutcome::Cancelled);
        } else if first {
            self.kinds.push(RunEventKind::CancelRequested);
        }
        true
    }

    /// Its worker gave no sign of life for the lease.
    pub fn lose(&mut self) {
        if !self.has_worker() {
            return;
        }
        if self.cancel && self.attempt < MOST_ATTEMPTS {
            self.end(RunOutcome::Cancelled);
        } else if self.attempt >= MOST_ATTEMPTS {
            self.failures += 1;
            self.end(RunOutcome::Failed);
        } else {
            self.released = true;
            self.kinds.push(RunEventKind::Released);
        }
    }
}
