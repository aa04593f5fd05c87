//! What rows do when runs change, come in, and have to wait.

use chrono::{DateTime, TimeDelta};
use uuid::Uuid;

use super::*;
use crate::model::{
    page::COUNTED,
    run::{RunStatus, tests::run},
};

fn numbered(number: u128) -> Run {
    Run { id: RunId(Uuid::from_u128(number)), ..run(DateTime::UNIX_EPOCH) }
}

fn page(numbers: &[u128]) -> RunPage {
    RunPage {
        runs: numbers.iter().copied().map(numbered).collect(),
        previous: None,
        next: None,
        count: RunCount { runs: numbers.len() as u64, more: false },
        found: None,
        note: None,
        aside: None,
    }
}

fn shown(rows: &RunRows) -> Vec<u128> {
    rows.rows.get_untracked().iter().map(|row| row.id.0.as_u128()).collect()
}

#[test]
fn a_known_run_changes_where_it_is_and_never_back() {
    let rows = RunRows::new(&page(&[9, 7, 5]));
    let mut newer = numbered(7);
    newer.status = RunStatus::Running;
    newer.updated_at += TimeDelta::seconds(1);
    // What changed for the worse as the filter sees it stays on the screen too.
    assert_eq!(rows.apply(&newer, false, Hold::Places), Applied::Changed(RunState::Running));
    assert_eq!(rows.apply(&numbered(7), true, Hold::Nothing), Applied::Quiet);
    assert_eq!(rows.rows.get_untracked()[1].run.get_untracked(), newer);
    assert_eq!(shown(&rows), [9, 7, 5]);
}

#[test]
fn a_new_run_goes_in_by_its_age_when_it_passes_the_filter() {
    let rows = RunRows::new(&page(&[9, 7, 5]));
    assert_eq!(rows.apply(&numbered(10), true, Hold::Nothing), Applied::Inserted);
    assert_eq!(rows.apply(&numbered(8), true, Hold::Nothing), Applied::Inserted);
    assert_eq!(rows.apply(&numbered(11), false, Hold::Nothing), Applied::Elsewhere);
    assert_eq!((shown(&rows), rows.count.get_untracked().runs), (vec![10, 9, 8, 7, 5], 5));
}

#[test]
fn a_later_page_takes_no_new_runs() {
    let mut later = page(&[9, 7]);
    later.previous = Some(later.runs[0].id);
    assert_eq!(RunRows::new(&later).apply(&numbered(10), true, Hold::Nothing), Applied::Elsewhere);
}

#[test]
fn new_runs_wait_while_the_reader_is_busy() {
    let rows = RunRows::new(&page(&[5]));
    assert_eq!(rows.apply(&numbered(6), true, Hold::Places), Applied::Waiting);
    assert_eq!(rows.apply(&numbered(7), true, Hold::Places), Applied::Waiting);
    let mut ended = numbered(6);
    ended.status = RunStatus::Running;
    assert_eq!(rows.apply(&ended, true, Hold::Places), Applied::Quiet);
    assert_eq!((shown(&rows), rows.waiting.get_untracked().len()), (vec![5], 2));
    rows.release();
    assert_eq!((shown(&rows), rows.waiting.get_untracked().len()), (vec![7, 6, 5], 0));
    assert_eq!(rows.rows.get_untracked()[1].run.get_untracked().status, RunStatus::Running);
}

#[test]
fn after_a_gap_the_page_is_as_it_is_or_holds_still() {
    let rows = RunRows::new(&page(&[9, 7, 5]));
    rows.replace(&page(&[10, 9, 5]), Hold::Places);
    assert_eq!((shown(&rows), rows.waiting.get_untracked().len()), (vec![9, 7, 5], 1));
    rows.replace(&page(&[10, 9, 5]), Hold::Nothing);
    assert_eq!((shown(&rows), rows.waiting.get_untracked().len()), (vec![10, 9, 5], 0));
}

#[test]
fn more_new_runs_than_a_page_leave_no_hole() {
    let many = |numbers: std::ops::Range<u128>| {
        let mut page = page(&numbers.rev().collect::<Vec<_>>());
        page.next = page.runs.last().map(|run| run.id);
        page
    };
    let rows = RunRows::new(&many(100..150));
    rows.replace(&many(130..180), Hold::Places);
    assert!(rows.is_stale(), "what became of the rows below the new page is not known");
    assert_eq!(rows.waiting(), RunCount { runs: 30, more: false });
    rows.replace(&many(400..450), Hold::Places);
    assert!(rows.is_stale());
    assert_eq!(rows.waiting(), RunCount { runs: 80, more: true });
    assert_eq!(shown(&rows), (100..150).rev().collect::<Vec<_>>());
    rows.replace(&many(400..450), Hold::Nothing);
    assert!(!rows.is_stale());
    assert_eq!(rows.waiting(), RunCount { runs: 0, more: false });
    assert_eq!(shown(&rows), (400..450).rev().collect::<Vec<_>>());
}

#[test]
fn a_gap_while_the_reader_is_busy_leaves_a_whole_list_whole() {
    let rows = RunRows::new(&page(&[9, 7, 5]));
    rows.replace(&page(&[10, 9, 7, 5]), Hold::Places);
    assert!(!rows.is_stale());
    rows.replace(&page(&[10, 9, 5]), Hold::Places);
    assert!(rows.is_stale(), "a row is gone");
}

#[test]
fn nothing_changes_while_the_list_is_paused() {
    let rows = RunRows::new(&page(&[9, 7]));
    let mut newer = page(&[10, 9, 7]);
    for run in &mut newer.runs {
        run.status = RunStatus::Running;
        run.updated_at += TimeDelta::seconds(1);
    }
    assert_eq!(rows.apply(&newer.runs[1], true, Hold::Everything), Applied::Quiet);
    rows.replace(&newer, Hold::Everything);
    assert_eq!(rows.rows.get_untracked()[0].run.get_untracked(), numbered(9));
    assert_eq!((shown(&rows), rows.waiting().runs), (vec![9, 7], 1));
    rows.replace(&newer, Hold::Nothing);
    assert_eq!(rows.rows.get_untracked()[1].run.get_untracked().status, RunStatus::Running);
}

#[test]
fn the_count_stops_where_the_servers_does() {
    let mut full = page(&[5]);
    full.count = RunCount { runs: COUNTED, more: false };
    let rows = RunRows::new(&full);
    rows.apply(&numbered(6), true, Hold::Nothing);
    rows.apply(&numbered(7), true, Hold::Nothing);
    assert_eq!(rows.count.get_untracked(), RunCount { runs: COUNTED, more: true });
}

#[test]
fn a_run_older_than_a_full_page_is_on_a_later_one() {
    let mut full = page(&(100..100 + PAGE_SIZE as u128).rev().collect::<Vec<_>>());
    full.next = full.runs.last().map(|run| run.id);
    let rows = RunRows::new(&full);
    assert_eq!(rows.apply(&numbered(3), true, Hold::Nothing), Applied::Elsewhere);
    for number in 200..200 + MOST_ROWS as u128 {
        rows.apply(&numbered(number), true, Hold::Nothing);
    }
    assert_eq!(shown(&rows).len(), MOST_ROWS);
}
