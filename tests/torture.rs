//! Several minutes of everything at once on PostgreSQL: `make torture`. Many clients start runs on two nodes while workers
//! are killed, PostgreSQL is restarted and Microsoft Graph fails; at the end nothing is lost and nothing was done twice.

mod common;

use std::{
    collections::HashMap,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use common::{Engine, TestApp, TestDatabase, assert_mirrored, graph::Graph};
use rand::{Rng, SeedableRng, rngs::StdRng};
use runledger::{
    model::{
        ids::RunId,
        operation::OperationType,
        run::{Initiator, RunDetail, RunEventKind, RunOutcome, RunStatus},
    },
    server::{
        boot::Core,
        clock::Clock,
        db::{Db, DbSettings, scope::TenantScope},
        graph::Family,
        runs::Ensured,
        start::start,
    },
};
use serde_json::json;
use tokio::{
    sync::Mutex,
    time::{Instant, interval, timeout},
};

const WORKERS: usize = 3;
const CLIENTS: u64 = 12;

#[derive(Default)]
struct Tally {
    kills: AtomicU64,
    stops: AtomicU64,
    restarts: AtomicU64,
    faults: AtomicU64,
    joins: AtomicU64,
    cancels: AtomicU64,
    twice: AtomicU64,
}

fn spawn_worker(url: &str, folder: &std::path::Path) -> Child {
    Command::new(env!("CARGO_BIN_EXE_runledger"))
        .arg("worker")
        .env("DATABASE_URL", url)
        .env("RUNLEDGER_DATA_DIR", folder)
        .env("RUNLEDGER_SECRET_KEY", "11".repeat(32))
        .env("RUNLEDGER_ALLOW_PRIVATE_ADDRESSES", "true")
        .env("RUNLEDGER_LEASE_SECONDS", "4")
        .env("RUNLEDGER_GRACE_SECONDS", "1")
        .env("RUNLEDGER_CONCURRENCY", "3")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Restarts the server as a crash would.
async fn restart_postgres(db: &Db) -> bool {
    let Db::Postgres(pool) = db else { return false };
    let found: Result<(String,), _> = sqlx::query_as("SHOW data_directory").fetch_one(pool).await;
    let Ok((data,)) = found else { return false };
    let script = r#"bin=${RUNLEDGER_POSTGRES_BIN:-$(ls -d /usr/lib/postgresql/*/bin | tail -1)}
        cmd="$bin/pg_ctl -D $0 -m immediate -w restart -l $0/server.log"
        cd /; if [ "$(id -u)" = 0 ]; then runuser -u postgres -- $cmd; else $cmd; fi >/dev/null 2>&1"#;
    let mut command = tokio::process::Command::new("sh");
    command.args(["-c", script, &data]);
    command.status().await.is_ok_and(|status| status.success())
}

/// Starts runs until it is told to stop, and now and then cancels one.
async fn client(
    seed: u64,
    node: Core,
    scopes: Vec<TenantScope>,
    made: Arc<Mutex<HashMap<RunId, TenantScope>>>,
    tally: Arc<Tally>,
    over: Arc<AtomicBool>,
) {
    let mut rng = StdRng::seed_from_u64(seed);
    let who = Initiator { user_id: None, name: format!("client {seed}") };
    let mut ticks = interval(Duration::from_millis(120));
    while !over.load(Ordering::Relaxed) {
        ticks.tick().await;
        let scope = scopes[rng.random_range(0..scopes.len())];
        let family = Family::ALL[rng.random_range(0..Family::ALL.len())];
        let inputs = if rng.random_ratio(1, 4) { json!({}) } else { json!({ "only": [family.as_str()] }) };
        // A database that is away is tried again by the next tick.
        match start(&node.runs, scope, OperationType::InventorySync, &inputs, who.clone()).await {
            Ok(Ensured::Created(run)) => {
                made.lock().await.insert(run.id, scope);
                if rng.random_ratio(1, 25) && node.runs.cancel(scope, run.id, &who).await.is_ok() {
                    tally.cancels.fetch_add(1, Ordering::Relaxed);
                }
            }
            Ok(Ensured::Joined(_)) => _ = tally.joins.fetch_add(1, Ordering::Relaxed),
            Err(_) => {}
        }
    }
}

/// Looks for two active runs of one identity, all the time.
async fn look_for_twins(db: Db, tally: Arc<Tally>, over: Arc<AtomicBool>) {
    let Db::Postgres(pool) = &db else { return };
    let mut ticks = interval(Duration::from_millis(250));
    while !over.load(Ordering::Relaxed) {
        ticks.tick().await;
        let twins: Result<Vec<(i64,)>, _> = sqlx::query_as(
            "SELECT count(*) FROM operation_runs WHERE status <> 'completed' \
             GROUP BY tenant_id, run_identity_hash HAVING count(*) > 1",
        )
        .fetch_all(pool)
        .await;
        tally.twice.fetch_add(twins.map_or(0, |twins| twins.len() as u64), Ordering::Relaxed);
    }
}

async fn harm(
    until: Instant,
    url: &str,
    db: &Db,
    graph: &Graph,
    folder: &std::path::Path,
    tally: &Tally,
) -> Vec<Child> {
    let mut rng = StdRng::seed_from_u64(7);
    let mut workers: Vec<Child> = (0..WORKERS).map(|_| spawn_worker(url, folder)).collect();
    let mut ticks = interval(Duration::from_millis(1_500));
    let faults = [["throttle:5"], ["unavailable:4"], ["forbidden:deviceConfigurations"], ["revoked:3"], ["slow:20"]];
    let mut restarted = Instant::now();
    while Instant::now() < until {
        ticks.tick().await;
        let place = rng.random_range(0..WORKERS);
        match rng.random_range(0..5) {
            0 | 1 => {
                workers[place].kill().unwrap();
                workers[place].wait().unwrap();
                workers[place] = spawn_worker(url, folder);
                tally.kills.fetch_add(1, Ordering::Relaxed);
            }
            2 => {
                let stopped = Command::new("kill").arg(workers[place].id().to_string()).status().unwrap();
                assert!(stopped.success());
                let mut stopping = std::mem::replace(&mut workers[place], spawn_worker(url, folder));
                let ended = tokio::task::spawn_blocking(move || stopping.wait()).await.unwrap().unwrap();
                // One that had just been started has not set up its signals yet.
                assert!(
                    ended.success() || ended.code().is_none(),
                    "a worker that was asked to stop ended with {ended}"
                );
                tally.stops.fetch_add(1, Ordering::Relaxed);
            }
            3 if restarted.elapsed() > Duration::from_secs(15) => {
                restarted = Instant::now();
                assert!(restart_postgres(db).await, "PostgreSQL restarts");
                tally.restarts.fetch_add(1, Ordering::Relaxed);
            }
            _ => {
                graph.set_faults(&faults[rng.random_range(0..faults.len())]).await;
                tally.faults.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
    graph.set_faults(&[]).await;
    workers
}

/// What every run must be, whatever happened to it.
fn check(detail: &RunDetail) -> Result<(), String> {
    let run = &detail.run;
    let counts = &run.summary_counts;
    let kinds: Vec<_> = detail.events.iter().map(|event| event.kind).collect();
    let starts: Vec<i32> =
        detail.events.iter().filter(|event| event.kind == RunEventKind::Started).map(|event| event.attempt).collect();
    let ends = kinds.iter().filter(|kind| **kind == RunEventKind::Completed).count();
    let end = kinds.iter().position(|kind| *kind == RunEventKind::Completed).unwrap_or_default();
    let own: u64 = ["created", "updated", "unchanged"].iter().filter_map(|key| counts.own.get(*key)).sum();
    let rules = [
        (run.status == RunStatus::Completed && run.outcome.is_some(), "it is completed with an outcome"),
        (kinds.first() == Some(&RunEventKind::Created), "its history begins with its creation"),
        (ends == 1, "it ended once"),
        (
            kinds[end + 1..].iter().all(|kind| *kind == RunEventKind::LateWrite),
            "nothing but late writes follows its end",
        ),
        (starts == (1..=run.attempt).collect::<Vec<_>>(), "its attempts follow each other"),
        (counts.processed == counts.succeeded + counts.failed + counts.skipped, "its counts add up"),
        (counts.total == counts.processed, "all of its items are accounted for"),
        (own == counts.succeeded, "each item that succeeded was created, updated or unchanged, once"),
        (run.outcome != Some(RunOutcome::Cancelled) || run.cancel_requested.is_some(), "who cancelled it is told"),
    ];
    match rules.iter().find(|(kept, _)| !kept) {
        None => Ok(()),
        Some((_, rule)) => Err(format!("{}: not so: {rule}: {kinds:?}, {counts:?}", run.id)),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "takes minutes; `make torture` runs it"]
async fn nothing_is_lost_whatever_dies() {
    let seconds = std::env::var("RUNLEDGER_TORTURE_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(180);
    let app = TestApp::on(TestDatabase::create(Engine::Postgres).await, Clock::system()).await;
    let DbSettings::Postgres { url, .. } = app.database.settings().clone() else { panic!("on PostgreSQL") };
    let folder = tempfile::tempdir().unwrap();
    let graph = Graph::sample(&[]).await;
    let mut scopes = Vec::new();
    for slug in ["contoso", "fabrikam", "northwind", "tailspin"] {
        scopes.push(app.tenant_at(slug, &graph.url).await);
    }
    let (tally, over) = (Arc::new(Tally::default()), Arc::new(AtomicBool::new(false)));
    let made = Arc::new(Mutex::new(HashMap::new()));
    let other = app.another_node().await;
    let mut clients: Vec<_> = (0..CLIENTS)
        .map(|seed| {
            let node = if seed % 2 == 0 { app.core.clone() } else { other.clone() };
            tokio::spawn(client(seed, node, scopes.clone(), made.clone(), tally.clone(), over.clone()))
        })
        .collect();
    clients.push(tokio::spawn(look_for_twins(app.core.db.clone(), tally.clone(), over.clone())));

    let until = Instant::now() + Duration::from_secs(seconds);
    let mut workers = harm(until, &url, &app.core.db, &graph, folder.path(), &tally).await;
    over.store(true, Ordering::Relaxed);
    for client in clients {
        client.await.unwrap();
    }
    let made = made.lock().await;
    let begun = Instant::now();
    let mut wrong = Vec::new();
    let mut outcomes: HashMap<String, u32> = HashMap::new();
    for (run, scope) in made.iter() {
        let left = Duration::from_secs(300).saturating_sub(begun.elapsed());
        let ended = timeout(left, async {
            let mut looks = interval(Duration::from_millis(200));
            loop {
                looks.tick().await;
                if let Ok(Some(detail)) = app.core.runs.detail(*scope, *run).await
                    && !detail.run.status.is_active()
                {
                    return detail;
                }
            }
        });
        match ended.await {
            Ok(detail) => {
                *outcomes.entry(format!("{:?}", detail.run.outcome)).or_default() += 1;
                wrong.extend(check(&detail).err());
                assert_mirrored(&app, *scope, &detail).await;
            }
            Err(_) => wrong.push(format!("{run}: it is still active")),
        }
    }
    for worker in &mut workers {
        let _ = worker.kill();
        let _ = worker.wait();
    }
    let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
    println!(
        "{} runs, {} joined, {} cancelled, {} kills, {} stops, {} restarts of PostgreSQL, {} faults; {outcomes:?}; \
         {} twins, {} lost or wrong",
        made.len(),
        of(&tally.joins),
        of(&tally.cancels),
        of(&tally.kills),
        of(&tally.stops),
        of(&tally.restarts),
        of(&tally.faults),
        of(&tally.twice),
        wrong.len(),
    );
    assert!(wrong.is_empty() && of(&tally.twice) == 0, "{}", wrong.join("\n"));
}
