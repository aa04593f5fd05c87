//! What the newest policies are compared with, and what is said where that is not possible.

use runledger::{
    model::{
        finding_filter::StateFilter,
        operation::OperationType,
        run::{Initiator, RunOutcome},
    },
    server::{
        db::scope::TenantScope,
        error::ServiceError,
        graph::{content_hash, normalize},
        start::start,
    },
};
use serde_json::{Value, json};
use sqlx::types::Json;
use uuid::Uuid;

use crate::{
    common::{TestApp, graph::ProductWorkers, rows::at_each_update},
    on_both_engines,
    support::{DEVICE, Policies, Syncs, device, execute, findings, generate, previous, tally, told},
};

async fn refused(app: &TestApp, scope: TenantScope, baseline: Value) -> (u16, String) {
    let initiator = Initiator { user_id: None, name: "command line".to_owned() };
    let inputs = json!({ "baseline": baseline });
    match start(&app.core.runs, scope, OperationType::DriftGenerate, &inputs, initiator).await {
        Err(ServiceError::Shown(error)) => (error.status(), error.to_string()),
        other => panic!("not refused: {other:?}"),
    }
}

/// A backup set with these policies.
async fn backup_set(app: &TestApp, scope: TenantScope, status: &str, policies: &Policies) -> Uuid {
    let (id, now) = (app.core.clock.new_id(), app.core.clock.now());
    let mut tx = app.core.db.begin().await.unwrap();
    execute!(
        &mut tx,
        "INSERT INTO backup_sets (id, tenant_id, name, status, source, keep_open, created_by_name, created_at) \
         VALUES ($1, $2, 'Golden', $3, 'captured', false, 'Ana', $4)",
        id,
        scope.tenant(),
        status,
        now
    );
    for ((family, graph_id), (body, assignments)) in policies {
        execute!(
            &mut tx,
            "INSERT INTO backup_items (set_id, tenant_id, family, graph_id, name, raw, body, assignments, content_hash, \
             captured_at, group_names) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
            id,
            scope.tenant(),
            *family,
            graph_id,
            body["displayName"].as_str().unwrap(),
            Json(body),
            Json(normalize(body)),
            Json(assignments),
            content_hash(body),
            now,
            Json(json!({}))
        );
    }
    tx.commit().await.unwrap();
    id
}

fn with(values: &[(&str, i32)]) -> Policies {
    values.iter().map(|(id, value)| device(id, json!({ "value": value }))).collect()
}

