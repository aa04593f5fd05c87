//! `ensure_run`: creating, and joining what is active.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use runledger::{
    model::ids::RunId,
    server::{
        boot::Core,
        db::{Db, scope::TenantScope},
        runs::{Ensured, NewRun, identity::run_identity_hash},
    },
};
use sqlx::Row as _;
use uuid::Uuid;

use crate::{
    limits,
    measure::{Times, callers, in_turns},
    report::{Aim, Report, Row},
    stage::{BIG, Engine, Stage, Stages, new_run},
};

/// Rows that are there before the planner is told what the tables hold.
const BEFORE: u64 = 2_000;
/// Numbers no two requests share.
static NUMBER: AtomicU64 = AtomicU64::new(0);

pub async fn measure(stages: &mut Stages, report: &mut Report) {
    for engine in Engine::BOTH {
        let stage = Stage::open(engine).await;
        stage.seed(BEFORE).await;
        let scope = stage.scope(BIG).await;
        for _ in 0..BEFORE {
            create(&stage.core, scope, next()).await;
        }
        stage.execute("ANALYZE").await;
        for at_once in [1, 8, 32] {
            creating(stages, report, &stage, scope, at_once).await;
        }
        for runs in [1, 64] {
            joining(stages, report, &stage, scope, runs).await;
        }
        stage.remove().await;
        beside_many(stages, report, engine).await;
    }
}

fn next() -> u64 {
    NUMBER.fetch_add(1, Ordering::Relaxed)
}

async fn create(core: &Core, scope: TenantScope, number: u64) {
    match core.runs.ensure_run(scope, new_run(number)).await {
        Ok(Ensured::Created(_)) => {}
        other => panic!("not created: {other:?}"),
    }
}

/// Creates runs with so many callers for a while.
async fn rate_of_creating(stages: &Stages, core: &Core, scope: TenantScope, at_once: usize) -> Times {
    let core = core.clone();
    callers(at_once, stages.time(), move |_| {
        let core = core.clone();
        async move { create(&core, scope, next()).await }
    })
    .await
}

async fn creating(stages: &Stages, report: &mut Report, stage: &Stage, scope: TenantScope, at_once: usize) {
    let [ours, one, several] = in_turns(stages.turns(), async |turn| match turn {
        0 => rate_of_creating(stages, &stage.core, scope, at_once).await,
        1 => {
            let core = stage.core.clone();
            callers(at_once, stages.time(), move |_| {
                let core = core.clone();
                async move {
                    limits::one_statement(&core.db, &core.clock, scope.tenant(), next()).await;
                }
            })
            .await
        }
        _ => {
            let core = stage.core.clone();
            callers(at_once, stages.time(), move |_| {
                let core = core.clone();
                async move { limits::transaction(&core.db, &core.clock, scope.tenant(), next()).await }
            })
            .await
        }
    })
    .await;
    let row = |limit_is: &str, limit: &Times| {
        Row::new("ensure", format!("create, {at_once} callers ({limit_is})"), ours.per_second(), "runs/s")
            .on(stage.engine.name())
            .beside(limit_is, limit.per_second())
    };
    let (by_one, by_several) = (row("one statement", &one), row("transaction of three", &several));
    report.add(match (stage.engine, at_once) {
        (Engine::Postgres, 32) => by_one.aim(Aim::RatioAtLeast(0.7)),
        (Engine::Sqlite, _) => by_one.aim(Aim::AtLeast(5_000.0)),
        _ => by_one,
    });
    report.add(by_several);
    let p99 = Row::new("ensure", format!("create, {at_once} callers, p99"), ours.p99(), "ms");
    report.add(p99.on(stage.engine.name()).beside("one statement", one.p99()));
}

/// Joins `runs` active runs with 32 callers.
async fn joining(stages: &Stages, report: &mut Report, stage: &Stage, scope: TenantScope, runs: u64) {
    let active = active_runs(&stage.core, scope, runs).await;
    let [ours, select, update] = in_turns(stages.turns(), async |turn| {
        let (core, active) = (stage.core.clone(), active.clone());
        callers(32, stages.time(), move |caller| {
            let (core, active) = (core.clone(), active.clone());
            async move {
                let one = &active[(caller + next() as usize) % active.len()];
                match turn {
                    0 => join(&core, scope, one).await,
                    1 => look_up(&core.db, scope, &one.hash).await,
                    _ => count_up(&core.db, scope, one, core.clock.new_id()).await,
                }
            }
        })
        .await
    })
    .await;
    let what = if runs == 1 { "join one run".to_owned() } else { format!("join {runs} runs") };
    let row = |limit_is: &str, limit: &Times| {
        Row::new("ensure", format!("{what}, 32 callers ({limit_is})"), ours.per_second(), "joins/s")
            .on(stage.engine.name())
            .beside(limit_is, limit.per_second())
    };
    report.add(row("indexed SELECT", &select).aim(Aim::AtLeast(6_000.0)));
    report.add(row("one statement", &update));
}

