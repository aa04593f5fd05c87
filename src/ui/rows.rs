//! The rows on the screen: one signal a run, so that a change repaints its cells and nothing else. New runs go in, or
//! wait while the reader is busy.

use leptos::prelude::*;

use crate::model::{
    ids::RunId,
    page::{PAGE_SIZE, RunCount, RunPage},
    run::{Run, RunState},
};

/// A page that stands open grows at its top; more rows than this it does not keep.
const MOST_ROWS: usize = 4 * PAGE_SIZE;

/// One run on the screen.
#[derive(Clone)]
pub struct Row {
    pub id: RunId,
    pub run: ArcRwSignal<Run>,
}

impl Row {
    fn new(run: Run) -> Self {
        Self { id: run.id, run: ArcRwSignal::new(run) }
    }

    /// Takes a newer state of the run; an older one, overtaken on the way, is dropped. Tells whether its badge changed.
    fn take(&self, run: &Run) -> bool {
        let before = self.run.with_untracked(|shown| run.replaces(shown).then(|| shown.state()));
        if before.is_some() {
            self.run.set(run.clone());
        }
        before.is_some_and(|before| before != run.state())
    }
}

/// How much of the list holds still.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hold {
    /// New runs come in.
    Nothing,
    /// Rows change where they are, and none of them moves: the reader is busy with them.
    Places,
    /// Nothing changes: the reader has paused the list.
    Everything,
}

/// What came of a change that was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applied {
    /// A row has another badge now.
    Changed(RunState),
    /// A new row is on the screen.
    Inserted,
    /// A new run waits.
    Waiting,
    /// Nothing that is worth a word.
    Quiet,
    /// The run is not in this list.
    Elsewhere,
}

/// The runs of one page of the list, newest first.
#[derive(Clone)]
pub struct RunRows {
    rows: ArcRwSignal<Vec<Row>>,
    /// New runs that are not shown yet, newest first.
    waiting: ArcRwSignal<Vec<Run>>,
    /// More runs wait than were told of.
    more_wait: ArcRwSignal<bool>,
    /// The page has been asked for while it was held, and not all of what is on the screen was in the answer.
    stale: ArcStoredValue<bool>,
    count: ArcRwSignal<RunCount>,
    /// Whether there are older runs than the last row.
    more: ArcRwSignal<bool>,
    /// Whether this is the first page, on which new runs appear.
    newest: bool,
}

impl RunRows {
    pub fn new(page: &RunPage) -> Self {
        Self {
            rows: ArcRwSignal::new(page.runs.iter().cloned().map(Row::new).collect()),
            waiting: ArcRwSignal::default(),
            more_wait: ArcRwSignal::new(false),
            stale: ArcStoredValue::new(false),
            count: ArcRwSignal::new(page.count),
            more: ArcRwSignal::new(page.next.is_some()),
            newest: page.previous.is_none(),
        }
    }

    pub fn rows(&self) -> Vec<Row> {
        self.rows.get()
    }

    pub fn is_empty(&self) -> bool {
        self.rows.read().is_empty()
    }

    /// How many new runs wait.
    pub fn waiting(&self) -> RunCount {
        RunCount { runs: self.waiting.read().len() as u64, more: self.more_wait.get() }
    }

    /// How many wait at the moment, for those who do not follow it.
    pub fn waiting_now(&self) -> RunCount {
        RunCount { runs: self.waiting.with_untracked(Vec::len) as u64, more: self.more_wait.get_untracked() }
    }

    /// Whether only the server can tell what the list is without the hold.
    pub fn is_stale(&self) -> bool {
        self.stale.get_value()
    }

    /// How many runs there are on all pages.
    pub fn count(&self) -> RunCount {
        self.count.get()
    }

    /// How many runs there are at the moment, for those who do not follow it.
    pub fn count_now(&self) -> RunCount {
        self.count.get_untracked()
    }

    /// The last run on the screen, when there are older ones.
    pub fn next(&self) -> Option<RunId> {
        self.more.get().then(|| self.rows.read().last().map(|row| row.id)).flatten()
    }

