//! Two web servers and two workers on PostgreSQL.

use std::{collections::HashSet, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::StatusCode;
use runledger::{
    model::{
        filter::RunFilter,
        ids::RunId,
        operation::OperationType,
        run::{Initiator, LiveEvent, Run, RunEventKind, RunOutcome, RunStatus, Started},
        schedule::ScheduleDraft,
        user::Role,
    },
    server::{
        clock::Clock,
        db::{Db, scope::TenantScope},
    },
};

use crate::common::{
    Engine, TestApp, TestDatabase, eventually,
    graph::{Graph, client},
    processes::{Installation, Process, free_address},
    stream::EventStream,
    web::Visitor,
};

/// Servers A and B, which only serve, and the tenant Contoso; workers come when a test wants them.
struct Nodes {
    app: TestApp,
    scope: TenantScope,
    _graph: Graph,
    installation: Installation,
    urls: [String; 2],
    _servers: [Process; 2],
    owner: Visitor,
}

impl Nodes {
    async fn start() -> Self {
        let app = TestApp::on(TestDatabase::create(Engine::Postgres).await, Clock::system()).await;
        let graph = Graph::sample(&["slow:10"]).await;
        let scope = app.tenant_at("contoso", &graph.url).await;
        app.member("owner@contoso.example", "contoso", Role::Owner).await;
        let serving = Installation::on(&app.database).with("RUNLEDGER_CONCURRENCY", "0");
        let addresses = [free_address(), free_address()];
        let mut servers = [serving.serve(&addresses[0]), serving.serve(&addresses[1])];
        for server in &mut servers {
            server.is_up().await;
        }
        let urls = addresses.map(|address| format!("http://{address}"));
        let owner = Visitor::signed_in_at(&urls[1], "owner@contoso.example").await;
        let installation = Installation::on(&app.database).with("RUNLEDGER_CONCURRENCY", "1");
        Self { app, scope, _graph: graph, installation, urls, _servers: servers, owner }
    }

    async fn workers(&self) -> [Process; 2] {
        let mut workers = [self.installation.worker(), self.installation.worker()];
        for worker in &mut workers {
            worker.is_up().await;
        }
        workers
    }

    /// Starts an operation at server B.
    async fn start_at_b(&self, operation: &str) -> Run {
        let form = [("tenant", "contoso"), ("operation_type", operation)];
        let (status, told) = self.owner.at(&self.urls[1]).ask("operations/start", &form).await;
        assert_eq!(status, StatusCode::OK, "{told}");
        serde_json::from_value::<Started>(told).unwrap().run
    }

    /// A viewer at server A, who hears everything from now on.
    async fn viewer_at_a(&self) -> EventStream {
        let mut stream = EventStream::open(&self.owner.at(&self.urls[0]), "contoso").await.unwrap();
        stream.message().await.unwrap();
        stream
    }
}

/// Waits until the stream shows the run in this status, and tells how old the news is.
async fn seen(stream: &mut EventStream, clock: &Clock, id: RunId, status: RunStatus) -> (Run, TimeDelta) {
    let expected = format!("{id} is {status}");
    let run = stream.until(&expected, |event| match event {
        LiveEvent::Run { run } if run.id == id && run.status == status => Some(*run),
        _ => None,
    });
    let run = run.await;
    let at: Option<DateTime<Utc>> = match status {
        RunStatus::Queued => Some(run.created_at),
        RunStatus::Running => run.started_at,
        RunStatus::Completed => run.completed_at,
    };
    let age = clock.now() - at.unwrap();
    (run, age)
}

async fn runs(nodes: &Nodes) -> Vec<Run> {
    nodes.app.core.runs.list(nodes.scope, &RunFilter::default()).await.unwrap().runs
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_viewer_at_one_server_sees_within_a_second_what_the_other_and_its_workers_do() {
    let nodes = Nodes::start().await;
    let mut stream = nodes.viewer_at_a().await;
    let run = nodes.start_at_b("inventory.sync").await.id;
    let mut ages = vec![seen(&mut stream, &nodes.app.core.clock, run, RunStatus::Queued).await.1];
    let _workers = nodes.workers().await;
    ages.push(seen(&mut stream, &nodes.app.core.clock, run, RunStatus::Running).await.1);
    let (run, age) = seen(&mut stream, &nodes.app.core.clock, run, RunStatus::Completed).await;
    ages.push(age);
    assert_eq!(run.outcome, Some(RunOutcome::Succeeded));
    assert!(ages.iter().all(|age| *age < TimeDelta::seconds(1)), "{ages:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_workers_take_part() {
    let nodes = Nodes::start().await;
    let workers = nodes.workers().await;
    let mut actors = HashSet::new();
    for operation in ["inventory.sync", "policy.sync", "directory_groups.sync"].repeat(2) {
        nodes.start_at_b(operation).await;
    }
    for run in runs(&nodes).await {
        let detail = nodes.app.completed(nodes.scope, run.id).await;
        assert_eq!(detail.run.outcome, Some(RunOutcome::Succeeded), "{:?}", detail.failures);
        actors.extend(detail.events.into_iter().filter(|e| e.kind == RunEventKind::Started).map(|e| e.actor));
    }
    for worker in &workers {
        assert!(actors.iter().any(|actor| worker.is(actor)), "{} did nothing: {actors:?}", worker.id());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_due_starts_once_although_two_workers_look() {
    let nodes = Nodes::start().await;
    let draft = ScheduleDraft {
        operation_type: OperationType::InventorySync,
        cron: "0 0 1 1 *".to_owned(),
        time_zone: "UTC".to_owned(),
        expected_hours: "8784".to_owned(),
        enabled: true,
    };
    nodes.app.core.schedules().save(nodes.scope, Initiator::system(), draft).await.unwrap().expect("it makes sense");
    let _workers = nodes.workers().await;
    let Db::Postgres(pool) = &nodes.app.core.db else { panic!("on PostgreSQL") };
    // Twice, so that whoever came too late for the first time has looked by the end of the second.
    for times in 1..=2 {
        let due = "UPDATE schedules SET next_run_at = now() - interval '1 second'";
        assert_eq!(sqlx::query(due).execute(pool).await.unwrap().rows_affected(), 1);
        let run = eventually("it starts", async || runs(&nodes).await.into_iter().nth(times - 1)).await;
        let newest = runs(&nodes).await[0].id;
        nodes.app.completed(nodes.scope, newest).await;
        assert_eq!((run.joined_count, run.initiator), (0, Initiator::system()));
        assert_eq!(runs(&nodes).await.len(), times);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_while_nobody_listens_is_made_up_for_by_asking_again() {
    let nodes = Nodes::start().await;
    let mut stream = nodes.viewer_at_a().await;
    // Once something came from B, A listens.
    let first = nodes.start_at_b("policy.sync").await.id;
    seen(&mut stream, &nodes.app.core.clock, first, RunStatus::Queued).await;
    let Db::Postgres(pool) = &nodes.app.core.db else { panic!("on PostgreSQL") };
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query ILIKE 'LISTEN%' \
               AND datname = current_database()";
    sqlx::query(end).execute(pool).await.unwrap();
    let run = nodes.start_at_b("inventory.sync").await.id;
    let told = stream.until("a gap, or the change", |event| match event {
        LiveEvent::Gap => Some(()),
        LiveEvent::Run { run: told } if told.id == run => Some(()),
        _ => None,
    });
    told.await;
    let form = [("tenant", "contoso"), ("run", &*run.to_string())];
    let (status, shown) = nodes.owner.at(&nodes.urls[0]).ask("operations/show", &form).await;
    assert_eq!((status, shown["run"]["status"].as_str()), (StatusCode::OK, Some("queued")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_processes_start_together_on_an_empty_database() {
    let database = TestDatabase::empty_postgres().await;
    let installation = Installation::on(&database);
    let addresses = [free_address(), free_address()];
    let mut processes = vec![installation.worker(), installation.worker()];
    processes.extend(addresses.iter().map(|address| installation.serve(address)));
    for process in &mut processes {
        process.is_up().await;
    }
    for address in addresses {
        let answer = client().get(format!("http://{address}/readyz")).timeout(Duration::from_secs(10)).send().await;
        assert_eq!(answer.unwrap().status(), StatusCode::OK);
    }
    assert!(processes.iter_mut().all(|process| process.ended().is_none()));
}
