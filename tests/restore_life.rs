//! Every life that a restore can have, and the operation run that follows it: sequences of what people, workers and
//! crashes do, and a process that is killed in the midst of writing.

mod common;

use std::collections::BTreeMap;

use chrono::TimeDelta;
use common::{
    TestApp,
    backups::Place,
    graph::ProductWorkers,
    restores::{assert_shown, keys, spawn_worker, states},
};
use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use reqwest::Method;
use runledger::{
    model::{
        ids::{BackupSetId, RestoreRunId, RunId},
        restore::{RestoreDetail, RestoreState, RestoreStatus},
        run::{Initiator, RunOutcome, RunStatus},
    },
    server::{db::restores, restore::RestoreEvent, restore_shadow::shadow_of},
};
use serde_json::json;

const CONFIGS: &str = "deviceManagement/deviceConfigurations";
/// Lives for each engine.
const LIVES: usize = 24;

/// What happens to a restore.
#[derive(Debug, Clone, Copy)]
enum Event {
    ConfirmWrongly,
    Confirm,
    PreviewAgain,
    CancelHere,
    CancelOnLedger,
    /// Workers do what there is to do.
    Work,
    /// Workers take the restore and die.
    WorkAndDie,
    /// The tenant cannot be reached any more.
    GraphGoes,
    GraphComes,
}

fn lives() -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        1 => Just(Event::ConfirmWrongly),
        5 => Just(Event::Confirm),
        1 => Just(Event::PreviewAgain),
        1 => Just(Event::CancelHere),
        1 => Just(Event::CancelOnLedger),
        6 => Just(Event::Work),
        2 => Just(Event::WorkAndDie),
        1 => Just(Event::GraphGoes),
        1 => Just(Event::GraphComes),
    ];
    proptest::collection::vec(event, 1..9)
}

async fn backed_up(app: &TestApp, place: &Place, policies: usize) -> BackupSetId {
    let policies: Vec<String> = place.of("device_configurations", CONFIGS).await.into_iter().take(policies).collect();
    place.backed_up(app, &policies, &[]).await.0
}

async fn detail(app: &TestApp, place: &Place, id: RestoreRunId) -> RestoreDetail {
    app.core.restores.detail(place.scope, id).await.unwrap()
}

fn ana() -> Initiator {
    Initiator { user_id: None, name: "Ana".to_owned() }
}

/// Whether there is something to do for a worker.
fn waits_for_work(detail: &RestoreDetail) -> bool {
    matches!(detail.run.status, RestoreStatus::Draft | RestoreStatus::Running)
}

/// Lets it happen. What is refused changes nothing, which the caller sees.
async fn happen(app: &TestApp, place: &mut Place, id: RestoreRunId, event: Event) {
    let member = place.member(app).await;
    match event {
        Event::ConfirmWrongly => assert!(app.core.restores.confirm(&member, id, "Fabrikam").await.is_err()),
        Event::Confirm => drop(app.core.restores.confirm(&member, id, "CONTOSO").await),
        Event::PreviewAgain => drop(app.core.restores.preview_again(&member, id, BTreeMap::new()).await),
        Event::CancelHere => drop(app.core.restores.cancel(&member, id).await),
        Event::CancelOnLedger => drop(app.core.runs.cancel(place.scope, RunId(id.0), &ana()).await),
        Event::GraphGoes => drop(app.tenant_at("contoso", "http://127.0.0.1:9").await),
        Event::GraphComes => drop(app.tenant_at("contoso", &place.graph.url).await),
        Event::Work | Event::WorkAndDie => {
            let before = detail(app, place, id).await;
            if !waits_for_work(&before) {
                return;
            }
            app.advance(TimeDelta::seconds(31));
            // Whoever had it is soon given up.
            place._workers = ProductWorkers::start_impatient(&app.core);
            common::eventually("the workers have taken it", async || {
                let now = detail(app, place, id).await;
                let done = !waits_for_work(&now) || matches!(event, Event::WorkAndDie);
                (now.run.attempt > before.run.attempt && done).then_some(())
            })
            .await;
            place.kill_workers().await;
        }
    }
}

/// What the ledger has to say of a restore, told here once more and apart from the code that does it.
async fn agree(app: &TestApp, place: &Place, id: RestoreRunId) {
    let restore = detail(app, place, id).await;
    let full = assert_shown(app, place.scope, id).await;
    let (run, last) = (&full.run, &restore.run);
    let outcomes: &[Option<RunOutcome>] = match last.status {
        RestoreStatus::Draft | RestoreStatus::Previewed => {
            assert_eq!(run.status, RunStatus::Queued);
            &[None]
        }
        RestoreStatus::Running => {
            assert_ne!(run.status, RunStatus::Completed);
            assert_eq!(run.status == RunStatus::Running, run.attempt > 0);
            &[None]
        }
        RestoreStatus::Completed => {
            &[Some(RunOutcome::Succeeded), Some(RunOutcome::PartiallySucceeded), Some(RunOutcome::Failed)]
        }
        RestoreStatus::Failed => &[Some(RunOutcome::Failed)],
        RestoreStatus::Cancelled => &[Some(RunOutcome::Cancelled)],
    };
    assert!(outcomes.contains(&run.outcome), "{last:?} {run:?}");
    assert_eq!(run.status == RunStatus::Completed, last.status.has_ended());
    assert_eq!((run.completed_at, &run.initiator.name), (last.completed_at, &last.created_by));
    assert_eq!(run.cancel_requested.is_some(), last.cancel_requested_at.is_some());
    let written = [RestoreState::Created, RestoreState::Updated, RestoreState::Unchanged];
    let succeeded = states(&restore).iter().filter(|state| written.contains(state)).count() as u64;
    let failed = states(&restore).iter().filter(|state| **state == RestoreState::Failed).count() as u64;
    assert_eq!((run.summary_counts.succeeded, run.summary_counts.failed), (succeeded, failed));
    assert_eq!(run.summary_counts.total, restore.items.len() as u64);
}

