//! The ledger's state machine on both engines, beside a model of it: sequences of what people, workers, watchdogs, other
//! nodes and clocks do to the runs of two tenants.

#[path = "../common/mod.rs"]
mod common;

mod acts;
mod model;

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
    time::Duration,
};

use acts::{Act, Place, lives};
use apalis_core::task::builder::TaskBuilder;
use chrono::TimeDelta;
use common::{TestApp, assert_mirrored, jobs::TestJob};
use model::{Model, Write};
use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::TestRunner,
};
use runledger::{
    model::{
        ids::RunId,
        operation::OperationType,
        reason::ReasonCode,
        run::{Initiator, RunFailure, RunOutcome, RunProgress, SummaryCounts},
    },
    server::{
        boot::Core,
        db::{Db, scope::TenantScope, tasks::RunTask},
        jobs::JobRouter,
        runs::{
            Ensured, Limits, RunChange, Running, TrackOperationRun, TrackerSettings, UpdateError, handle::StepResult,
            watchdog::Watchdog,
        },
        start::{retry, start},
    },
};
use serde_json::{Value, json};
use tower::{Layer, Service};

const LIVES: usize = 40;
const FAMILIES: [&str; 3] = ["assignment_filters", "intents", "mobile_apps"];

fn ana() -> Initiator {
    Initiator { user_id: None, name: "Ana".to_owned() }
}

fn items(succeeded: u64, failed: u64) -> SummaryCounts {
    let total = succeeded + failed;
    SummaryCounts { total, processed: total, succeeded, failed, ..SummaryCounts::default() }
}

fn failure() -> RunFailure {
    RunFailure { code: ReasonCode::Internal, message: "x".to_owned(), item: None, http_status: None, request_id: None }
}

fn change(write: Write) -> RunChange {
    match write {
        Write::Start => RunChange::Start,
        Write::Beat => RunChange::Heartbeat,
        Write::Progress { ok, failed, step } => RunChange::Progress {
            counts: items(ok, failed),
            failures: vec![failure(); usize::try_from(failed).unwrap()],
            progress: Some(RunProgress { step: Some(step.to_owned()), ..RunProgress::default() }),
        },
        Write::Complete { failed } => RunChange::Complete { failure: failed.then(failure) },
        Write::Cancelled { cut_off } => RunChange::Cancelled { cut_off },
    }
}

/// Two tenants with the newest run of each work, the ledger's and the model's.
struct World {
    app: TestApp,
    nodes: [Core; 2],
    node: usize,
    tenants: [TenantScope; 2],
    newest: BTreeMap<Place, Model>,
    outcomes: HashSet<RunOutcome>,
}

impl World {
    async fn new(app: TestApp) -> Self {
        let tenants = [app.tenant("contoso").await, app.tenant("fabrikam").await];
        let nodes = [app.core.clone(), app.another_node().await];
        Self { app, nodes, node: 0, tenants, newest: BTreeMap::new(), outcomes: HashSet::new() }
    }

    fn core(&self) -> &Core {
        &self.nodes[self.node]
    }

    fn inputs(place: Place) -> Value {
        json!({ "only": [FAMILIES[place.1]] })
    }

    /// Lets it happen, to both; gives the works that it concerns.
    async fn happen(&mut self, act: Act) -> Vec<Place> {
        match act {
            Act::Ensure(place) => self.ensure(place).await,
            Act::Write(place, beside, write) => self.write(place, beside, write).await,
            Act::Work(done) => return self.work(done).await,
            Act::Cancel(place) => self.cancel(place).await,
            Act::Lose => {
                self.lose().await;
                return self.newest.keys().copied().collect();
            }
            Act::Retry(place) => self.retry(place).await,
            Act::AnotherNode => self.node = 1 - self.node,
            Act::Jump(minutes) => self.app.advance(TimeDelta::minutes(minutes)),
        }
        match act {
            Act::Ensure(place) | Act::Write(place, ..) | Act::Cancel(place) | Act::Retry(place) => vec![place],
            _ => Vec::new(),
        }
    }

    async fn ensure(&mut self, place: Place) {
        let operation = OperationType::InventorySync;
        let scope = self.tenants[place.0];
        let ensured = start(&self.core().runs, scope, operation, &Self::inputs(place), ana()).await.unwrap();
        self.ensured(place, &ensured, None);
    }

    fn ensured(&mut self, place: Place, ensured: &Ensured, retry_of: Option<RunId>) {
        match (self.newest.get_mut(&place).filter(|run| run.is_active()), ensured) {
            (Some(active), Ensured::Joined(run)) => {
                assert_eq!(active.id, run.id);
                active.join();
            }
            (None, Ensured::Created(run)) => drop(self.newest.insert(place, Model::queued(run.id, retry_of))),
            (active, ensured) => panic!("{ensured:?}, although the active run is {active:?}"),
        }
    }

    async fn write(&mut self, place: Place, beside: i32, write: Write) {
        let ledger = self.core().runs.clone();
        let Some(model) = self.newest.get_mut(&place) else { return };
        let (attempt, held) = (model.attempt + beside, model.has_worker());
        let taken = model.write(attempt, write);
        match ledger.update_run(model.id, attempt, "worker", change(write)).await {
            Ok(_) => assert!(taken, "{write:?} of {attempt} is taken, although {model:?}"),
            Err(UpdateError::Refused(refusal)) => assert!(!taken, "{write:?} of {attempt} is refused: {refusal}"),
            Err(error) => panic!("{error}"),
        }
        if taken && held && !model.is_active() {
            self.use_up_a_task().await;
        }
    }

