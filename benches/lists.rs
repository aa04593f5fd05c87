//! The list with each filter, the detail, and their pages over HTTP, with few and with many runs in the table.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use runledger::{
    model::{filter::RunFilter, ids::RunId},
    server::db::{Db, scope::TenantScope},
};
use uuid::Uuid;

use crate::{
    measure::{Times, callers, memory, repeat},
    report::{Aim, Report, Row},
    stage::{BIG, Engine, Stage, Stages},
    web::Web,
};

/// The list's query may grow with the table by this much, unless it stays under so many milliseconds.
const QUERY: Aim = Aim::RatioAtMostOrAtMost(1.5, 5.0);
/// Milliseconds, over HTTP.
const DATA: f64 = 10.0;
const PAGE: f64 = 25.0;
const CONNECTIONS: usize = 50;

pub async fn measure(stages: &mut Stages, report: &mut Report) {
    let times = if stages.quick { 6 } else { 60 };
    for engine in Engine::BOTH {
        // Before the large tables, which PostgreSQL goes on writing and looking through for a while.
        beside_waiting(stages, report, engine, times).await;
        let mut small: Option<Measured> = None;
        for runs in stages.sizes(engine) {
            let time = stages.time();
            let stage = stages.seeded(engine, *runs).await;
            let measured = measure_at(stage, times).await;
            match &small {
                None => small = Some(measured),
                Some(small) => {
                    tell(report, engine, *runs, &measured, small);
                    many_at_once(report, stage, *runs, time).await;
                }
            }
        }
    }
}

/// The list of few runs, beside a burst of queued ones that the planner knows nothing of.
async fn beside_waiting(stages: &Stages, report: &mut Report, engine: Engine, times: usize) {
    let burst = if stages.quick { 2_000 } else { 100_000 };
    let stage = Stage::open(engine).await;
    stage.seed(stages.sizes(engine)[0]).await;
    let scope = stage.scope(BIG).await;
    let web = Web::start(&stage.core, scope).await;
    let path = format!("/t/{BIG}/operations");
    let look = async || {
        repeat(times, async || {
            web.page(&path).await;
        })
        .await
    };
    let without = look().await;
    stage.queue(scope, burst).await;
    let beside = look().await;
    for (what, figure, limit) in [("p50", beside.p50(), without.p50()), ("p95", beside.p95(), without.p95())] {
        let row = Row::new("lists", format!("everything, beside {} queued, page {what}", short(burst)), figure, "ms");
        let row = row.on(engine.name()).beside("without", limit);
        report.add(if what == "p95" { row.aim(Aim::AtMost(PAGE)) } else { row });
    }
    stage.remove().await;
}

/// Of each view: its query, its data over HTTP, its page over HTTP.
#[derive(Clone)]
struct Measured(Vec<(String, [Times; 3])>, Times);

async fn measure_at(stage: &Stage, times: usize) -> Measured {
    let scope = stage.scope(BIG).await;
    let web = Web::start(&stage.core, scope).await;
    let mut all = Vec::new();
    for (name, query) in views(stage, scope).await {
        let (filter, _) = RunFilter::parse(&query);
        let plain = repeat(times, async || {
            stage.core.runs.list(scope, &filter).await.expect("the list is read");
        })
        .await;
        let data = repeat(times, async || {
            web.call("operations/list", &[("tenant", BIG), ("query", &query)]).await;
        })
        .await;
        let path = format!("/t/{BIG}/operations?{query}");
        let page = repeat(times, async || {
            web.page(&path).await;
        })
        .await;
        all.push((name, [plain, data, page]));
    }
    let detail = any_run(stage, scope, TimeDelta::days(60)).await;
    let plain = repeat(times, async || {
        stage.core.runs.detail(scope, detail).await.expect("the detail is read");
    })
    .await;
    let path = format!("/t/{BIG}/operations/{detail}");
    let page = repeat(times, async || {
        web.page(&path).await;
    })
    .await;
    let shown = detail.to_string();
    let data = repeat(times, async || {
        web.call("operations/show", &[("tenant", BIG), ("run", &shown)]).await;
    })
    .await;
    all.push(("detail".to_owned(), [plain, data, page]));
    Measured(all, repeat(times, async || newest_by_hand(&stage.core.db, scope).await).await)
}

