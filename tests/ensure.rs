//! Requests of one moment share a transaction: each still gets what it would have got alone.

mod common;

use std::collections::HashSet;

use common::{TestApp, new_run};
use futures::future::join_all;
use runledger::{
    model::{
        ids::UserId,
        run::{Initiator, RunEventKind},
    },
    server::{db::tasks, runs::Ensured},
};
use serde_json::json;

on_both_engines! {
    async fn requests_of_one_moment_each_get_a_run_a_line_and_a_task(app: TestApp) {
        let scope = app.tenant("contoso").await;
        let asked = join_all((0..50).map(|number| app.ensure(scope, json!({ "number": number })))).await;
        let runs: HashSet<_> = asked.iter().map(|ensured| ensured.run().id).collect();
        assert_eq!(runs.len(), 50);
        for ensured in &asked {
            assert!(matches!(ensured, Ensured::Created(_)));
            let detail = app.detail(scope, ensured.run().id).await;
            assert_eq!(detail.run, *ensured.run());
            assert_eq!(detail.events.iter().map(|line| line.kind).collect::<Vec<_>>(), [RunEventKind::Created]);
            common::assert_mirrored(&app, scope, &detail).await;
            assert_eq!(tasks::count(&app.core.db, detail.run.id).await.unwrap(), 1);
        }
    }

    async fn each_join_is_counted_and_has_a_line_with_its_name(app: TestApp) {
        let scope = app.tenant("contoso").await;
        let run = app.ensure(scope, json!({})).await.run().id;
        let joined = join_all((0..40).map(|number| {
            let initiator = Initiator { user_id: None, name: format!("person {number}") };
            app.core.runs.ensure_run(scope, runledger::server::runs::NewRun { initiator, ..new_run(json!({})) })
        }))
        .await;
        assert!(joined.into_iter().all(|joined| matches!(joined.unwrap(), Ensured::Joined(joined) if joined.id == run)));
        let detail = app.detail(scope, run).await;
        assert_eq!(detail.run.joined_count, 40);
        let names: HashSet<_> = detail.events.iter().filter(|line| line.kind == RunEventKind::Joined).map(|line| &line.actor).collect();
        assert_eq!(names.len(), 40);
    }

    async fn a_request_that_is_refused_takes_no_other_along(app: TestApp) {
        let scope = app.tenant("contoso").await;
        let nobody = Initiator { user_id: Some(UserId(app.core.clock.new_id())), name: "Nobody".to_owned() };
        let asked = join_all((0..20).map(|number| {
            let initiator = if number == 7 { nobody.clone() } else { Initiator::system() };
            let inputs = json!({ "number": number });
            app.core.runs.ensure_run(scope, runledger::server::runs::NewRun { initiator, ..new_run(inputs) })
        }))
        .await;
        for (number, ensured) in asked.iter().enumerate() {
            assert_eq!(ensured.is_err(), number == 7, "{number}: {ensured:?}");
        }
        assert_eq!(tasks::count_all(&app.core.db).await.unwrap(), 19);
    }
}
