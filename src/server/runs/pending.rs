//! What a job has told of its run and nobody has written yet. It is gathered, so that a run whose job tells a lot is
//! written once a second and not each time.

use std::{
    mem,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chrono::{DateTime, Utc};
use tokio::{sync::Notify, time::Instant};

use super::{RunChange, handle::StepResult};
use crate::model::{ids::RunId, run::SummaryCounts};

/// How often a run is written for what has no rows of its own.
const WRITE_EVERY: Duration = Duration::from_secs(1);

/// The holder of a run, with what it has told.
pub(super) struct Holder {
    pub run: RunId,
    pub attempt: i32,
    pub worker: String,
    pub pending: Pending,
}

/// What waits to be written.
pub(super) struct Pending {
    state: Mutex<State>,
    came: Notify,
}

struct State {
    told: Vec<Told>,
    in_doubt: Option<InDoubt>,
    /// When the run was last written, or tried to be.
    written: Instant,
}

/// What was told of one step of the work, from this moment on.
struct Told {
    at: DateTime<Utc>,
    result: StepResult,
}

/// What went out with a commit that nobody answered, and the run's counts if it was done all the same.
struct InDoubt {
    told: Vec<Told>,
    counts: SummaryCounts,
}

impl StepResult {
    /// Whether what comes next is another step of the work.
    fn moves_on(&self, next: &Self) -> bool {
        match (&self.progress, &next.progress) {
            (Some(now), Some(next)) => now.step != next.step,
            _ => false,
        }
    }

    /// Adds what comes after it.
    pub fn merge(&mut self, next: Self) {
        self.counts.merge(&next.counts);
        self.less.merge(&next.less);
        self.failures.extend(next.failures);
        self.progress = next.progress.or(self.progress.take());
    }

    pub(super) fn into_changes(self) -> impl Iterator<Item = RunChange> {
        let Self { counts, less, failures, progress } = self;
        let less = (less != SummaryCounts::default()).then_some(RunChange::TakeBack { counts: less });
        [RunChange::Progress { counts, failures, progress }].into_iter().chain(less)
    }
}

impl Pending {
    /// Of a run that was written just now.
    pub(super) fn new() -> Self {
        let state = State { told: Vec::new(), in_doubt: None, written: Instant::now() };
        Self { state: Mutex::new(state), came: Notify::new() }
    }

    /// Adds what the job tells. What belongs to another step of the work stays apart, for the line in the history.
    pub(super) fn add(&self, at: DateTime<Utc>, result: StepResult) {
        let mut state = self.state();
        match state.told.last_mut() {
            Some(last) if !last.result.moves_on(&result) => last.result.merge(result),
            _ => state.told.push(Told { at, result }),
        }
        drop(state);
        self.came.notify_one();
    }

    pub(super) fn is_empty(&self) -> bool {
        let state = self.state();
        state.told.is_empty() && state.in_doubt.is_none()
    }

    /// Notes that the run was written, or could not be.
    pub(super) fn tried(&self) {
        self.state().written = Instant::now();
    }

    /// Whether a second has passed since the run was written.
    pub(super) fn is_due(&self) -> bool {
        self.state().written.elapsed() >= WRITE_EVERY
    }

    /// Waits for that.
    pub(super) async fn due(&self) {
        while !self.is_due() {
            let at = self.state().written + WRITE_EVERY;
            tokio::time::sleep_until(at).await;
        }
    }

    /// Waits until something is there and due. For one who waits.
    pub(super) async fn unwritten(&self) {
        while self.is_empty() {
            self.came.notified().await;
        }
        self.due().await;
    }

    /// Takes what waits, to be written now. Only for who has locked the run, which has these counts: so one write is over
    /// before the next begins, and the row tells whether the one that was in doubt was done.
    pub(super) fn take(&self, locked: &SummaryCounts) -> Taken<'_> {
        let mut state = self.state();
        let undone = state.in_doubt.take().filter(|doubt| doubt.counts != *locked);
        let mut told = undone.map(|doubt| doubt.told).unwrap_or_default();
        told.append(&mut state.told);
        Taken { pending: self, told, sent: None }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is being written. Unless it was [`Self::written`] it waits again.
pub(super) struct Taken<'a> {
    pending: &'a Pending,
    told: Vec<Told>,
    sent: Option<SummaryCounts>,
}

impl Taken<'_> {
    pub(super) fn changes(&self) -> impl Iterator<Item = (RunChange, DateTime<Utc>)> {
        self.told.iter().flat_map(|told| told.result.clone().into_changes().map(|change| (change, told.at)))
    }

    /// It goes out with a transaction after which the run has these counts. From here on only the row knows.
    pub(super) fn sent(&mut self, counts: &SummaryCounts) {
        self.sent = Some(counts.clone());
    }

    pub(super) fn written(mut self) {
        self.told.clear();
        self.pending.tried();
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        if self.told.is_empty() {
            return;
        }
        let mut told = mem::take(&mut self.told);
        let mut state = self.pending.state();
        match self.sent.take() {
            Some(counts) => state.in_doubt = Some(InDoubt { told, counts }),
            None => {
                told.append(&mut state.told);
                state.told = told;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::run::RunProgress;

    fn one(step: &str) -> StepResult {
        let progress = RunProgress { done: 1, total: None, unit: "items".to_owned(), step: Some(step.to_owned()) };
        StepResult { counts: row(1), progress: Some(progress), ..StepResult::default() }
    }

    fn row(total: u64) -> SummaryCounts {
        SummaryCounts { total, ..SummaryCounts::default() }
    }

    fn total(taken: &Taken<'_>) -> u64 {
        taken.told.iter().map(|told| told.result.counts.total).sum()
    }

    fn pending(steps: &[&str]) -> Pending {
        let pending = Pending::new();
        steps.iter().for_each(|step| pending.add(DateTime::UNIX_EPOCH, one(step)));
        pending
    }

    #[tokio::test]
    async fn what_belongs_to_one_step_of_the_work_is_one_change() {
        let pending = pending(&["a", "a", "b"]);
        let taken = pending.take(&row(0));
        assert_eq!((taken.changes().count(), total(&taken)), (2, 3));
        taken.written();
        assert!(pending.is_empty());
    }

    #[tokio::test]
    async fn what_was_not_sent_waits_again_before_what_came_meanwhile() {
        let pending = pending(&["a"]);
        let taken = pending.take(&row(0));
        pending.add(DateTime::UNIX_EPOCH, one("b"));
        drop(taken);
        let steps: Vec<_> = pending.take(&row(0)).told.iter().map(|told| told.result.progress.clone()).collect();
        assert_eq!(steps, [one("a").progress, one("b").progress]);
    }

    #[tokio::test]
    async fn a_commit_without_an_answer_counts_once_whether_it_was_done_or_not() {
        for (in_the_row, waits) in [(8, 0), (7, 1)] {
            let pending = pending(&["a"]);
            let mut taken = pending.take(&row(7));
            taken.sent(&row(8));
            drop(taken);
            assert!(!pending.is_empty());
            assert_eq!(total(&pending.take(&row(in_the_row))), waits);
        }
    }
}