struct Active {
    new: NewRun,
    hash: String,
    id: RunId,
}

/// Runs that nobody does.
async fn active_runs(core: &Core, scope: TenantScope, runs: u64) -> Arc<Vec<Active>> {
    let mut active = Vec::new();
    for _ in 0..runs {
        let new = new_run(next());
        let hash = run_identity_hash(new.operation_type, &new.inputs).expect("it is JSON");
        let ensured = core.runs.ensure_run(scope, new.clone()).await.expect("it is created");
        active.push(Active { new, hash, id: ensured.run().id });
    }
    Arc::new(active)
}

async fn join(core: &Core, scope: TenantScope, one: &Active) {
    match core.runs.ensure_run(scope, one.new.clone()).await {
        Ok(Ensured::Joined(run)) => assert_eq!(run.id, one.id),
        other => panic!("not joined: {other:?}"),
    }
}

/// The limit that records nothing.
async fn look_up(db: &Db, scope: TenantScope, hash: &str) {
    const SQL: &str = "SELECT id, status, joined_count FROM operation_runs \
         WHERE tenant_id = $1 AND run_identity_hash = $2 AND status IN ('queued', 'running')";
    match db {
        Db::Sqlite(db) => {
            let row = sqlx::query(SQL).bind(scope.tenant()).bind(hash).fetch_one(db.read()).await;
            row.map(|row| row.get::<Uuid, _>(0)).expect("it is active");
        }
        Db::Postgres(pool) => {
            let row = sqlx::query(SQL).bind(scope.tenant()).bind(hash).fetch_one(pool).await;
            row.map(|row| row.get::<Uuid, _>(0)).expect("it is active");
        }
    }
}

/// The limit that counts, and on PostgreSQL writes the line of history in the same statement.
async fn count_up(db: &Db, scope: TenantScope, one: &Active, line: Uuid) {
    const COUNT: &str = "UPDATE operation_runs SET joined_count = joined_count + 1 \
         WHERE tenant_id = $1 AND run_identity_hash = $2 AND status IN ('queued', 'running')";
    const BOTH: &str = "WITH run AS (UPDATE operation_runs SET joined_count = joined_count + 1 \
         WHERE tenant_id = $1 AND run_identity_hash = $2 AND status IN ('queued', 'running') RETURNING id) \
         INSERT INTO operation_run_events (id, run_id, kind, at, actor, attempt, detail) \
         SELECT $3, id, 'joined', now(), 'system', 0, '{}' FROM run";
    match db {
        Db::Sqlite(db) => sqlx::query(COUNT).bind(scope.tenant()).bind(&one.hash).execute(db.write()).await.map(|_| ()),
        Db::Postgres(pool) => {
            sqlx::query(BOTH).bind(scope.tenant()).bind(&one.hash).bind(line).execute(pool).await.map(|_| ())
        }
    }
    .expect("it is counted");
}

/// Creating and joining with few and with many finished runs in the table.
async fn beside_many(stages: &mut Stages, report: &mut Report, engine: Engine) {
    let sizes = stages.sizes(engine);
    let (small, large) = (sizes[0], sizes[sizes.len() - 1]);
    let mut tables = Vec::new();
    for runs in [small, large] {
        let stage = stages.seeded(engine, runs).await;
        let (core, scope) = (stage.core.clone(), stage.scope(BIG).await);
        let active = active_runs(&core, scope, 1).await;
        tables.push((core, scope, active));
    }
    let [create_few, create_many, join_few, join_many] = in_turns(stages.turns(), async |turn| {
        let (core, scope, active) = tables[turn % 2].clone();
        match turn {
            0 | 1 => rate_of_creating(stages, &core, scope, 32).await,
            _ => {
                callers(32, stages.time(), move |_| {
                    let (core, active) = (core.clone(), active.clone());
                    async move { join(&core, scope, &active[0]).await }
                })
                .await
            }
        }
    })
    .await;
    for (what, unit, few, many) in
        [("create", "runs/s", create_few, create_many), ("join one run", "joins/s", join_few, join_many)]
    {
        let what = format!("{what}, 32 callers, {large} finished runs");
        let row = Row::new("ensure", what, many.per_second(), unit).on(engine.name());
        report.add(row.beside(format!("with {small}"), few.per_second()).aim(Aim::RatioAtLeast(0.9)));
    }
}
