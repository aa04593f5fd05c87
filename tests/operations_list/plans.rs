//! What a filter costs: each reads a page's worth of an index, however many runs there are and however rare its own are.

use chrono::TimeDelta;
use runledger::{
    model::{
        filter::RunFilter,
        ids::{RunId, UserId},
        operation::OperationType,
        reason::ReasonCode,
        run::{RunOutcome, RunStatus},
    },
    server::db::{
        Db,
        ensure::join_sql,
        life::unknown_sql,
        run_list::{KINDS, TWO_IN},
        run_people::{INITIATOR, MEMBERS},
        run_query::{Direction, IdRange},
        scope::TenantScope,
    },
};
use serde_json::json;

use crate::{
    common::{TestApp, start_of_time},
    explain::{PAGE, analyze, plan, plan_of},
    on_both_engines,
    world::{Kind, run, user, write, write_many},
};

const RUNS: i64 = 30_000;

#[derive(Clone, Copy)]
struct People {
    ana: UserId,
    zoe: UserId,
}

async fn each_filter(app: &TestApp, scope: TenantScope, small: TenantScope, People { ana, zoe }: People) {
    let db = &app.core.db;
    for query in ["", "outcome=succeeded", "type=inventory.sync&outcome=succeeded", "initiator=system"] {
        let selection = app.core.runs.selection(small, &RunFilter::parse(query).0, None).await.unwrap();
        for sql in [selection.page_sql(IdRange::ALL, Direction::Older, PAGE), selection.count_sql(IdRange::ALL)] {
            plan(db, &sql, small.tenant(), IdRange::ALL).await.walks_indexes_only(400.0, &format!("{query:?} of few"));
        }
    }
    let deep = app.core.clock.id_at(start_of_time() - TimeDelta::seconds(RUNS / 2));
    let deep = IdRange::before(RunId(deep));
    let early = app.core.clock.id_at(start_of_time() - TimeDelta::seconds(RUNS / 2 + 100));
    let bounded = IdRange::after(RunId(early)).and(deep);
    for (query, passing) in [
        (String::new(), RUNS),
        ("type=restore.execute".to_owned(), 1),
        ("type=inventory.sync&type_is=not".to_owned(), 1),
        ("status=running".to_owned(), 1),
        ("status=completed&status_is=not".to_owned(), 1),
        ("outcome=failed".to_owned(), 1),
        ("outcome=cancelled".to_owned(), 0),
        ("outcome=succeeded&outcome=partially_succeeded&outcome_is=not".to_owned(), 2),
        ("outcome=succeeded".to_owned(), 29_000),
        (format!("initiator={zoe}"), 1),
        (format!("initiator={ana}"), 9_999),
        ("initiator=system".to_owned(), 19_998),
        ("type=restore.execute&outcome=failed&initiator=system".to_owned(), 0),
        ("initiator=system&initiator_is=not".to_owned(), 10_000),
        (format!("initiator=system&initiator={ana}&initiator_is=not"), 2),
        (format!("initiator={ana}&initiator={zoe}&initiator_is=not"), 19_999),
        ("reason=license_missing".to_owned(), 1),
        ("reason=license_missing,not_found".to_owned(), 400),
        ("reason=internal".to_owned(), 0),
        (format!("type=inventory.sync&outcome=failed&initiator={ana}"), 0),
        (format!("type=restore.execute&outcome=failed&initiator={zoe}"), 1),
        (format!("reason=license_missing&type=restore.execute&initiator={zoe}"), 1),
        (format!("reason=not_found&initiator={zoe}"), 0),
        ("type=restore.execute&reason=not_found&reason_is=not".to_owned(), 1),
    ] {
        let (filter, note) = RunFilter::parse(&query);
        assert_eq!(note.text(), None);
        let selection = app.core.runs.selection(scope, &filter, None).await.unwrap();
        for (ids, direction) in [
            (IdRange::ALL, Direction::Older),
            (deep, Direction::Older),
            (deep, Direction::Newer),
            (IdRange::after(RunId(early)), Direction::Older),
            (bounded, Direction::Older),
        ] {
            let plan = plan(db, &selection.page_sql(ids, direction, PAGE), scope.tenant(), ids).await;
            let what = format!("a page of {query:?}");
            // The ids of a page and one more of each range, then the runs themselves.
            plan.walks_indexes_only(400.0, &what);
            plan.sorts_no_more_than_a_page(&what, selection.ranges());
            if query.contains("reason=") && query.contains("initiator=") {
                // By the code, the common reason of a rare person would be a walk of all runs that have it.
                plan.reads_ranges_by("operation_run_reasons_initiator", &what);
            }
        }
        if let Some(sql) = selection.glance_sql(Direction::Older, PAGE) {
            plan(db, &sql, scope.tenant(), deep).await.walks_indexes_only(1_100.0, &format!("a glance for {query:?}"));
        }
        if let Some(sql) = selection.all_but_sql(IdRange::ALL) {
            let counting = plan(db, &sql, scope.tenant(), IdRange::ALL).await;
            counting.walks_indexes_only(10_500.0, &format!("the count of {query:?} by what lies between"));
        }
        for sql in selection.passing_sql(IdRange::ALL).into_iter().chain([selection.count_sql(IdRange::ALL)]) {
            let counting = plan(db, &sql, scope.tenant(), IdRange::ALL).await;
            counting.walks_indexes_only(10_500.0, &format!("the count of {query:?}"));
        }
        for ids in [bounded, IdRange::after(RunId(early)), deep] {
            let counting = plan(db, &selection.count_sql(ids), scope.tenant(), ids).await;
            let most = if ids == bounded { 400.0 } else { 10_500.0 };
            counting.walks_indexes_only(most, &format!("the count of {query:?} within a range of time"));
        }
        let count = selection.count(db, IdRange::ALL).await.unwrap();
        if passing < 10_000 && count.runs != u64::try_from(passing).unwrap() {
            assert!(passing >= 400, "{query}: {count:?}");
        }
    }
}

