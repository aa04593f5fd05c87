//! What people want to hear of, tenant by tenant.

use chrono::TimeDelta;
use reqwest::StatusCode;
use runledger::{
    model::{ids::RunId, user::Role},
    server::db::{Db, members, tenants},
};
use serde_json::json;

use crate::{
    common::{TestApp, eventually},
    on_both_engines,
    support::*,
};

on_both_engines! {
    async fn failures_reach_those_who_subscribed_to_the_type(app: TestApp) {
        let (contoso, web, _workers) = people(&app).await;
        let auditor = web.signed_in("auditor@contoso.example").await;
        let wish = [("tenant", "contoso"), ("run_started", "true"), ("run_failed[]", "inventory.sync")];
        assert_eq!(auditor.call("notifications/save_settings", &wish).await.status(), StatusCode::OK);
        let (_, settings) = auditor.ask("notifications/settings", &[("tenant", "contoso")]).await;
        assert_eq!(settings["run_failed"], json!(["inventory.sync"]));
        assert_eq!(settings["run_completed"], false);
        let run = start_as(&app, contoso, "ana@contoso.example", Some("unlucky")).await;
        app.completed(contoso, run).await;
        assert_eq!(kinds(&list(&auditor).await), ["run_failed"]);
        // Who subscribed and also started it hears it once, as the one who started it.
        let ana = web.signed_in("ana@contoso.example").await;
        ana.call("notifications/save_settings", &[("run_completed", "true"), ("run_started", "true"), ("tenant", "contoso"), ("run_failed[]", "inventory.sync")]).await;
        let run = start_as(&app, contoso, "ana@contoso.example", Some("unlucky")).await;
        app.completed(contoso, run).await;
        assert_eq!(kinds(&list(&ana).await), ["run_completed", "run_started", "run_completed", "run_started"]);
        // A run that ends well is nobody else's business.
        let run = start_as(&app, contoso, "ana@contoso.example", None).await;
        app.completed(contoso, run).await;
        assert_eq!(kinds(&list(&auditor).await), ["run_failed", "run_failed"]);
    }

    async fn who_does_not_want_to_hear_of_starts_still_hears_of_ends(app: TestApp) {
        let (contoso, web, _workers) = people(&app).await;
        let ben = web.signed_in("ben@contoso.example").await;
        ben.call("notifications/save_settings", &[("tenant", "contoso"), ("run_completed", "true"), ("quiet", "true")]).await;
        let run = start_as(&app, contoso, "ben@contoso.example", None).await;
        app.completed(contoso, run).await;
        assert_eq!(kinds(&list(&ben).await), ["run_completed"]);
        // Quiet: in the bell, without a toast.
        let inbox = inbox(&ben).await;
        assert_eq!((&inbox["unread"], &inbox["toasts"]), (&json!(1), &json!([])));
    }

    async fn nobody_hears_of_a_tenant_that_is_not_theirs(app: TestApp) {
        let (contoso, web, _workers) = people(&app).await;
        let eve = web.signed_in("eve@fabrikam.example").await;
        assert_eq!(eve.call("notifications/save_settings", &[("tenant", "contoso"), ("run_failed[]", "inventory.sync")]).await.status(), StatusCode::NOT_FOUND);
        let run = start_as(&app, contoso, "ana@contoso.example", Some("unlucky")).await;
        app.completed(contoso, run).await;
        assert!(list(&eve).await.is_empty());
        // What is somebody else's cannot be marked either.
        let ana = web.signed_in("ana@contoso.example").await;
        let told = list(&ana).await;
        eve.call("notifications/read", &[("id", told[0]["id"].as_str().unwrap())]).await;
        assert_eq!(inbox(&ana).await["unread"], 2);
        assert_eq!(web.visitor().call("notifications/inbox", &[]).await.status(), StatusCode::UNAUTHORIZED);
    }

    async fn who_leaves_a_tenant_no_longer_sees_what_they_were_told_of_it(app: TestApp) {
        let (contoso, web, _workers) = people(&app).await;
        let run = start_as(&app, contoso, "ben@contoso.example", None).await;
        app.completed(contoso, run).await;
        let ben = web.signed_in("ben@contoso.example").await;
        assert_eq!(list(&ben).await.len(), 2);
        let leave = "DELETE FROM memberships WHERE role = 'operator'";
        match &app.core.db {
            Db::Sqlite(db) => drop(sqlx::query(leave).execute(db.write()).await.unwrap()),
            Db::Postgres(pool) => drop(sqlx::query(leave).execute(pool).await.unwrap()),
        }
        assert_eq!((list(&ben).await.len(), inbox(&ben).await["unread"].clone()), (0, json!(0)));
    }

    async fn who_muted_the_ends_of_own_runs_and_subscribed_to_failures_hears_of_those(app: TestApp) {
        let (contoso, web, _workers) = people(&app).await;
        let ana = web.signed_in(ANA).await;
        let wish = [("tenant", "contoso"), ("run_started", "true"), ("run_failed[]", "inventory.sync")];
        assert_eq!(ana.call("notifications/save_settings", &wish).await.status(), StatusCode::OK);
        for name in [None, Some("unlucky")] {
            let run = start_as(&app, contoso, ANA, name).await;
            app.completed(contoso, run).await;
        }
        assert_eq!(kinds(&list(&ana).await), ["run_failed", "run_started", "run_started"]);
    }

    async fn settings_are_those_of_the_tenant_of_the_run(app: TestApp) {
        let (contoso, web, _workers) = people(&app).await;
        let fabrikam = tenants::by_slug(&app.core.db, "fabrikam").await.unwrap().unwrap().scope();
        let user = members::user_by_email(&app.core.db, ANA).await.unwrap().unwrap();
        members::grant(&app.core.db, user.id, fabrikam.tenant(), Role::Operator, app.core.clock.now()).await.unwrap();
        let ana = web.signed_in(ANA).await;
        ana.call("notifications/save_settings", &[("tenant", "contoso"), ("quiet", "true")]).await;
        let mut runs: Vec<RunId> = Vec::new();
        for scope in [contoso, fabrikam] {
            let run = start_as(&app, scope, ANA, None).await;
            app.completed(scope, run).await;
            runs.push(run);
        }
        let told = list(&ana).await;
        assert_eq!(kinds(&told), ["run_completed", "run_started"]);
        assert!(told.iter().all(|one| one["tenant_slug"] == "fabrikam" && one["run_id"] == json!(runs[1])), "{told:#?}");
        assert_eq!(inbox(&ana).await["toasts"].as_array().unwrap().len(), 2);
    }

    async fn what_told_of_a_run_goes_with_the_run(app: TestApp) {
        let (contoso, web, _workers) = people(&app).await;
        let run = start_as(&app, contoso, ANA, None).await;
        app.completed(contoso, run).await;
        assert_eq!(list(&web.signed_in(ANA).await).await.len(), 2);
        app.advance(TimeDelta::days(91));
        let ana = web.signed_in(ANA).await;
        // The workers prune by themselves.
        eventually("the run is pruned, with what told of it", async || list(&ana).await.is_empty().then_some(())).await;
        assert!(app.core.runs.detail(contoso, run).await.unwrap().is_none());
        assert_eq!(inbox(&ana).await, json!({ "unread": 0, "toasts": [] }));
    }
}
