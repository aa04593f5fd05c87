//! People at both web servers who start, cancel and repeat, and who watch.

use std::{sync::Arc, time::Duration};

use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use runledger::model::{
    ids::RunId,
    page::RunPage,
    run::{LiveEvent, Run, Started},
};
use tokio::time::{MissedTickBehavior, interval};

use super::world::{World, add};
use crate::common::{stream::EventStream, web::Visitor};

const TYPES: [&str; 3] = ["inventory.sync", "policy.sync", "directory_groups.sync"];

/// Asks for something every so often until it is over, at one server or the other. One that is away is asked again.
pub async fn client(world: Arc<World>, seed: u64, visitor: Visitor, every: Duration) {
    let mut rng = StdRng::seed_from_u64(seed);
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut own: Vec<(usize, RunId)> = Vec::new();
    while !world.is_over() {
        ticks.tick().await;
        let (node, tenant) = (rng.random_range(0..2), rng.random_range(0..world.tenants.len()));
        let node = visitor.at(&world.url(node));
        let told = match rng.random_range(0..12) {
            0..=7 => start(&world, &node, tenant, TYPES[rng.random_range(0..TYPES.len())]).await,
            8 | 9 => back_up(&world, &node, tenant, &mut rng).await,
            10 => {
                cancel(&world, &node, own.choose(&mut rng)).await;
                continue;
            }
            _ => {
                let failed_only = rng.random_bool(0.5);
                retry(&world, &node, own.choose(&mut rng), failed_only).await
            }
        };
        match told {
            None => add(&world.tally.refused),
            Some(started) if started.created => {
                let tenant = world.tenants.iter().position(|one| one.scope.tenant() == started.run.tenant_id).unwrap();
                world.made.lock().unwrap().insert(started.run.id, tenant);
                own.push((tenant, started.run.id));
            }
            Some(_) => add(&world.tally.joins),
        }
    }
}

async fn ask(node: &Visitor, function: &str, form: &[(&str, &str)]) -> Option<Started> {
    node.try_ask(function, form).await.map(|answer| serde_json::from_value(answer).unwrap())
}

async fn start(world: &World, node: &Visitor, tenant: usize, operation: &str) -> Option<Started> {
    let form = [("tenant", world.tenants[tenant].slug), ("operation_type", operation)];
    ask(node, "operations/start", &form).await
}

/// A new set of a few policies: a work of its own.
async fn back_up(world: &World, node: &Visitor, tenant: usize, rng: &mut StdRng) -> Option<Started> {
    let tenant = &world.tenants[tenant];
    let set = world.app.core.clock.new_id().to_string();
    let mut form = vec![("tenant", tenant.slug), ("new_set", &*set), ("name", "Under torture")];
    let few = rng.random_range(1..6);
    form.extend(tenant.policies.choose_multiple(rng, few).map(|policy| ("policies[]", policy.as_str())));
    ask(node, "backups/add", &form).await
}

async fn cancel(world: &World, node: &Visitor, run: Option<&(usize, RunId)>) {
    let Some((tenant, run)) = run else { return };
    let form = [("tenant", world.tenants[*tenant].slug), ("run", &*run.to_string())];
    if node.try_ask("operations/cancel", &form).await.is_some() {
        add(&world.tally.cancels);
    }
}

/// The whole of a run that did not succeed, or only what failed in it.
async fn retry(world: &World, node: &Visitor, run: Option<&(usize, RunId)>, failed_only: bool) -> Option<Started> {
    let (tenant, run) = run?;
    let failed_only = if failed_only { "true" } else { "false" };
    let form = [("tenant", world.tenants[*tenant].slug), ("run", &*run.to_string()), ("failed_only", failed_only)];
    let started = ask(node, "operations/retry", &form).await?;
    add(&world.tally.retries);
    Some(started)
}

/// Has a tenant's runs on the screen, as the page has: what the stream says, and after a gap what the list says.
pub async fn viewer(world: Arc<World>, tenant: usize, visitor: Visitor) {
    let node = visitor.at(&world.url(tenant % 2));
    let slug = world.tenants[tenant].slug;
    let mut looks = interval(Duration::from_millis(200));
    loop {
        looks.tick().await;
        let Some(mut stream) = EventStream::open(&node, slug).await else { continue };
        ask_for_all(&world, tenant, &node).await;
        while let Some(event) = stream.event().await {
            match event {
                LiveEvent::Run { run } => show(&world, tenant, *run),
                LiveEvent::Gap => ask_for_all(&world, tenant, &node).await,
                LiveEvent::Notification { .. }
                | LiveEvent::Inbox { .. }
                | LiveEvent::Clock { .. }
                | LiveEvent::DatabaseAway => {}
            }
        }
    }
}

fn show(world: &World, tenant: usize, run: Run) {
    let mut seen = world.tenants[tenant].seen.lock().unwrap();
    if seen.get(&run.id).is_none_or(|shown| run.replaces(shown)) {
        seen.insert(run.id, run);
    }
}

/// Every page of the list, from the start when a page does not come.
async fn ask_for_all(world: &World, tenant: usize, node: &Visitor) {
    let slug = world.tenants[tenant].slug;
    let mut query = String::new();
    let mut looks = interval(Duration::from_millis(200));
    loop {
        looks.tick().await;
        let Some(answer) = node.try_ask("operations/list", &[("tenant", slug), ("query", &query)]).await else {
            query.clear();
            continue;
        };
        let page: RunPage = serde_json::from_value(answer).unwrap();
        for run in page.runs {
            show(world, tenant, run);
        }
        let Some(next) = page.next else { return };
        query = format!("after={next}");
    }
}