    /// A run was created or changed. `admitted` says whether it belongs to the list.
    pub fn apply(&self, run: &Run, admitted: bool, hold: Hold) -> Applied {
        let known = self.rows.with_untracked(|rows| rows.iter().find(|row| row.id == run.id).cloned());
        if let Some(row) = known {
            let takes = hold != Hold::Everything;
            return if takes && row.take(run) { Applied::Changed(run.state()) } else { Applied::Quiet };
        }
        if self.waits(run) {
            return Applied::Quiet;
        }
        let ids: Vec<RunId> = self.rows.with_untracked(|rows| rows.iter().map(|row| row.id).collect());
        let Some(index) = place(&ids, run.id, self.newest, self.more.get_untracked()).filter(|_| admitted) else {
            return Applied::Elsewhere;
        };
        if hold != Hold::Nothing {
            self.waiting.update(|waiting| {
                let index = waiting.partition_point(|other| other.id > run.id);
                waiting.insert(index, run.clone());
            });
            return Applied::Waiting;
        }
        self.insert(index, run);
        Applied::Inserted
    }

    /// A run that waits already waits on as it is now.
    fn waits(&self, run: &Run) -> bool {
        let index = self.waiting.with_untracked(|waiting| waiting.iter().position(|other| other.id == run.id));
        if let Some(index) = index {
            self.waiting.update_untracked(|waiting| {
                if run.replaces(&waiting[index]) {
                    waiting[index] = run.clone();
                }
            });
        }
        index.is_some()
    }

    fn insert(&self, index: usize, run: &Run) {
        self.rows.update(|rows| {
            rows.insert(index, Row::new(run.clone()));
            if rows.len() > MOST_ROWS {
                rows.truncate(MOST_ROWS);
                self.more.set(true);
            }
        });
        self.count.update(|count| *count = count.and_one());
    }

    /// Shows the runs that wait.
    pub fn release(&self) {
        for run in self.waiting.try_update(std::mem::take).unwrap_or_default() {
            self.apply(&run, true, Hold::Nothing);
        }
    }

    /// The page was asked for again: this is how it is now. Rows that stay keep their place and their signal; while
    /// nothing may move, runs that are new wait and rows that are gone stay.
    pub fn replace(&self, page: &RunPage, hold: Hold) {
        if hold != Hold::Nothing {
            return self.replace_held(page, hold);
        }
        let old = self.rows.get_untracked();
        let rows: Vec<Row> = page
            .runs
            .iter()
            .map(|run| match old.iter().find(|row| row.id == run.id) {
                Some(row) => {
                    row.take(run);
                    row.clone()
                }
                None => Row::new(run.clone()),
            })
            .collect();
        if !rows.iter().map(|row| row.id).eq(old.iter().map(|row| row.id)) {
            self.rows.set(rows);
        }
        self.waiting.set(Vec::new());
        self.more_wait.set(false);
        self.stale.set_value(false);
        self.count.set(page.count);
        self.more.set(page.next.is_some());
    }

    fn replace_held(&self, page: &RunPage, hold: Hold) {
        let has = |row: &Row| page.runs.iter().any(|run| run.id == row.id);
        let (any, all) = self.rows.with_untracked(|rows| (rows.iter().any(has), rows.iter().all(has)));
        // Between the page and the first row there may be runs that nobody has told of.
        let hole = self.newest && !any && page.next.is_some();
        if hole {
            self.more_wait.set(true);
        }
        if hole || !all {
            self.stale.set_value(true);
        }
        for run in page.runs.iter().rev() {
            self.apply(run, true, hold);
        }
    }
}

/// Where a run goes that is not among `ids`, which are newest first: only on the first page, and there in its order,
/// because two runs made in the same moment may arrive the other way round.
fn place(ids: &[RunId], id: RunId, newest: bool, more: bool) -> Option<usize> {
    let index = ids.partition_point(|shown| *shown > id);
    (newest && (index < ids.len() || !more)).then_some(index)
}

#[cfg(test)]
mod tests;
