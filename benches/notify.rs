//! From the change of a run to the people's open pages, and what telling them costs.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use chrono::TimeDelta;
use runledger::{
    model::{
        ids::{RunId, UserId},
        notification::NotificationSettings,
        operation::OperationType,
        reason::ReasonCode,
        run::{Initiator, RunFailure, SummaryCounts},
        user::Role,
    },
    server::{
        db::{
            Db,
            members::{self, UserRow},
            notification_settings,
            scope::TenantScope,
            sessions,
        },
        runs::{NewRun, RunChange},
    },
};
use serde_json::json;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{
    bare::BareStreams,
    measure::Times,
    report::{Aim, Report, Row},
    stage::{BIG, Engine, Stage, Stages, new_run},
    viewers::{Viewers, Watch},
    web::Web,
};

/// Before the time, which stands in the run's counts as a count of its own.
const MARK: &str = "changed_at";

pub async fn measure(stages: &mut Stages, report: &mut Report) {
    let people = if stages.quick { 100 } else { 500 };
    for engine in Engine::BOTH {
        let stage = Stage::open(engine).await;
        stage.seed(2_000).await;
        let scope = stage.scope(BIG).await;
        let web = Web::start(&stage.core, scope).await;
        let name = web.cookie.split('=').next().expect("it has a name").to_owned();
        let mut users = Vec::new();
        for number in 0..people {
            users.push(user(&stage, scope, number).await);
        }
        let cookies: Vec<_> = users.iter().map(|(_, token)| format!("{name}={token}")).collect();
        let watch = Watch { mark: format!("\"{MARK}\":"), only: r#""kind":"notification""#.to_owned() };

        let open = Viewers::open(&web.url, &cookies, &watch).await;
        for (number, (user, _)) in users.iter().enumerate() {
            let initiator = Initiator { user_id: Some(*user), name: format!("person {number}") };
            let run = running(&stage, scope, 1_000 + number as u64, initiator).await;
            complete(&stage, run, None).await;
        }
        let ours = seen(open, people).await;
        let bare = bare_ends(&stage, &watch, people).await;
        tell(
            report,
            engine,
            &format!("end of one's run, {people} people connected"),
            &ours,
            "UPDATE, bare write",
            &bare,
        );

        let alone = failing(&stage, scope).await;
        for (user, _) in &users {
            subscribe(&stage, *user).await;
        }
        let open = Viewers::open(&web.url, &cookies, &watch).await;
        let told = failing(&stage, scope).await;
        let ours = seen(open, people).await;
        let each = told.saturating_sub(alone).as_secs_f64() * 1e6 / people as f64;
        let streams = BareStreams::start().await;
        let open = Viewers::open(&streams.url, &cookies, &watch).await;
        let at = stage.core.clock.now().timestamp_micros();
        let plain = plain_inserts(&stage, scope, &users).await.as_secs_f64() * 1e6 / people as f64;
        streams.tell_all(&bare_message(at));
        let bare = seen(open, people).await;
        tell(report, engine, &format!("one failure to {people} people"), &ours, "INSERTs, bare writes", &bare);
        let cost = Row::new("notify", "cost of a notification in the run's transaction", each, "µs").on(engine.name());
        report.add(cost.beside("one INSERT", plain));
        drop(web);
        stage.remove().await;
    }
}

/// How long it took until each person saw it.
async fn seen(open: Viewers, people: usize) -> Times {
    // What is under way arrives.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let (times, seen) = open.count().await;
    assert_eq!(seen, people, "each person sees it once");
    times
}

fn tell(report: &mut Report, engine: Engine, what: &str, ours: &Times, limit_is: &str, limit: &Times) {
    let row = |share: &str, ours, limit| {
        Row::new("notify", format!("{what}, {share}"), ours, "ms").on(engine.name()).beside(limit_is, limit)
    };
    report.add(row("p50", ours.p50(), limit.p50()));
    report.add(row("p99", ours.p99(), limit.p99()).aim(Aim::AtMost(1_000.0)));
}

fn bare_message(at: i64) -> String {
    json!({ "kind": "notification", MARK: at }).to_string()
}

/// The plainest end of a person's run that they hear of, for each of so many people.
async fn bare_ends(stage: &Stage, watch: &Watch, people: usize) -> Times {
    const SQL: &str = "UPDATE operation_runs SET updated_at = $2 WHERE id = $1";
    let run = running(stage, stage.scope(BIG).await, 0, Initiator::system()).await;
    let streams = BareStreams::start().await;
    let open = Viewers::open(&streams.url, &vec!["none".to_owned(); people], watch).await;
    for person in 0..people {
        let now = stage.core.clock.now();
        match &stage.core.db {
            Db::Sqlite(db) => sqlx::query(SQL).bind(run).bind(now).execute(db.write()).await.map(|_| ()),
            Db::Postgres(pool) => sqlx::query(SQL).bind(run).bind(now).execute(pool).await.map(|_| ()),
        }
        .expect("it is changed");
        streams.tell(person, &bare_message(now.timestamp_micros()));
    }
    complete(stage, run, None).await;
    seen(open, people).await
}

/// A member with a session; gives the session's token.
async fn user(stage: &Stage, scope: TenantScope, number: usize) -> (UserId, String) {
    let (db, clock) = (&stage.core.db, &stage.core.clock);
    let row = UserRow {
        id: UserId(clock.new_id()),
        email: format!("person{number}@runledger.example"),
        name: format!("Person {number}"),
        password_hash: "none".to_owned(),
        created_at: clock.now(),
    };
    let id = members::upsert_user(db, &row).await.expect("the user is written");
    members::grant(db, id, scope.tenant(), Role::Readonly, clock.now()).await.expect("the role is granted");
    let token = clock.new_id().simple().to_string();
    let (now, hash) = (clock.now(), Sha256::digest(&token));
    sessions::insert(db, &hash, id, now, now + TimeDelta::hours(1)).await.expect("the session is written");
    (id, token)
}

async fn subscribe(stage: &Stage, user: UserId) {
    let member = members::find(&stage.core.db, user, BIG).await.expect("members are read").expect("they are one");
    let settings =
        NotificationSettings { run_failed: vec![OperationType::InventorySync], ..NotificationSettings::default() };
    let mut tx = stage.core.db.begin().await.expect("a transaction begins");
    notification_settings::save(&mut tx, &member, &settings).await.expect("the settings are written");
    tx.commit().await.expect("they are kept");
}

async fn running(stage: &Stage, scope: TenantScope, number: u64, initiator: Initiator) -> RunId {
    let new = NewRun { initiator, ..new_run(number) };
    let run = stage.core.runs.ensure_run(scope, new).await.expect("it is created").run().id;
    stage.core.runs.update_run(run, 0, "bench", RunChange::Start).await.expect("it starts");
    run
}

/// Notes the time on the run and ends it; how long the end took.
async fn complete(stage: &Stage, run: RunId, failure: Option<RunFailure>) -> Duration {
    let at = stage.core.clock.now().timestamp_micros().unsigned_abs();
    let counts = SummaryCounts { own: BTreeMap::from([(MARK.to_owned(), at)]), ..SummaryCounts::default() };
    let mark = RunChange::Progress { counts, failures: Vec::new(), progress: None };
    stage.core.runs.update_run(run, 1, "bench", mark).await.expect("it is noted");
    let begun = Instant::now();
    stage.core.runs.update_run(run, 1, "bench", RunChange::Complete { failure }).await.expect("it ends");
    begun.elapsed()
}

/// A run of nobody's that fails.
async fn failing(stage: &Stage, scope: TenantScope) -> Duration {
    let run = running(stage, scope, 0, Initiator::system()).await;
    let failure = RunFailure {
        code: ReasonCode::Internal,
        message: "made for measuring".to_owned(),
        item: None,
        http_status: None,
        request_id: None,
    };
    complete(stage, run, Some(failure)).await
}

/// The plainest way: a row for each person, in one transaction.
async fn plain_inserts(stage: &Stage, scope: TenantScope, users: &[(UserId, String)]) -> Duration {
    const SQL: &str = "INSERT INTO notifications (id, tenant_id, user_id, kind, operation_type, subject, \
         initiator_name, created_at, muted) VALUES ($1, $2, $3, 'schedule_late', 'inventory.sync', 'plain', 'system', $4, false)";
    let ids: Vec<Uuid> = users.iter().map(|_| stage.core.clock.new_id()).collect();
    let now = stage.core.clock.now();
    let begun = Instant::now();
    match &stage.core.db {
        Db::Sqlite(db) => {
            let mut tx = db.write().begin().await.expect("a transaction begins");
            for (id, (user, _)) in ids.iter().zip(users) {
                let row = sqlx::query(SQL).bind(id).bind(scope.tenant()).bind(user).bind(now);
                row.execute(&mut *tx).await.expect("it is inserted");
            }
            tx.commit().await
        }
        Db::Postgres(pool) => {
            let mut tx = pool.begin().await.expect("a transaction begins");
            for (id, (user, _)) in ids.iter().zip(users) {
                let row = sqlx::query(SQL).bind(id).bind(scope.tenant()).bind(user).bind(now);
                row.execute(&mut *tx).await.expect("it is inserted");
            }
            tx.commit().await
        }
    }
    .expect("they are kept");
    begun.elapsed()
}