/// The events lead to what there is, one after the other, and none comes after the end.
async fn events_tell_it(app: &TestApp, place: &Place, id: RestoreRunId) {
    let events = restores::events(&app.core.db, place.scope, id).await.unwrap();
    let events: Vec<RestoreEvent> = events.into_iter().map(|event| serde_json::from_value(event).unwrap()).collect();
    let mut phase = 0;
    for (event, version) in events.iter().zip(1..) {
        assert_eq!(event.run().version, version);
        let run = shadow_of(event.run()).unwrap().run;
        let next = RunStatus::ALL.iter().position(|status| *status == run.status).unwrap();
        assert!(phase <= next, "from phase {phase} back to {next}: {event:?}");
        assert!(phase < 2, "changed after its end: {event:?}");
        phase = next;
    }
}

on_both_engines! {
    async fn in_every_life_of_a_restore_the_ledger_says_what_the_restore_says(app: TestApp) {
        let mut place = Place::new(&app).await;
        let set = backed_up(&app, &place, 2).await;
        let all = keys(&app, place.scope, set).await;
        place.kill_workers().await;
        let mut runner = TestRunner::deterministic();
        let mut ends = BTreeMap::<String, usize>::new();
        for life in 0..LIVES {
            let events = lives().new_tree(&mut runner).unwrap().current();
            println!("{life}: {events:?}");
            happen(&app, &mut place, RestoreRunId(app.core.clock.new_id()), Event::GraphComes).await;
            let body = json!({ "description": format!("changed for the {life}th time") });
            let changed = place.directory.send(Method::PATCH, &format!("{CONFIGS}/{}", all[0].graph_id), Some(&body)).await;
            assert!(changed.status().is_success());
            let member = place.member(&app).await;
            let id = app.core.restores.create(&member, set, all.clone(), false).await.unwrap().id;
            agree(&app, &place, id).await;
            for event in events {
                let before = detail(&app, &place, id).await.run;
                happen(&app, &mut place, id, event).await;
                agree(&app, &place, id).await;
                if before.status.has_ended() {
                    assert_eq!(detail(&app, &place, id).await.run, before, "an ended restore stays as it is");
                }
            }
            events_tell_it(&app, &place, id).await;
            *ends.entry(detail(&app, &place, id).await.run.status.to_string()).or_default() += 1;
            // What was left in the middle must not be taken up in the next life.
            happen(&app, &mut place, id, Event::CancelHere).await;
            happen(&app, &mut place, id, Event::Work).await;
        }
        println!("{ends:?}");
        for status in ["completed", "cancelled", "failed", "previewed"] {
            assert!(ends.contains_key(status), "no life ended {status}: {ends:?}");
        }
    }

    async fn a_restore_whose_process_was_killed_ends_in_the_truth_with_each_policy_once(app: TestApp) {
        let mut place = Place::new(&app).await;
        let set = backed_up(&app, &place, 10).await;
        let all = keys(&app, place.scope, set).await;
        let count = place.directory.ids(CONFIGS).await.len();
        for key in &all {
            let gone = place.directory.send(Method::DELETE, &format!("{CONFIGS}/{}", key.graph_id), None).await;
            assert!(gone.status().is_success());
        }
        let id = place.previewed(&app, set, &all, false).await.run.id;
        place.kill_workers().await;
        place.graph.set_faults(&["slow:60"]).await;
        place.confirm(&app, id).await;
        let elsewhere = tempfile::tempdir().unwrap();
        let mut worker = spawn_worker(&app.database, elsewhere.path());
        common::eventually("another process has written some", async || {
            let made = states(&detail(&app, &place, id).await);
            (made.iter().filter(|state| **state == RestoreState::Created).count() >= 2).then_some(())
        })
        .await;
        // SIGKILL: nothing is said, nothing is closed.
        worker.kill().unwrap();
        worker.wait().unwrap();
        place.graph.set_faults(&[]).await;
        let left = detail(&app, &place, id).await;
        assert_eq!(left.run.status, RestoreStatus::Running);
        assert!(states(&left).contains(&RestoreState::Waiting), "it was killed in the middle");
        // Its last sign of life is of the machine's clock, which is far ahead: that makes it no less lost.
        place._workers = ProductWorkers::start_impatient(&app.core);
        let done = place.reached(&app, id, RestoreStatus::Completed).await;
        assert!(states(&done).iter().all(|state| *state == RestoreState::Created), "{:#?}", done.items);
        assert_eq!(place.directory.ids(CONFIGS).await.len(), count, "each once");
        agree(&app, &place, id).await;
        let shown = assert_shown(&app, place.scope, id).await;
        assert_eq!((shown.run.outcome, shown.run.attempt), (Some(RunOutcome::Succeeded), 2));
    }
}
