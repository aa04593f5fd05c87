//! Once for each run and person, in the transaction of the change.

use futures::{FutureExt, future::join_all};
use runledger::{
    model::{run::SummaryCounts, user::Role},
    server::runs::{NewRun, RunChange},
};
use serde_json::json;

use crate::{
    common::{TestApp, new_run, web::Web},
    on_both_engines,
    support::*,
};

on_both_engines! {
    async fn who_started_and_who_joined_hear_of_start_and_end_once(app: TestApp) {
        let contoso = app.tenant("contoso").await;
        app.member("ana@contoso.example", "contoso", Role::Owner).await;
        app.member("ben@contoso.example", "contoso", Role::Operator).await;
        app.member("auditor@contoso.example", "contoso", Role::Readonly).await;
        let web = Web::start(&app).await;
        let run = start_as(&app, contoso, "ana@contoso.example", None).await;
        for _ in 0..3 {
            assert_eq!(start_as(&app, contoso, "ben@contoso.example", None).await, run);
        }
        let runs = &app.core.runs;
        for attempt in [0, 1] {
            runs.update_run(run, attempt, "worker", RunChange::Start).await.unwrap();
        }
        let counts = SummaryCounts { total: 4, processed: 4, succeeded: 3, failed: 1, ..SummaryCounts::default() };
        let progress = RunChange::Progress { counts, failures: Vec::new(), progress: None };
        runs.update_run(run, 2, "worker", progress).await.unwrap();
        runs.update_run(run, 2, "worker", RunChange::Complete { failure: None }).await.unwrap();
        runs.update_run(run, 2, "worker", RunChange::Complete { failure: None }).await.unwrap_err();
        for email in ["ana@contoso.example", "ben@contoso.example"] {
            let told = list(&web.signed_in(email).await).await;
            assert_eq!(kinds(&told), ["run_completed", "run_started"], "{email}");
            assert_eq!(told[0]["outcome"], "partially_succeeded");
            assert_eq!(told[0]["summary_counts"]["failed"], 1);
            assert_eq!(told[0]["run_id"], run.to_string());
        }
        assert!(list(&web.signed_in("auditor@contoso.example").await).await.is_empty());
    }

    async fn what_is_rolled_back_is_told_to_nobody(app: TestApp) {
        let contoso = ana(&app).await;
        let web = Web::start(&app).await;
        let visitor = web.signed_in(ANA).await;
        let run = begun(&app, contoso, ANA).await;
        let complete = RunChange::Complete { failure: None };
        let mut tx = app.core.db.begin().await.unwrap();
        app.core.runs.update_in(&mut tx, run, 1, "worker", complete.clone()).await.unwrap();
        drop(tx);
        assert_eq!(kinds(&list(&visitor).await), ["run_started"]);
        let mut tx = app.core.db.begin().await.unwrap();
        app.core.runs.update_in(&mut tx, run, 1, "worker", complete).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(kinds(&list(&visitor).await), ["run_completed", "run_started"]);
    }

    async fn a_run_that_was_not_granted_is_told_to_nobody(app: TestApp) {
        let contoso = ana(&app).await;
        let web = Web::start(&app).await;
        let visitor = web.signed_in(ANA).await;
        for granted in [false, true] {
            let new = NewRun { initiator: initiator(&app, ANA).await, ..new_run(json!({})) };
            let ensured =
                app.core.runs.ensure_run_if(contoso, new, &move |_, _| async move { Ok(granted) }.boxed()).await;
            assert_eq!(ensured.unwrap().is_some(), granted);
            assert_eq!(list(&visitor).await.len(), usize::from(granted));
        }
    }

    async fn a_race_on_two_nodes_tells_once(app: TestApp) {
        let contoso = ana(&app).await;
        let web = Web::start(&app).await;
        let other = app.another_node().await;
        let by = initiator(&app, ANA).await;
        let asked = (0..16).map(|one| {
            let runs = if one % 2 == 0 { &app.core.runs } else { &other.runs };
            runs.ensure_run(contoso, NewRun { initiator: by.clone(), ..new_run(json!({})) })
        });
        let runs: Vec<_> = join_all(asked).await.into_iter().map(|ensured| ensured.unwrap().run().id).collect();
        let run = runs[0];
        assert!(runs.iter().all(|other| *other == run));
        app.core.runs.update_run(run, 0, "worker", RunChange::Start).await.unwrap();
        let complete = || RunChange::Complete { failure: None };
        let (here, there) = tokio::join!(
            app.core.runs.update_run(run, 1, "worker", complete()),
            other.runs.update_run(run, 1, "worker", complete())
        );
        assert!(here.is_ok() != there.is_ok(), "one of them closes it: {here:?} {there:?}");
        let told = list(&web.signed_in(ANA).await).await;
        assert_eq!(kinds(&told), ["run_completed", "run_started"]);
    }
}