    /// Through the layer that the queue calls: the ledger says whose turn it is.
    async fn work(&mut self, done: u64) -> Vec<Place> {
        let (core, taken) = (self.core().clone(), Arc::new(std::sync::Mutex::new(None)));
        let note = taken.clone();
        let job = TestJob::doing(move |run| {
            *note.lock().unwrap() = Some(run.id());
            async move { run.record(StepResult { counts: items(done, 0), ..StepResult::default() }).await }
        });
        let minute = Duration::from_secs(60);
        let settings = TrackerSettings {
            worker: "tracker".to_owned(),
            heartbeat_every: minute,
            time_limit: minute,
            cancel_patience: minute,
            limits: Limits::NONE,
        };
        let tracker = TrackOperationRun::new(core.runs.clone(), settings, Running::new(1));
        let task = TaskBuilder::new(RunTask::For(RunId(core.clock.new_id()))).build();
        tracker.layer(JobRouter::new(vec![job])).call(task).await.unwrap();
        let taken = *taken.lock().unwrap();
        let waiting: Vec<_> =
            self.newest.iter().filter(|(_, run)| run.waits()).map(|(place, run)| (*place, run.id)).collect();
        let place = waiting.iter().find(|(_, id)| Some(*id) == taken).map(|(place, _)| *place);
        let Some(place) = place else {
            assert!(waiting.is_empty() && taken.is_none(), "{taken:?} was begun, and {waiting:?} waited");
            return Vec::new();
        };
        let run = self.newest.get_mut(&place).unwrap();
        assert!(run.write(run.attempt, Write::Start));
        run.items.0 += done;
        assert!(run.write(run.attempt, Write::Complete { failed: false }));
        self.use_up_a_task().await;
        vec![place]
    }

    async fn cancel(&mut self, place: Place) {
        let ledger = self.core().runs.clone();
        let Some(model) = self.newest.get_mut(&place) else { return };
        let cancelled = ledger.cancel(self.tenants[place.0], model.id, ana()).await;
        assert_eq!(cancelled.is_ok(), model.cancel(), "{cancelled:?}");
    }

    async fn lose(&mut self) {
        let mut watchdog = Watchdog::new(self.core().runs.clone(), Duration::ZERO);
        watchdog.look().await.unwrap();
        let lost: HashSet<RunId> = watchdog.look().await.unwrap().into_iter().map(|run| run.id).collect();
        let held: HashSet<RunId> = self.newest.values().filter(|run| run.has_worker()).map(|run| run.id).collect();
        assert_eq!(lost, held);
        for run in self.newest.values_mut().filter(|run| run.has_worker()) {
            run.lose();
        }
    }

    async fn retry(&mut self, place: Place) {
        let ledger = self.core().runs.clone();
        let Some(model) = self.newest.get(&place).cloned() else { return };
        let retried = retry(&ledger, self.tenants[place.0], model.id, false, ana()).await;
        let may = !model.is_active() && model.outcome != Some(RunOutcome::Succeeded);
        assert_eq!(retried.is_ok(), may, "{retried:?}");
        if let Ok(ensured) = retried {
            self.ensured(place, &ensured, Some(model.id));
        }
    }

    /// What the queue does once a run has ended that a worker had: here workers take no tasks.
    async fn use_up_a_task(&self) {
        match &self.app.core.db {
            Db::Sqlite(db) => {
                let sql = "DELETE FROM Jobs WHERE id = (SELECT min(id) FROM Jobs)";
                sqlx::query(sql).execute(db.write()).await.unwrap();
            }
            Db::Postgres(pool) => {
                let sql = "DELETE FROM apalis.jobs WHERE id = (SELECT min(id) FROM apalis.jobs)";
                sqlx::query(sql).execute(pool).await.unwrap();
            }
        }
    }

    async fn agree(&self, places: impl IntoIterator<Item = Place>) {
        for place in places {
            let Some(model) = self.newest.get(&place) else { continue };
            let detail = self.app.detail(self.tenants[place.0], model.id).await;
            assert_eq!(Model::of(&detail), *model);
            assert_mirrored(&self.app, self.tenants[place.0], &detail).await;
        }
        assert_eq!(self.twins().await, 0, "no two active runs of one identity");
        let health = self.core().runs.health(Duration::from_secs(60)).await.unwrap();
        assert!(health.repairs.is_empty(), "{health:?}");
    }

    async fn twins(&self) -> i64 {
        let sql = "SELECT count(*) FROM (SELECT 1 FROM operation_runs WHERE status <> 'completed' \
            GROUP BY tenant_id, run_identity_hash HAVING count(*) > 1) t";
        match &self.app.core.db {
            Db::Sqlite(db) => sqlx::query_scalar(sql).fetch_one(db.read()).await.unwrap(),
            Db::Postgres(pool) => sqlx::query_scalar(sql).fetch_one(pool).await.unwrap(),
        }
    }

    async fn live(&mut self, life: &[Act]) {
        for act in life {
            let concerned = self.happen(*act).await;
            self.outcomes.extend(self.newest.values().filter_map(|run| run.outcome));
            self.agree(concerned).await;
        }
        // What this life did to others as well; then the next one begins.
        let all: Vec<Place> = self.newest.keys().copied().collect();
        self.agree(all.clone()).await;
        self.lose().await;
        for place in &all {
            self.cancel(*place).await;
        }
        self.agree(all).await;
    }
}

on_both_engines! {
    async fn in_every_life_of_its_runs_the_ledger_says_what_the_model_says(app: TestApp) {
        let mut world = World::new(app).await;
        let mut runner = TestRunner::deterministic();
        for number in 0..LIVES {
            let life = lives().new_tree(&mut runner).unwrap().current();
            println!("{number}: {life:?}");
            world.live(&life).await;
        }
        for outcome in RunOutcome::ALL {
            assert!(world.outcomes.contains(outcome), "no run ended so: {outcome}");
        }
    }
}