fn tell(report: &mut Report, engine: Engine, runs: u64, measured: &Measured, small: &Measured) {
    let size = short(runs);
    for ((name, [query, data, page]), (_, [few, few_data, few_page])) in measured.0.iter().zip(&small.0) {
        let row =
            |what: &str, figure| Row::new("lists", format!("{name}, {size}, {what}"), figure, "ms").on(engine.name());
        report.add(row("query p50", query.p50()).beside("10k runs", few.p50()).aim(QUERY));
        report.add(row("query p95", query.p95()).beside("10k runs", few.p95()).aim(QUERY));
        report.add(row("data p95", data.p95()).beside("10k runs", few_data.p95()).aim(Aim::AtMost(DATA)));
        report.add(row("page p50", page.p50()).beside("10k runs", few_page.p50()));
        report.add(row("page p95", page.p95()).beside("10k runs", few_page.p95()).aim(Aim::AtMost(PAGE)));
    }
    let newest = Row::new("lists", format!("everything, {size}, query p50"), measured.0[0].1[0].p50(), "ms");
    report.add(newest.on(engine.name()).beside("bare SELECT of 51 rows", measured.1.p50()));
}

/// Everything people filter by, as queries of the page: common and rare values, several together, deep pages.
async fn views(stage: &Stage, scope: TenantScope) -> Vec<(String, String)> {
    let deep = any_run(stage, scope, TimeDelta::days(100)).await;
    let now = stage.core.clock.now();
    let day = |days: i64| (now - TimeDelta::days(days)).format("%Y-%m-%d").to_string();
    let week = format!("from={}&to={}", day(50), day(43));
    let [frequent, rare] = people(stage, scope).await;
    let id = deep.to_string();
    let mut views = vec![("everything".to_owned(), String::new())];
    for (name, query) in [
        ("type", "type=policy.sync".to_owned()),
        ("rare type", "type=restore.execute".to_owned()),
        ("status nobody has", "status=running".to_owned()),
        ("common status", "status=completed".to_owned()),
        ("outcome", "outcome=failed".to_owned()),
        ("rare outcome", "outcome=cancelled".to_owned()),
        ("not the common outcome", "outcome=succeeded&outcome_is=not".to_owned()),
        ("system", "initiator=system".to_owned()),
        ("person", format!("initiator={frequent}")),
        ("rare person", format!("initiator={rare}")),
        ("not the frequent person", format!("initiator={frequent}&initiator_is=not")),
        ("reason", "reason=graph_throttled".to_owned()),
        ("rare reason", "reason=tenant_unavailable".to_owned()),
        ("not the common reason", "reason=graph_throttled&reason_is=not".to_owned()),
        ("a week", week.clone()),
        ("start of an id", format!("q={}", &id[..13])),
        ("type, outcome and a week", format!("type=policy.sync&outcome=failed&{week}")),
        ("type, outcome and rare person", format!("type=drift.generate&outcome=failed&initiator={rare}")),
        ("type, rare outcome and rare reason", "type=policy.sync&outcome=failed&reason=worker_lost".to_owned()),
        ("type, common reason and rare person", format!("type=policy.sync&reason=graph_throttled&initiator={rare}")),
    ] {
        views.push((name.to_owned(), query));
    }
    for (name, query) in views.clone() {
        let deep_too = [
            "everything",
            "type",
            "outcome",
            "person",
            "rare person",
            "reason",
            "not the common outcome",
            "type, outcome and a week",
        ];
        if deep_too.contains(&&*name) {
            let and = if query.is_empty() { "" } else { "&" };
            views.push((format!("{name}, deep"), format!("{query}{and}after={deep}")));
        }
    }
    views
}

