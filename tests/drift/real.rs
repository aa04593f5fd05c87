//! Drift over what real tools have exported, and over syncs that were not whole.

use std::{
    fs,
    path::{Path, PathBuf},
};

use chrono::TimeDelta;
use runledger::{
    model::{
        ids::RunId,
        operation::OperationType,
        run::{Initiator, RunOutcome},
        user::Role,
    },
    server::{db::scope::TenantScope, start::start},
};
use serde_json::{Value, json};

use crate::{
    common::{
        TestApp, assert_mirrored, eventually,
        graph::{Graph, ProductWorkers},
        policies,
        rows::count,
        web::Web,
    },
    on_both_engines,
    support::{Policies, Syncs, check_counts, device, generate, own, previous, tally},
};

/// The exports beside the project, where they are.
fn exports() -> Option<PathBuf> {
    let folder = std::env::var("RUNLEDGER_GRAPH_DATA").unwrap_or_else(|_| "../shared/graph-data".to_owned());
    Some(PathBuf::from(folder).join("exports")).filter(|exports| exports.is_dir())
}

/// A tenant that has what is in a folder, synced.
async fn synced(app: &TestApp, slug: &str, folder: &Path) -> TenantScope {
    let graph = Graph::of_folder(folder.to_owned()).await;
    let scope = app.tenant_at(slug, &graph.url).await;
    app.advance(TimeDelta::minutes(1));
    let detail = policies::sync(app, scope).await;
    assert_eq!(detail.run.outcome, Some(RunOutcome::Succeeded), "{:?}", detail.failures);
    scope
}

/// How many findings the run has seen, at any place or at this one.
async fn findings_at(app: &TestApp, scope: TenantScope, run: RunId, path: Option<&str>) -> u64 {
    let place = path.map_or_else(String::new, |path| format!(" AND path = '{path}'"));
    count(app, scope, run, "drift_findings", &format!("last_seen_run = $2{place}")).await
}