on_both_engines! {
    async fn each_filter_reads_a_page_of_an_index_rare_values_included(app: TestApp) {
        let scope = app.tenant("contoso").await;
        let (ana, ben, zoe) = (user(&app, "ana").await, user(&app, "ben").await, user(&app, "zoe").await);
        let failed = Kind {
            outcome: Some(RunOutcome::Failed),
            initiator: Some(zoe),
            operation_type: OperationType::RestoreExecute,
            codes: vec![ReasonCode::LicenseMissing],
            ..Kind::PLAIN
        };
        let kind = |n| match n {
            7 => failed.clone(),
            8 => Kind { status: RunStatus::Running, outcome: None, initiator: Some(ben), ..Kind::PLAIN },
            n if n % 3 == 0 => Kind { initiator: Some(ana), ..Kind::PLAIN },
            n if n % 50 == 1 => Kind { outcome: Some(RunOutcome::PartiallySucceeded), codes: vec![ReasonCode::NotFound], ..Kind::PLAIN },
            _ => Kind::PLAIN,
        };
        write_many(&app, scope, RUNS, start_of_time(), kind).await;
        // A tenant whose runs are a few among the many of another.
        let small = app.tenant("fabrikam").await;
        write_many(&app, small, 100, start_of_time() - TimeDelta::seconds(RUNS / 3), |_| Kind::PLAIN).await;
        // Of a few hundred reasons PostgreSQL may well read the whole table: there are more, of a third tenant.
        let many = Kind { outcome: Some(RunOutcome::PartiallySucceeded), codes: vec![ReasonCode::NotFound], ..Kind::PLAIN };
        let third = app.tenant("northwind").await;
        write_many(&app, third, 5_000, start_of_time(), |_| many.clone()).await;
        let people = People { ana, zoe };
        // SQLite knows nothing of its tables until it has looked at them.
        if matches!(app.core.db, Db::Sqlite(_)) {
            each_filter(&app, scope, small, people).await;
        }
        analyze(&app.core.db).await;
        each_filter(&app, scope, small, people).await;
    }

    async fn what_the_list_asks_beside_its_runs_is_found_by_an_index(app: TestApp) {
        let scope = app.tenant("contoso").await;
        let (ana, ben) = (user(&app, "ana").await, user(&app, "ben").await);
        let kind = |n| Kind { initiator: (n % 2 == 0).then_some(if n == 8 { ben } else { ana }), ..Kind::PLAIN };
        write_many(&app, scope, RUNS, start_of_time(), kind).await;
        let db = &app.core.db;
        analyze(db).await;
        let run = app.core.clock.id_at(start_of_time() - TimeDelta::seconds(RUNS / 2)).as_u128();
        let [first, last] = [run & !((1 << 80) - 1), run | ((1 << 80) - 1)].map(uuid::Uuid::from_u128);
        let tenant = scope.tenant().0;
        for (what, sql, values, most) in [
            ("a run id's start", TWO_IN, vec![tenant, first, last], 2.0),
            ("the run of a place", TWO_IN, vec![tenant, first, first], 1.0),
            ("the kinds of people's runs", KINDS, vec![tenant], 20.0),
            ("the members", MEMBERS, vec![tenant], 10.0),
            ("somebody who left", INITIATOR, vec![tenant, ben.0], 1.0),
            ("a stranger", INITIATOR, vec![tenant, tenant], 0.0),
        ] {
            plan_of(db, sql, &values).await.walks_indexes_only(most, what);
        }
    }

    async fn where_too_many_people_have_runs_each_kind_is_read_by_its_index_and_looked_at(app: TestApp) {
        let scope = app.tenant("contoso").await;
        let db = &app.core.db;
        let mut people = Vec::new();
        for name in 0..17 {
            people.push(user(&app, &format!("person{name}")).await);
        }
        let kind = |n: i64| {
            let n = n.unsigned_abs() as usize;
            let operation_type = OperationType::ALL[n % OperationType::ALL.len()];
            let initiator = Some(people[n / OperationType::ALL.len() % people.len()]);
            Kind { operation_type, initiator, ..Kind::PLAIN }
        };
        write_many(&app, scope, RUNS, start_of_time(), kind).await;
        // SQLite without statistics, as in production.
        if matches!(db, Db::Postgres(_)) {
            analyze(db).await;
        }
        let filter = RunFilter::parse(&format!("initiator={}&initiator_is=not", people[0])).0;
        let selection = app.core.runs.selection(scope, &filter, None).await.unwrap();
        let page = plan(db, &selection.page_sql(IdRange::ALL, Direction::Older, PAGE), scope.tenant(), IdRange::ALL).await;
        page.walks_indexes_only(3_000.0, "a page of all but one person");
        page.reads_ranges_by("operation_runs_state", "a page of all but one person");
    }

    async fn nothing_walks_the_active_runs_however_many_the_planner_knows_nothing_of(app: TestApp) {
        let scope = app.tenant("contoso").await;
        let db = &app.core.db;
        write_many(&app, scope, RUNS, start_of_time(), |_| Kind::PLAIN).await;
        analyze(db).await;
        let queued = Kind { status: RunStatus::Queued, outcome: None, ..Kind::PLAIN };
        write_many(&app, scope, 500, start_of_time(), |_| queued.clone()).await;
        let one = run(&app, scope, start_of_time(), &queued);
        write(db, std::slice::from_ref(&one)).await;
        let asked = json!([{ "tenant": scope.tenant().0.simple(), "hash": one.run_identity_hash, "times": 1 }]);
        let sql = join_sql(db).replace("$1", &format!("'{asked}'")).replace("$2", "updated_at");
        plan_of(db, &sql, &[]).await.walks_indexes_only(10.0, "joining");
        plan_of(db, unknown_sql(db), &[scope.tenant().0]).await.walks_indexes_only(10.0, "runs of unknown types");
    }
}