on_both_engines! {
    async fn without_a_sync_to_compare_the_answer_says_what_to_do(app: TestApp) {
        let scope = app.tenant("contoso").await;
        let (status, words) = refused(&app, scope, previous()).await;
        assert!(status == 409 && words.contains("Sync policies first"), "{status} {words}");
        Syncs::default().sync(&app, scope, &with(&[("a", 1)])).await;
        let (status, words) = refused(&app, scope, previous()).await;
        assert!(status == 409 && words.contains("one policy sync"), "{status} {words}");
        assert_eq!(refused(&app, scope, json!({"kind": "latest"})).await.0, 422);
    }

    async fn a_backup_set_is_a_baseline_and_says_nothing_of_families_it_has_not(app: TestApp) {
        let scope = app.tenant("contoso").await;
        let _workers = ProductWorkers::start(&app.core);
        let set = backup_set(&app, scope, "complete", &with(&[("a", 1), ("gone", 1), ("same", 1)])).await;
        let mut now = with(&[("a", 2), ("same", 1), ("added", 1)]);
        now.insert(("device_management_scripts", "s".to_owned()), (json!({"id": "s", "displayName": "Script"}), json!([])));
        Syncs::default().sync(&app, scope, &now).await;
        let run = generate(&app, scope, json!({"kind": "backup_set", "id": set})).await;
        assert_eq!((run.run.outcome, tally(&run)), (Some(RunOutcome::Succeeded), [3, 0, 0]), "{:?}", run.failures);
        assert_eq!(run.run.summary_counts.total, 4);
        let found = findings(&app, "contoso", StateFilter::New).await;
        assert_eq!(told(&found), [
            ("value", json!(1), json!(2)),
            ("", Value::Null, json!("Policy added")),
            ("", json!("Policy gone"), Value::Null),
        ]);
        assert!(found.iter().all(|finding| finding.baseline_name == "Golden" && finding.family.code == DEVICE));
    }

    async fn findings_against_one_baseline_leave_those_against_another_alone(app: TestApp) {
        let scope = app.tenant("contoso").await;
        let _workers = ProductWorkers::start(&app.core);
        let set = backup_set(&app, scope, "complete", &with(&[("a", 0)])).await;
        let mut syncs = Syncs::default();
        syncs.sync(&app, scope, &with(&[("a", 1)])).await;
        syncs.sync(&app, scope, &with(&[("a", 2)])).await;
        assert_eq!(tally(&generate(&app, scope, previous()).await), [1, 0, 0]);
        assert_eq!(tally(&generate(&app, scope, json!({"kind": "backup_set", "id": set})).await), [1, 0, 0]);
        syncs.sync(&app, scope, &with(&[("a", 2)])).await;
        assert_eq!(tally(&generate(&app, scope, previous()).await), [0, 0, 1]);
        assert_eq!(findings(&app, "contoso", StateFilter::New).await.len(), 1);
    }

    async fn what_an_incomplete_set_lacks_is_no_finding(app: TestApp) {
        let scope = app.tenant("contoso").await;
        let _workers = ProductWorkers::start(&app.core);
        let set = backup_set(&app, scope, "incomplete", &with(&[("a", 1)])).await;
        Syncs::default().sync(&app, scope, &with(&[("a", 1), ("b", 1)])).await;
        let run = generate(&app, scope, json!({"kind": "backup_set", "id": set})).await;
        assert_eq!((tally(&run), run.run.summary_counts.skipped), ([0, 0, 0], 1));
    }

    async fn a_set_that_is_open_gone_or_another_tenants_is_refused(app: TestApp) {
        let (scope, other) = (app.tenant("contoso").await, app.tenant("fabrikam").await);
        Syncs::default().sync(&app, scope, &with(&[("a", 1)])).await;
        let of = |id: Uuid| json!({"kind": "backup_set", "id": id});
        let open = backup_set(&app, scope, "open", &with(&[])).await;
        assert_eq!(refused(&app, scope, of(open)).await.0, 409);
        let theirs = backup_set(&app, other, "complete", &with(&[])).await;
        assert_eq!(refused(&app, scope, of(theirs)).await.0, 404);
        assert_eq!(refused(&app, scope, of(app.core.clock.new_id())).await.0, 404);
    }

    async fn a_set_that_is_deleted_before_the_work_begins_fails_the_run(app: TestApp) {
        let scope = app.tenant("contoso").await;
        let set = backup_set(&app, scope, "complete", &with(&[("a", 1)])).await;
        Syncs::default().sync(&app, scope, &with(&[("a", 1)])).await;
        let inputs = json!({"baseline": {"kind": "backup_set", "id": set}});
        let run = start(&app.core.runs, scope, OperationType::DriftGenerate, &inputs, Initiator::system()).await.unwrap();
        let mut tx = app.core.db.begin().await.unwrap();
        execute!(&mut tx, "DELETE FROM backup_sets WHERE id = $1", set);
        tx.commit().await.unwrap();
        let _workers = ProductWorkers::start(&app.core);
        let detail = app.completed(scope, run.run().id).await;
        assert_eq!(detail.run.outcome, Some(RunOutcome::Failed));
        assert!(detail.failures[0].message.contains("backup set does not exist any more"), "{:?}", detail.failures);
        assert!(findings(&app, "contoso", StateFilter::All).await.is_empty());
    }
    async fn a_set_that_is_deleted_in_the_midst_of_the_work_fails_the_run(app: TestApp) {
        let scope = app.tenant("contoso").await;
        let set = backup_set(&app, scope, "complete", &with(&[("a", 1)])).await;
        Syncs::default().sync(&app, scope, &with(&[("a", 2), ("b", 1)])).await;
        // The first thing that a run writes is what it compares: at that moment somebody deletes the set.
        at_each_update(&app, "drift_runs", "DELETE FROM backup_sets WHERE new.baseline_kind IS NOT NULL").await;
        let _workers = ProductWorkers::start(&app.core);
        let detail = generate(&app, scope, json!({"kind": "backup_set", "id": set})).await;
        assert_eq!(detail.run.outcome, Some(RunOutcome::Failed), "{:?}", detail.run);
        assert!(detail.failures[0].message.contains("backup set does not exist any more"), "{:?}", detail.failures);
        assert!(findings(&app, "contoso", StateFilter::All).await.is_empty());
    }
}
