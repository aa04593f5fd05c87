//! Everything at once on PostgreSQL: many clients at two web servers start runs of several kinds while servers and workers
//! are killed, PostgreSQL is restarted and Microsoft Graph fails; at the end nothing is lost and nothing was done twice.
//! `make torture` does it for minutes; a short one is among the other tests.

#[path = "../common/mod.rs"]
mod common;

mod check;
mod clients;
mod harm;
mod world;

use std::{
    collections::BTreeMap,
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use check::{last_syncs, look_for_twins, overlaps, rows, wrong};
use clients::{client, viewer};
use common::{eventually, web::Visitor};
use harm::Fleet;
use runledger::model::run::RunStatus;
use tokio::{task::JoinSet, time::interval};
use world::{TENANTS, WHO, World, of};

/// How hard it is.
struct Torture {
    tenants: usize,
    time: Duration,
    clients: u64,
    /// How often a client asks.
    ask_every: Duration,
    harm_every: Duration,
    restart_every: Duration,
    /// How long what is left may take once nothing fails any more.
    patience: Duration,
}

/// Those who watch and those who ask.
async fn people(world: &Arc<World>, torture: &Torture) -> (JoinSet<()>, JoinSet<()>) {
    let (mut viewers, mut clients) = (JoinSet::new(), JoinSet::new());
    let somebody = Visitor::signed_in_at(&world.url(0), WHO).await;
    for tenant in 0..world.tenants.len() {
        viewers.spawn(viewer(world.clone(), tenant, somebody.clone()));
    }
    for seed in 0..torture.clients {
        clients.spawn(client(world.clone(), seed, somebody.clone(), torture.ask_every));
    }
    clients.spawn(look_for_twins(world.clone()));
    (viewers, clients)
}

/// Waits until no run is active; gives those that are after all.
async fn drained(world: &World, fleet: &mut Fleet, patience: Duration) -> Vec<String> {
    let until = Instant::now() + patience;
    let mut looks = interval(Duration::from_millis(200));
    loop {
        looks.tick().await;
        fleet.replace_the_fallen();
        let Ok(rows) = rows(world).await else { continue };
        let active: Vec<_> = rows.iter().filter(|row| row.status != RunStatus::Completed).collect();
        if active.is_empty() || Instant::now() > until {
            if !active.is_empty() {
                println!("{}\n{}", queue(world).await, fleet.said());
            }
            return active.iter().map(|row| format!("{}: it is still active", row.id)).collect();
        }
    }
}

/// The tasks that are not done and the workers, as the queue has them.
async fn queue(world: &World) -> String {
    let sql = "SELECT string_agg(concat_ws(' ', j.id, j.status, j.attempts, j.run_at, j.lock_by, w.last_seen, now()), E'\\n') \
        FROM apalis.jobs j LEFT JOIN apalis.workers w ON w.id = j.lock_by WHERE j.status NOT IN ('Done', 'Killed')";
    let found: Result<Option<String>, _> = sqlx::query_scalar(sql).fetch_one(world.pool()).await;
    format!("{found:?}").replace("\\n", "\n")
}

/// Runs that somebody was told of and that are not there.
async fn lost(world: &World) -> Vec<String> {
    let rows: std::collections::HashSet<_> = rows(world).await.unwrap().into_iter().map(|row| row.id).collect();
    let made = world.made.lock().unwrap();
    made.keys().filter(|run| !rows.contains(run)).map(|run| format!("{run}: it was made and is not there")).collect()
}

/// What is wrong with the runs that there are, and how they ended.
async fn judged(world: &World) -> (Vec<String>, BTreeMap<String, u32>) {
    let rows = rows(world).await.unwrap();
    let (mut found, mut outcomes) = (overlaps(&rows), BTreeMap::new());
    for row in &rows {
        for tenant in &world.tenants {
            let Some(detail) = world.app.core.runs.detail(tenant.scope, row.id).await.unwrap() else { continue };
            let outcome = detail.run.outcome.map_or_else(String::new, |outcome| outcome.to_string());
            *outcomes.entry(format!("{} {outcome}", detail.run.operation_type)).or_default() += 1;
            found.extend(wrong(world, tenant, &detail).await);
        }
    }
    (found, outcomes)
}

/// The runs that a viewer's screen shows otherwise than they are, or not at all.
async fn wrong_on_screens(world: &World) -> usize {
    let mut wrong = 0;
    for row in rows(world).await.unwrap() {
        let Some(tenant) = world.tenants.iter().find(|tenant| tenant.scope.tenant() == row.tenant_id) else { continue };
        let shown = tenant.seen.lock().unwrap().get(&row.id).cloned();
        wrong += usize::from(shown != Some(world.app.detail(tenant.scope, row.id).await.run));
    }
    wrong
}

/// Each screen shows every run as it is. A process that is killed takes along what it did in its last tenth of a second and
/// has not told yet: a viewer sees that when it asks again, as it does after every gap.
async fn screens_are_right(world: &World) {
    println!("{} states were not on the screens before they asked again", wrong_on_screens(world).await);
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query ILIKE 'LISTEN%' \
        AND pid <> pg_backend_pid()";
    sqlx::query(end).execute(world.pool()).await.unwrap();
    eventually("the screens show what is", async || (wrong_on_screens(world).await == 0).then_some(())).await;
}

async fn nothing_is_lost_in(torture: Torture) {
    let world = Arc::new(World::new(&TENANTS[..torture.tenants]).await);
    let mut fleet = Fleet::start(&world).await;
    let (mut viewers, clients) = people(&world, &torture).await;
    fleet.harm(Instant::now() + torture.time, torture.harm_every, torture.restart_every).await;
    world.over.store(true, Ordering::Relaxed);
    clients.join_all().await;

    let mut lost_runs = drained(&world, &mut fleet, torture.patience).await;
    lost_runs.extend(lost(&world).await);
    let mut wrong_runs = std::mem::take(&mut fleet.fell);
    if lost_runs.is_empty() {
        wrong_runs.extend(last_syncs(&world).await);
    }
    let (found, outcomes) = judged(&world).await;
    wrong_runs.extend(found);
    let tally = &world.tally;
    println!("{outcomes:#?}");
    println!(
        "{} runs ({} told), {} joined, {} cancelled, {} repeated, {} requests refused or unanswered; {} kills, {} stops, \
         {} restarts of PostgreSQL, {} faults of Graph; {} looks for twins ({} of them without a database), {} twins; \
         {} lost, {} wrong",
        outcomes.values().sum::<u32>(),
        world.made.lock().unwrap().len(),
        of(&tally.joins),
        of(&tally.cancels),
        of(&tally.retries),
        of(&tally.refused),
        of(&tally.kills),
        of(&tally.stops),
        of(&tally.restarts),
        of(&tally.faults),
        of(&tally.looks),
        of(&tally.blind_looks),
        of(&tally.twins),
        lost_runs.len(),
        wrong_runs.len(),
    );
    lost_runs.extend(wrong_runs);
    assert!(lost_runs.is_empty() && of(&tally.twins) == 0, "{}", lost_runs.join("\n"));
    for harm in [&tally.kills, &tally.restarts, &tally.faults] {
        assert!(of(harm) > 0, "it was no torture");
    }
    assert!(of(&tally.looks) > 2 * of(&tally.blind_looks), "it was looked for twins");
    screens_are_right(&world).await;
    viewers.shutdown().await;
    eventually("the installation is well", async || {
        world.app.core.runs.health(Duration::from_secs(60)).await.ok().filter(|health| health.is_well())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "takes minutes; `make torture` runs it"]
async fn nothing_is_lost_whatever_dies() {
    let seconds = std::env::var("RUNLEDGER_TORTURE_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(180);
    nothing_is_lost_in(Torture {
        tenants: TENANTS.len(),
        time: Duration::from_secs(seconds),
        clients: 12,
        ask_every: Duration::from_millis(300),
        harm_every: Duration::from_millis(1_500),
        restart_every: Duration::from_secs(10),
        patience: Duration::from_secs(300),
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_is_lost_in_a_short_torture() {
    nothing_is_lost_in(Torture {
        tenants: 2,
        time: Duration::from_secs(7),
        clients: 4,
        ask_every: Duration::from_millis(400),
        harm_every: Duration::from_millis(800),
        restart_every: Duration::ZERO,
        patience: Duration::from_secs(60),
    })
    .await;
}