on_both_engines! {
    async fn two_real_exports_of_the_same_policies_are_no_drift_and_one_value_is_one_finding(app: TestApp) {
        let Some(exports) = exports() else { return };
        let _workers = ProductWorkers::start(&app.core);
        let native = exports.join("configurationPolicies-nativeimport");
        let contoso = synced(&app, "contoso", &exports.join("configurationPolicies")).await;
        synced(&app, "fabrikam", &native).await;
        let fabrikam = json!({"kind": "tenant", "slug": "fabrikam"});
        let run = generate(&app, contoso, fabrikam.clone()).await;
        assert_eq!((run.run.outcome, tally(&run)), (Some(RunOutcome::Succeeded), [0, 0, 0]), "{:?}", run.failures);
        assert!(run.run.summary_counts.succeeded >= 4, "all were compared: {:?}", run.run.summary_counts);

        let changed = tempfile::tempdir().unwrap();
        let months = "com.apple.mcx.filevault2_recoverykeyrotationinmonths";
        for file in fs::read_dir(&native).unwrap() {
            let file = file.unwrap();
            let text = String::from_utf8(fs::read(file.path()).unwrap()).unwrap();
            let text = text.replace(&format!("{months}_6"), &format!("{months}_12"));
            fs::write(changed.path().join(file.file_name()), text).unwrap();
        }
        synced(&app, "fabrikam", changed.path()).await;
        let run = generate(&app, contoso, fabrikam).await;
        assert_eq!(tally(&run), [1, 0, 0]);
        let group = "settings[com.apple.mcx.filevault2_com.apple.mcx.filevault2].groups[0]";
        let path = format!("{group}.children[{months}].choice.value");
        assert_eq!(findings_at(&app, contoso, run.run.id, None).await, 1);
        assert_eq!(findings_at(&app, contoso, run.run.id, Some(&path)).await, 1);
    }

    async fn a_family_that_a_sync_could_not_read_has_no_drift(app: TestApp) {
        let graph = Graph::sample(&[]).await;
        let scope = app.tenant_at("contoso", &graph.url).await;
        let _workers = ProductWorkers::start(&app.core);
        app.advance(TimeDelta::minutes(1));
        policies::sync(&app, scope).await;
        graph.set_faults(&["forbidden:deviceCompliancePolicies", "forbidden:policies"]).await;
        app.advance(TimeDelta::minutes(1));
        let partial = policies::sync(&app, scope).await;
        assert_eq!(partial.run.outcome, Some(RunOutcome::PartiallySucceeded));
        let run = generate(&app, scope, previous()).await;
        assert_eq!((run.run.outcome, tally(&run)), (Some(RunOutcome::Succeeded), [0, 0, 0]));
        assert_eq!(own(&run, "unknown_targets"), 0);
    }

    async fn a_comparison_that_is_cancelled_counts_what_it_wrote(app: TestApp) {
        let scope = app.tenant("contoso").await;
        let _workers = ProductWorkers::start(&app.core);
        let with = |value: i32| -> Policies {
            (0..3_000).map(|number| device(&format!("p{number:04}"), json!({ "value": value }))).collect()
        };
        let mut syncs = Syncs::default();
        syncs.sync(&app, scope, &with(1)).await;
        syncs.sync(&app, scope, &with(2)).await;
        let (operation, inputs) = (OperationType::DriftGenerate, json!({"baseline": previous()}));
        let run = start(&app.core.runs, scope, operation, &inputs, Initiator::system()).await.unwrap().run().id;
        eventually("it has found something", async || {
            (app.detail(scope, run).await.run.summary_counts.total > 0).then_some(())
        }).await;
        // A fast machine may be through with it already: then there is nothing to cancel, and the counts are right as well.
        let asked = app.core.runs.cancel(scope, run, &Initiator::system()).await;
        let detail = app.completed(scope, run).await;
        assert!(asked.is_err() || detail.run.outcome != Some(RunOutcome::Failed), "{:?}", detail.failures);
        assert_mirrored(&app, scope, &detail).await;
        check_counts(&app, scope, &detail).await;
    }

    async fn two_who_ask_for_drift_at_once_get_one_run(app: TestApp) {
        let scope = app.tenant("contoso").await;
        for email in ["first@contoso.example", "second@contoso.example"] {
            app.member(email, "contoso", Role::Operator).await;
        }
        let with = |value: i32| Policies::from([device("a", json!({ "value": value }))]);
        let mut syncs = Syncs::default();
        syncs.sync(&app, scope, &with(1)).await;
        syncs.sync(&app, scope, &with(2)).await;
        let web = Web::start(&app).await;
        let (first, second) = (web.signed_in("first@contoso.example").await, web.signed_in("second@contoso.example").await);
        let form = [("tenant", "contoso"), ("baseline", "previous")];
        let ((a, one), (b, two)) = tokio::join!(first.ask("drift/generate", &form), second.ask("drift/generate", &form));
        assert_eq!((a.as_u16(), b.as_u16()), (200, 200), "{one} {two}");
        assert_eq!(one["run"]["id"], two["run"]["id"]);
        assert_ne!(one["created"], two["created"], "one has made the run and one has joined it");
        let run: RunId = one["run"]["id"].as_str().unwrap().parse().unwrap();
        assert_eq!(app.detail(scope, run).await.run.joined_count, 1);
    }

    async fn a_baseline_that_was_deleted_is_refused_with_a_sentence(app: TestApp) {
        let scope = app.tenant("contoso").await;
        app.member("operator@contoso.example", "contoso", Role::Operator).await;
        Syncs::default().sync(&app, scope, &Policies::from([device("a", json!({}))])).await;
        let web = Web::start(&app).await;
        let operator = web.signed_in("operator@contoso.example").await;
        let gone = format!("backup_set:{}", app.core.clock.new_id());
        let (status, answer) = operator.ask("drift/generate", &[("tenant", "contoso"), ("baseline", &gone)]).await;
        assert_eq!(status.as_u16(), 404, "{answer}");
        assert!(!matches!(answer, Value::Null), "it says what is missing");
    }
}
