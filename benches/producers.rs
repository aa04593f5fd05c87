//! The producers on a Graph that answers at once: how many items a second, whether memory grows with their number, and
//! comparing thousands of policies.

use std::time::Instant;

use clap::Parser;
use runledger::{
    model::{
        operation::OperationType,
        run::{Initiator, RunDetail, RunOutcome},
    },
    server::{config::WorkerOptions, db::scope::TenantScope, drift::compare, graph::RetryPolicy, start::start},
};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::{
    graph::Graph,
    measure::{peak_memory, reset_peak},
    policies,
    report::{Aim, Report, Row},
    stage::{Engine, Stage, Stages},
};

/// The product's own options, with its defaults.
#[derive(clap::Parser)]
struct Work {
    #[command(flatten)]
    options: WorkerOptions,
}

pub async fn measure(stages: &mut Stages, report: &mut Report) {
    let (policies, groups) = if stages.quick { (500, 2_000) } else { (5_000, 20_000) };
    let compared = comparing(report, policies);
    for engine in Engine::BOTH {
        syncing_policies(report, engine, policies, compared).await;
        syncing_groups(report, engine, groups).await;
    }
}

/// A database, its workers, and the tenant that they work for.
struct Place {
    stage: Stage,
    scope: TenantScope,
    stopping: CancellationToken,
    _workers: JoinSet<()>,
}

/// What a run took.
struct Took {
    detail: RunDetail,
    seconds: f64,
    /// The most memory of the process meanwhile, in MiB.
    peak: f64,
}

impl Place {
    async fn open(engine: Engine, graph: &Graph) -> Self {
        let stage = Stage::open(engine).await;
        let scope = stage.tenant("bench", &graph.url).await;
        let stopping = CancellationToken::new();
        let work = Work::parse_from(["bench", "--concurrency", "1", "--allow-private-addresses"]).options;
        let workers = stage.core.start_workers(&work, RetryPolicy::system(), &stopping).expect("the workers start");
        Self { stage, scope, stopping, _workers: workers }
    }

    async fn run(&self, operation_type: OperationType) -> Took {
        reset_peak();
        let begun = Instant::now();
        let core = &self.stage.core;
        let ensured = start(&core.runs, self.scope, operation_type, &json!({}), Initiator::system()).await;
        let id = ensured.expect("it is created").run().id;
        let detail = loop {
            let detail = core.runs.detail(self.scope, id).await.expect("it is read").expect("it is there");
            if !detail.run.status.is_active() {
                break detail;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        };
        let seconds = begun.elapsed().as_secs_f64();
        assert_eq!(detail.run.outcome, Some(RunOutcome::Succeeded), "{:?}", detail.failures);
        Took { detail, seconds, peak: peak_memory() }
    }

    async fn close(self) {
        self.stopping.cancel();
        self.stage.remove().await;
    }
}

/// A tenth of the policies and all of them, with what a second sync costs; then a tenth of them changed, and compared.
async fn syncing_policies(report: &mut Report, engine: Engine, count: usize, compared: f64) {
    let (few, all, changed) = (folder(), folder(), folder());
    policies::write(few.path(), count / 10, false);
    policies::write(all.path(), count, false);
    policies::write(changed.path(), count, true);
    let few = Graph::of(few.path()).await;
    let place = Place::open(engine, &few).await;
    let with_few = place.run(OperationType::PolicySync).await;
    place.close().await;

    let graph = Graph::of(all.path()).await;
    let place = Place::open(engine, &graph).await;
    let bare = graph.read(&policies::PATHS).await;
    for round in ["first", "again"] {
        let took = place.run(OperationType::PolicySync).await;
        tell(report, engine, &format!("policy.sync {round}"), (count, bare), &took, &with_few);
    }
    let graph = Graph::of(changed.path()).await;
    place.stage.tenant("bench", &graph.url).await;
    let took = place.run(OperationType::PolicySync).await;
    assert_eq!(took.detail.run.summary_counts.own.get("updated"), Some(&(policies::changes(count) as u64)));
    let took = place.run(OperationType::DriftGenerate).await;
    assert_eq!(took.detail.run.summary_counts.own.get("findings"), Some(&(policies::changes(count) as u64)));
    let what = format!("drift.generate of {count} policies against {count}");
    let row = Row::new("work", what, took.seconds, "s").on(engine.name());
    report.add(row.beside("in memory", compared).aim(Aim::AtMost(10.0)));
    place.close().await;
}

async fn syncing_groups(report: &mut Report, engine: Engine, count: usize) {
    let few = Graph::with_groups(count / 10).await;
    let place = Place::open(engine, &few).await;
    let with_few = place.run(OperationType::DirectoryGroupsSync).await;
    place.close().await;
    let graph = Graph::with_groups(count).await;
    let place = Place::open(engine, &graph).await;
    let took = place.run(OperationType::DirectoryGroupsSync).await;
    let bare = graph.read(&["v1.0/groups"]).await;
    tell(report, engine, "directory_groups.sync first", (count, bare), &took, &with_few);
    place.close().await;
}

/// The limit is how many items a second are read from their lists, and nothing more.
fn tell(report: &mut Report, engine: Engine, what: &str, (items, limit): (usize, f64), took: &Took, with_few: &Took) {
    let counts = &took.detail.run.summary_counts;
    assert!(counts.succeeded >= items as u64, "{counts:?}");
    let row = |what: String, figure, unit| Row::new("work", what, figure, unit).on(engine.name());
    let rate = counts.processed as f64 / took.seconds;
    let rate = row(format!("{what}, {items} items"), rate, "items/s").beside("lists read as JSON", limit);
    report.add(rate.aim(Aim::AtLeast(1_000.0)));
    let memory = row(format!("{what}, memory of the process at its peak"), took.peak, "MiB");
    report.add(memory.beside("with a tenth of the items", with_few.peak).aim(Aim::RatioAtMost(1.5)));
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder for policies")
}

/// Comparing alone, in memory, beside asking whether they are equal; what it took.
fn comparing(report: &mut Report, count: usize) -> f64 {
    let before: Vec<Value> = (0..count).map(policies::configuration).collect();
    let mut after = before.clone();
    for policy in after.iter_mut().step_by(10) {
        policy["setting3"]["inner"]["value"] = json!("changed");
    }
    let begun = Instant::now();
    let changed = before.iter().zip(&after).filter(|(before, after)| !compare(before, after).is_empty()).count();
    let took = begun.elapsed().as_secs_f64();
    assert_eq!(changed, policies::changes(count));
    let begun = Instant::now();
    let unequal = before.iter().zip(&after).filter(|(before, after)| before != after).count();
    let plain = begun.elapsed().as_secs_f64();
    assert_eq!(unequal, changed);
    let row = Row::new("work", format!("compare {count} policies with {count}, in memory"), took, "s");
    report.add(row.beside("are they equal", plain).aim(Aim::AtMost(10.0)));
    took
}
