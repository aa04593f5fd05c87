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
fn counts_merge_key_by_key_and_keep_the_five_in_json() {
    let mut counts = SummaryCounts { total: 2, processed: 2, succeeded: 2, ..Default::default() };
    counts.merge(&SummaryCounts {
        total: 1,
        processed: 1,
        failed: 1,
        own: BTreeMap::from([("created".to_owned(), 2)]),
        ..Default::default()
    });
    assert_eq!(
        serde_json::to_value(&counts).unwrap(),
        serde_json::json!({"total": 3, "processed": 3, "succeeded": 2, "failed": 1, "skipped": 0, "created": 2})
    );
}

#[test]
fn nothing_follows_completed_and_nothing_goes_back_to_queued() {
    for from in RunStatus::ALL {
        assert!(!from.can_become(RunStatus::Queued));
        assert!(!RunStatus::Completed.can_become(*from));
    }
    assert!(RunStatus::Running.can_become(RunStatus::Running));
}
