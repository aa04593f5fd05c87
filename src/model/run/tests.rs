//! A run for tests, and what its types promise.

use super::*;

/// A queued run for tests.
pub(crate) fn run(created_at: DateTime<Utc>) -> Run {
    Run {
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
        cancel_requested: None,
        retry_of: None,
        released_at: None,
        sample: false,
        heartbeat_at: None,
        created_at,
        started_at: None,
        completed_at: None,
        updated_at: created_at,
    }
}

#[test]
fn only_a_later_state_of_the_same_run_replaces_what_is_shown() {
    let shown = run(DateTime::UNIX_EPOCH);
    let mut newer = Run { status: RunStatus::Running, ..shown.clone() };
    assert!(newer.replaces(&shown) && !shown.replaces(&shown));
    newer.updated_at += chrono::TimeDelta::seconds(1);
    assert!(newer.replaces(&shown) && !shown.replaces(&newer));
    newer.id = RunId(uuid::Uuid::max());
    assert!(!newer.replaces(&shown));
}

#[test]
fn nothing_follows_completed_and_nothing_goes_back_to_queued() {
    for from in RunStatus::ALL {
        assert!(!from.can_become(RunStatus::Queued));
        assert!(!RunStatus::Completed.can_become(*from));
    }
    assert!(RunStatus::Running.can_become(RunStatus::Running));
}

#[test]
fn only_a_running_run_is_silent_and_only_after_a_while() {
    let at = DateTime::UNIX_EPOCH;
    let later = |seconds| at + TimeDelta::seconds(seconds);
    let mut run = Run { status: RunStatus::Running, heartbeat_at: Some(at), ..run(at) };
    assert_eq!(
        [39, 40].map(|seconds| run.silence(later(seconds), SILENT_AFTER).map(|silence| silence.num_seconds())),
        [None, Some(40)]
    );
    run.released_at = Some(at);
    assert_eq!(run.silence(later(99), SILENT_AFTER), None);
    (run.released_at, run.status) = (None, RunStatus::Queued);
    assert_eq!(run.silence(later(99), SILENT_AFTER), None);
}
