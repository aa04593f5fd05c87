//! The rows on the screen: one signal a run, so that a change repaints its cells and nothing else.

use leptos::prelude::*;

use crate::model::{
    ids::RunId,
    page::{PAGE_SIZE, RunPage},
    run::Run,
};

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

    /// Takes a newer state of the run; an older one, overtaken on the way, is dropped.
    fn take(&self, run: &Run) {
        if self.run.with_untracked(|shown| run.replaces(shown)) {
            self.run.set(run.clone());
        }
    }
}

/// The runs of one page of the list, newest first.
#[derive(Clone)]
pub struct RunRows {
    rows: ArcRwSignal<Vec<Row>>,
    /// Whether this is the first page, on which new runs appear.
    newest: bool,
}

impl RunRows {
    pub fn new(page: &RunPage, newest: bool) -> Self {
        Self { rows: ArcRwSignal::new(page.runs.iter().cloned().map(Row::new).collect()), newest }
    }

    pub fn rows(&self) -> Vec<Row> {
        self.rows.get()
    }

    pub fn is_empty(&self) -> bool {
        self.rows.read().is_empty()
    }

    /// One run was created or changed.
    pub fn apply(&self, run: &Run) {
        let ids: Vec<RunId> = self.rows.with_untracked(|rows| rows.iter().map(|row| row.id).collect());
        match place(&ids, run.id, self.newest) {
            Place::At(index) => self.rows.with_untracked(|rows| rows[index].take(run)),
            Place::Before(index) => self.rows.update(|rows| rows.insert(index, Row::new(run.clone()))),
            Place::Nowhere => {}
        }
    }

    /// The page was asked for again: this is how it is now. Rows that stay keep their place and their signal.
    pub fn replace(&self, page: &RunPage) {
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
    }
}

/// Where a run goes.
#[derive(Debug, PartialEq, Eq)]
enum Place {
    At(usize),
    Before(usize),
    Nowhere,
}

/// `ids` are newest first. A run that is not among them goes in only on the first page, and there in its order:
/// two runs made in the same moment may arrive the other way round.
fn place(ids: &[RunId], id: RunId, newest: bool) -> Place {
    if let Some(index) = ids.iter().position(|shown| *shown == id) {
        return Place::At(index);
    }
    let index = ids.partition_point(|shown| *shown > id);
    match newest && (index < ids.len() || ids.len() < PAGE_SIZE) {
        true => Place::Before(index),
        false => Place::Nowhere,
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn ids(numbers: &[u128]) -> Vec<RunId> {
        numbers.iter().map(|number| RunId(Uuid::from_u128(*number))).collect()
    }

    #[test]
    fn a_known_run_stays_where_it_is() {
        assert_eq!(place(&ids(&[9, 7, 5]), ids(&[7])[0], true), Place::At(1));
        assert_eq!(place(&ids(&[9, 7, 5]), ids(&[7])[0], false), Place::At(1));
    }

    #[test]
    fn a_new_run_goes_in_by_its_age_and_only_on_the_first_page() {
        assert_eq!(place(&ids(&[9, 7, 5]), ids(&[10])[0], true), Place::Before(0));
        assert_eq!(place(&ids(&[9, 7, 5]), ids(&[8])[0], true), Place::Before(1));
        assert_eq!(place(&ids(&[9, 7, 5]), ids(&[10])[0], false), Place::Nowhere);
        assert_eq!(place(&[], ids(&[1])[0], true), Place::Before(0));
    }

    #[test]
    fn a_run_older_than_a_full_first_page_is_on_a_later_one() {
        let full: Vec<u128> = (100..100 + PAGE_SIZE as u128).rev().collect();
        assert_eq!(place(&ids(&full), ids(&[3])[0], true), Place::Nowhere);
    }
}
