//! What nodes could not tell each other is healed, and an answer that was lost leaves no trace.

mod common;

use std::{sync::atomic::Ordering, time::Duration};

use common::{
    Engine, TestApp, eventually,
    jobs::{TestJob, Workers},
    wire::Wire,
};
use runledger::{
    model::run::{LiveEvent, Run, RunEventKind, RunOutcome},
    server::{
        boot::Core,
        db::{Db, DbSettings},
        live::Hub,
    },
};
use serde_json::json;
use tokio::{sync::broadcast::Receiver, time::timeout};

const PROBE_EVERY: Duration = Duration::from_millis(200);

async fn database(wire: &Wire) -> Db {
    Db::connect(&DbSettings::Postgres { url: wire.url.clone(), connections: 4 }).await.unwrap()
}

async fn gap(seen: &mut Receiver<LiveEvent>) {
    loop {
        if timeout(Duration::from_secs(30), seen.recv()).await.expect("a gap is told").unwrap() == LiveEvent::Gap {
            return;
        }
    }
}

/// Tells of the run again and again until it is heard.
async fn heard(from: &Hub, run: &Run, seen: &mut Receiver<LiveEvent>) {
    eventually("the run is heard of", async || {
        from.publish(run);
        let told = timeout(Duration::from_millis(500), seen.recv()).await.ok()?.unwrap();
        matches!(told, LiveEvent::Run { run: told } if told.id == run.id).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_listener_whose_connection_went_dead_connects_anew() {
    let app = TestApp::start(Engine::Postgres).await;
    let wire = Wire::to(&app.database).await;
    let hub = Hub::start_probing(&database(&wire).await, PROBE_EVERY);
    let scope = app.tenant("contoso").await;
    let run = app.ensure(scope, json!({})).await.run().clone();
    let mut seen = hub.subscribe(scope.tenant());
    heard(&app.core.live, &run, &mut seen).await;
    wire.deaden();
    gap(&mut seen).await;
    heard(&app.core.live, &run, &mut seen).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_listener_that_hears_itself_stays_connected() {
    let app = TestApp::start(Engine::Postgres).await;
    let hub = Hub::start_probing(&app.database.connect().await, PROBE_EVERY);
    let scope = app.tenant("contoso").await;
    let run = app.ensure(scope, json!({})).await.run().clone();
    let mut seen = hub.subscribe(scope.tenant());
    heard(&app.core.live, &run, &mut seen).await;
    let quiet = timeout(PROBE_EVERY * 8, gap(&mut seen)).await;
    assert!(quiet.is_err(), "it connected anew");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_dies_without_a_word_is_missed_and_one_that_ends_is_not() {
    let app = TestApp::start(Engine::Postgres).await;
    let wire = Wire::to(&app.database).await;
    let watcher = Hub::start_probing(&app.database.connect().await, PROBE_EVERY);
    let scope = app.tenant("contoso").await;
    let run = app.ensure(scope, json!({})).await.run().clone();
    let mut seen = watcher.subscribe(scope.tenant());
    let ends = Hub::start_probing(&app.database.connect().await, PROBE_EVERY);
    heard(&ends, &run, &mut seen).await;
    drop(ends);
    let quiet = timeout(PROBE_EVERY * 8, gap(&mut seen)).await;
    assert!(quiet.is_err(), "one that ended was missed");
    // What it told last may have been less than what it did last.
    let dies = Hub::start_probing(&database(&wire).await, PROBE_EVERY);
    heard(&dies, &run, &mut seen).await;
    wire.cut();
    gap(&mut seen).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_node_could_not_tell_is_asked_for_by_the_others() {
    let app = TestApp::start(Engine::Postgres).await;
    let wire = Wire::to(&app.database).await;
    let hub = Hub::start(&database(&wire).await);
    let scope = app.tenant("contoso").await;
    let run = app.ensure(scope, json!({})).await.run().clone();
    let mut seen = app.core.live.subscribe(scope.tenant());
    heard(&hub, &run, &mut seen).await;
    wire.cut();
    hub.publish(&run);
    hub.flush().await;
    wire.mend();
    gap(&mut seen).await;
    heard(&hub, &run, &mut seen).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_end_whose_answer_was_lost_is_written_once_and_is_no_late_write() {
    let app = TestApp::start(Engine::Postgres).await;
    let wire = Wire::to(&app.database).await;
    let node = Core::on(database(&wire).await, app.core.clock.clone(), app.core.secrets.clone());
    let scope = app.tenant("contoso").await;
    let lossy = wire.lossy();
    let armed = lossy.clone();
    let workers = Workers::start(
        &node,
        vec![TestJob::doing(move |_| {
            armed.store(true, Ordering::SeqCst);
            async { Ok(()) }
        })],
    );
    let run = app.ensure(scope, json!({})).await.run().id;
    app.completed(scope, run).await;
    eventually("the answer is lost", async || (!lossy.load(Ordering::SeqCst)).then_some(())).await;
    // It waits for the job's last word.
    workers.stop().await;
    let detail = app.detail(scope, run).await;
    let kinds: Vec<_> = detail.events.iter().map(|event| event.kind).collect();
    assert_eq!(kinds, [RunEventKind::Created, RunEventKind::Started, RunEventKind::Completed]);
    assert_eq!((detail.run.attempt, detail.run.outcome), (1, Some(RunOutcome::Succeeded)));
}
