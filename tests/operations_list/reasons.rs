//! Reason codes together with other filters, where most runs have the code and few pass.

use runledger::{
    model::{
        filter::RunFilter,
        page::{COUNTED, RunCount},
        reason::ReasonCode,
        run::RunOutcome,
    },
    server::db::run_query::{Direction, IdRange},
};

use crate::{
    common::{TestApp, start_of_time},
    explain::{PAGE, analyze, plan},
    on_both_engines,
    world::{Kind, user, write_many},
};

/// More than are looked at one by one to count.
const RUNS: i64 = 27_000;

on_both_engines! {
    async fn what_few_runs_pass_beside_a_common_reason_is_found_and_counted_exactly(app: TestApp) {
        let scope = app.tenant("contoso").await;
        let (ana, zoe) = (user(&app, "ana").await, user(&app, "zoe").await);
        let failed = |initiator, codes: &[ReasonCode]| Kind {
            outcome: Some(RunOutcome::Failed),
            initiator: Some(initiator),
            codes: codes.to_vec(),
            ..Kind::PLAIN
        };
        let kind = |n| match n {
            7 => failed(zoe, &[ReasonCode::Conflict]),
            8 => failed(zoe, &[ReasonCode::NotFound, ReasonCode::Conflict]),
            n if n % 10 == 0 => Kind { initiator: Some(ana), ..Kind::PLAIN },
            _ => failed(ana, &[ReasonCode::Conflict]),
        };
        write_many(&app, scope, RUNS, start_of_time(), kind).await;
        let db = &app.core.db;
        analyze(db).await;
        let selection = async |query: &str| {
            let (filter, note) = RunFilter::parse(query);
            assert_eq!(note.text(), None);
            app.core.runs.selection(scope, &filter, None).await.unwrap()
        };
        let exactly = |runs| RunCount { runs, more: false };
        let many = RunCount { runs: COUNTED, more: true };
        for (query, passing) in [
            (format!("reason=conflict&initiator={zoe}"), exactly(2)),
            (format!("reason=not_found,conflict&initiator={zoe}"), exactly(2)),
            (format!("reason=conflict&initiator={ana}&initiator_is=not"), exactly(2)),
            (format!("reason=conflict&initiator={zoe}&outcome=succeeded"), exactly(0)),
            (format!("reason=conflict&initiator={ana}"), many),
            ("reason=conflict".to_owned(), many),
            // Nearly all runs are of one kind: what a kind has on average tells nothing of these.
            ("outcome=cancelled".to_owned(), exactly(0)),
            (format!("initiator={zoe}"), exactly(2)),
        ] {
            let selection = selection(&query).await;
            let page = plan(db, &selection.page_sql(IdRange::ALL, Direction::Older, PAGE), scope.tenant(), IdRange::ALL).await;
            page.walks_indexes_only(400.0, &format!("a page of {query:?}"));
            page.sorts_no_more_than_a_page(&format!("a page of {query:?}"), selection.ranges());
            let count = plan(db, &selection.count_sql(IdRange::ALL), scope.tenant(), IdRange::ALL).await;
            count.walks_indexes_only(10_500.0, &format!("the count of {query:?}"));
            assert_eq!(selection.count(db, IdRange::ALL).await.unwrap(), passing, "{query}");
        }
        for (query, passing) in [
            ("reason=conflict&reason_is=not".to_owned(), exactly(2_700)),
            (format!("reason=conflict&reason_is=not&initiator={ana}"), exactly(2_700)),
            (format!("reason=conflict&reason_is=not&initiator={zoe}"), exactly(0)),
            (format!("reason=conflict&reason_is=not&initiator={ana}&initiator_is=not"), exactly(0)),
            ("reason=conflict&reason_is=not&outcome=failed".to_owned(), exactly(0)),
            ("reason=not_found&reason_is=not".to_owned(), many),
        ] {
            let selection = selection(&query).await;
            assert_eq!(selection.count(db, IdRange::ALL).await.unwrap(), passing, "{query}");
            let excluded = selection.excluded_sql(IdRange::ALL).expect("only the reason takes any away");
            let excluded = plan(db, &excluded, scope.tenant(), IdRange::ALL).await;
            excluded.walks_indexes_only(RUNS as f64, &format!("what {query:?} leaves out"));
        }
    }
}
