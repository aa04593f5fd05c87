//! However a run ends, those who follow it hear of it once.

use runledger::{
    model::{ids::RunId, restore::RestoreStatus},
    server::runs::RunChange,
};
use serde_json::{Value, json};

use crate::{
    common::{
        TestApp,
        backups::Place,
        lose_workers,
        restores::keys,
        web::{Visitor, Web},
    },
    on_both_engines,
    support::*,
};

/// The run has ended so, and Ana was told of its start and its end.
async fn assert_told(visitor: &Visitor, run: RunId, outcome: &str) {
    let told = list(visitor).await;
    assert_eq!(kinds(&told), ["run_completed", "run_started"]);
    assert_eq!((&told[0]["run_id"], &told[0]["outcome"]), (&json!(run), &json!(outcome)));
}

on_both_engines! {
    async fn a_run_that_the_watchdog_gives_up_is_told_once(app: TestApp) {
        let contoso = ana(&app).await;
        let web = Web::start(&app).await;
        let ana = web.signed_in(ANA).await;
        let run = queued(&app, contoso, ANA, json!({})).await;
        let mut attempt = 0;
        while app.detail(contoso, run).await.run.status.is_active() {
            assert_eq!(list(&ana).await.len(), 1, "a lost worker is no end");
            app.core.runs.update_run(run, attempt, "dies", RunChange::Start).await.unwrap();
            lose_workers(&app).await;
            attempt += 1;
        }
        assert_told(&ana, run, "failed").await;
    }

    async fn a_queued_run_that_is_cancelled_is_told_once(app: TestApp) {
        let contoso = ana(&app).await;
        let web = Web::start(&app).await;
        let ana = web.signed_in(ANA).await;
        let run = queued(&app, contoso, ANA, json!({})).await;
        for _ in 0..2 {
            let form = [("tenant", "contoso"), ("run", &*run.to_string())];
            ana.call("operations/cancel", &form).await;
        }
        assert_told(&ana, run, "cancelled").await;
    }

    async fn a_run_that_is_given_back_after_it_was_cancelled_is_told_once(app: TestApp) {
        let contoso = ana(&app).await;
        let web = Web::start(&app).await;
        let ana = web.signed_in(ANA).await;
        let run = begun(&app, contoso, ANA).await;
        app.core.runs.cancel(contoso, run, &initiator(&app, ANA).await).await.unwrap();
        assert_eq!(list(&ana).await.len(), 1, "it still goes on");
        lose_workers(&app).await;
        assert_told(&ana, run, "cancelled").await;
    }

    async fn a_restore_tells_who_previews_it_once_at_the_preview_and_once_at_the_end(app: TestApp) {
        let place = Place::new(&app).await;
        let path = "deviceManagement/deviceConfigurations";
        let policies: Vec<String> = place.of("device_configurations", path).await.into_iter().take(1).collect();
        let (set, _) = place.backed_up(&app, &policies, &[]).await;
        let all = keys(&app, place.scope, set).await;
        let of_restores = async || -> Vec<String> {
            let told = list(&place.owner).await.into_iter();
            let told = told.filter(|one: &Value| one["operation_type"] == "restore.execute");
            told.map(|one| one["kind"].as_str().unwrap().to_owned()).collect()
        };
        let preview = place.previewed(&app, set, &all, false).await;
        app.core.restores.preview_again(&place.member(&app).await, preview.run.id, Default::default()).await.unwrap();
        place.reached(&app, preview.run.id, RestoreStatus::Previewed).await;
        assert_eq!(of_restores().await, ["run_started"]);
        place.confirm(&app, preview.run.id).await;
        place.reached(&app, preview.run.id, RestoreStatus::Completed).await;
        assert_eq!(of_restores().await, ["run_completed", "run_started"]);
    }
}
