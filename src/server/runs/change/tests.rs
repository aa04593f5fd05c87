//! The rules of the state machine, tried out.

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
        cancel_requested: None,
        retry_of: None,
        released_at: None,
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
    RunFailure { code: ReasonCode::Internal, message: String::new(), item: None, http_status: None, request_id: None }
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
        1 => Just(RunChange::Cancel),
        1 => any::<bool>().prop_map(|cut_off| RunChange::Cancelled { cut_off }),
        1 => Just(RunChange::Release { why: ReleaseReason::WorkerLost }),
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
                        _ if before.run.released_at.is_some() => refusal == Refusal::Released,
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
            let told_ill = r.outcome.is_some_and(|outcome| outcome != RunOutcome::Cancelled) && !run.failures.is_empty();
            prop_assert_eq!(told_ill, matches!(r.outcome, Some(RunOutcome::Failed | RunOutcome::PartiallySucceeded)));
            prop_assert!(r.released_at.is_none() || r.status == RunStatus::Running);
            prop_assert!(r.cancel_requested.is_none() || r.status == RunStatus::Completed || r.has_worker());
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

#[test]
fn a_cancelled_run_keeps_what_it_did_and_tells_who_asked() {
    let (at, later) = (DateTime::UNIX_EPOCH, DateTime::UNIX_EPOCH + TimeDelta::seconds(5));
    let mut run = queued();
    apply(&mut run, 0, "w", RunChange::Start, at).unwrap();
    let counts = SummaryCounts { succeeded: 3, ..SummaryCounts::default() };
    apply(&mut run, 1, "w", RunChange::Progress { counts, failures: vec![], progress: None }, at).unwrap();
    let asked = apply(&mut run, 1, "Ana", RunChange::Cancel, at).unwrap().unwrap();
    assert_eq!((asked.kind, asked.actor.as_str()), (RunEventKind::CancelRequested, "Ana"));
    assert_eq!(apply(&mut run, 1, "Ben", RunChange::Cancel, later).unwrap(), None, "asked already");
    let ended = apply(&mut run, 1, "w", RunChange::Cancelled { cut_off: true }, later).unwrap().unwrap();
    assert!(ended.detail["message"].as_str().unwrap().contains("cut off"));
    assert_eq!(run.run.cancel_requested, Some(CancelRequest { at, by: "Ana".to_owned() }));
    assert_eq!((run.run.outcome, run.run.summary_counts.succeeded), (Some(RunOutcome::Cancelled), 3));
}

#[test]
fn a_run_without_a_worker_is_cancelled_at_once() {
    let at = DateTime::UNIX_EPOCH;
    let mut lost = queued();
    apply(&mut lost, 0, "w", RunChange::Start, at).unwrap();
    apply(&mut lost, 1, "watchdog", RunChange::Release { why: ReleaseReason::WorkerLost }, at).unwrap();
    assert_eq!(apply(&mut lost, 1, "w", RunChange::Heartbeat, at), Err(Refusal::Released));
    for mut run in [queued(), lost] {
        let attempt = run.run.attempt;
        let told = apply(&mut run, attempt, "Ana", RunChange::Cancel, at).unwrap().unwrap();
        assert_eq!((told.kind, run.run.outcome), (RunEventKind::Completed, Some(RunOutcome::Cancelled)));
    }
}