/// A run of the tenant that is so old.
async fn any_run(stage: &Stage, scope: TenantScope, age: TimeDelta) -> RunId {
    let then = stage.core.clock.id_at(stage.core.clock.now() - age);
    let sql = "SELECT id FROM operation_runs WHERE tenant_id = $1 AND id > $2 ORDER BY id LIMIT 1";
    let (id,): (Uuid,) = match &stage.core.db {
        Db::Sqlite(db) => sqlx::query_as(sql).bind(scope.tenant()).bind(then).fetch_one(db.read()).await,
        Db::Postgres(pool) => sqlx::query_as(sql).bind(scope.tenant()).bind(then).fetch_one(pool).await,
    }
    .expect("there are runs so old");
    RunId(id)
}

/// Of the first thousands of runs: who asked for most and for fewest.
async fn people(stage: &Stage, scope: TenantScope) -> [Uuid; 2] {
    let sql = "SELECT initiator_user_id FROM (SELECT initiator_user_id FROM operation_runs \
         WHERE tenant_id = $1 AND initiator_user_id IS NOT NULL ORDER BY id LIMIT 5000) AS earliest \
         GROUP BY initiator_user_id ORDER BY count(*) DESC, initiator_user_id";
    let rows: Vec<(Uuid,)> = match &stage.core.db {
        Db::Sqlite(db) => sqlx::query_as(sql).bind(scope.tenant()).fetch_all(db.read()).await,
        Db::Postgres(pool) => sqlx::query_as(sql).bind(scope.tenant()).fetch_all(pool).await,
    }
    .expect("people are read");
    [rows[0].0, rows[rows.len() - 1].0]
}

/// The plainest list: the newest rows as they are.
async fn newest_by_hand(db: &Db, scope: TenantScope) {
    let sql = "SELECT * FROM operation_runs WHERE tenant_id = $1 ORDER BY id DESC LIMIT 51";
    match db {
        Db::Sqlite(db) => sqlx::query(sql).bind(scope.tenant()).fetch_all(db.read()).await.map(drop),
        Db::Postgres(pool) => sqlx::query(sql).bind(scope.tenant()).fetch_all(pool).await.map(drop),
    }
    .expect("rows are read");
}

/// The page and its data, asked for by many connections, beside the plainest list asked for by as many callers.
async fn many_at_once(report: &mut Report, stage: &Stage, runs: u64, time: Duration) {
    let scope = stage.scope(BIG).await;
    let before = memory();
    let web = Arc::new(Web::start(&stage.core, scope).await);
    let (client, path) = (web.clone(), format!("/t/{BIG}/operations"));
    // Each connection is opened within the time that does not count.
    let time = time.max(Duration::from_secs(2));
    let pages = callers(CONNECTIONS, time, move |_| {
        let (client, path) = (client.clone(), path.clone());
        async move {
            client.page(&path).await;
        }
    })
    .await;
    let data = callers(CONNECTIONS, time, move |_| {
        let web = web.clone();
        async move {
            web.call("operations/list", &[("tenant", BIG), ("query", "")]).await;
        }
    })
    .await;
    let after = memory();
    let db = stage.core.db.clone();
    let bare = callers(CONNECTIONS, time / 2, move |_| {
        let db = db.clone();
        async move { newest_by_hand(&db, scope).await }
    })
    .await;
    let (size, limit) = (short(runs), "bare SELECT of 51 rows");
    let row = |what: String, figure, unit| Row::new("lists", what, figure, unit).on(stage.engine.name());
    for (what, times) in [("page", pages), ("data", data)] {
        let what = format!("{what}, {size}, {CONNECTIONS} connections");
        report.add(row(what.clone(), times.per_second(), "req/s").beside(limit, bare.per_second()));
        report.add(row(format!("{what}, p99"), times.p99(), "ms").beside(limit, bare.p99()));
    }
    report.add(row(format!("memory after it, {size}"), after, "MiB").beside("before it", before));
}

fn short(runs: u64) -> String {
    match runs {
        1_000_000.. => format!("{}M", runs / 1_000_000),
        _ => format!("{}k", runs / 1_000),
    }
}
