//! What goes wrong between us and Graph's list of groups, and what a run makes of it.

mod common;

use std::fs;

use common::{
    TestApp,
    graph::{Graph, ProductWorkers},
    groups::{contoso, groups, own, sync},
    rows::count,
};
use runledger::model::{
    reason::ReasonCode,
    run::{RunDetail, RunOutcome},
};
use serde_json::{Value, json};

fn failed_with(detail: &RunDetail, code: ReasonCode) {
    assert_eq!((detail.run.outcome, detail.failures.len()), (Some(RunOutcome::Failed), 1), "{:?}", detail.failures);
    assert_eq!(detail.failures[0].code, code);
}

on_both_engines! {
    async fn a_link_that_expires_after_some_pages_leaves_counts_and_tombstones_right(app: TestApp) {
        let (graph, scope) = contoso(&app, &[]).await;
        let _workers = ProductWorkers::start(&app.core);
        sync(&app, scope).await;
        let all: Vec<_> = groups(&app, scope).await.into_values().collect();
        // The first page of changes tells of one that is gone, the rest only the full read; one comes, twelve change.
        let mut changes = vec![json!({ "id": all[0].id, "remove": "deleted" })];
        changes.extend(all[1..13].iter().map(|group| json!({ "id": group.id, "addMembers": ["somebody"] })));
        changes.push(json!({ "id": all[20].id, "remove": "deleted" }));
        changes.push(json!({ "id": "comes", "set": { "displayName": "Comes" } }));
        graph.change_groups(Value::from(changes)).await;
        graph.set_faults(&["resync:410:1"]).await;
        assert_eq!(own(&sync(&app, scope).await), [1, 12, 14, 2]);
        let now = groups(&app, scope).await;
        let gone: Vec<_> = now.values().filter(|group| group.removed.is_some()).map(|group| &group.id).collect();
        assert!(gone.len() == 2 && gone.contains(&&all[0].id) && gone.contains(&&all[20].id), "{gone:?}");
        assert_eq!(own(&sync(&app, scope).await), [0, 0, 27, 0], "and the next one goes on from there");
    }

    async fn a_list_that_expires_in_the_midst_of_a_full_read_removes_nothing(app: TestApp) {
        let (graph, scope) = contoso(&app, &["resync:410"]).await;
        let _workers = ProductWorkers::start(&app.core);
        let first = sync(&app, scope).await;
        failed_with(&first, ReasonCode::IncompleteData);
        let read = first.run.summary_counts.own["created"];
        assert!((1..=10).contains(&read), "what was read of it stays: {read}");
        assert_eq!(own(&sync(&app, scope).await)[0], 28 - read);
        // The link of a later sync expires, and then the full read as well.
        graph.change_groups(json!([{ "id": groups(&app, scope).await["All Company News"].id, "remove": "deleted" }])).await;
        graph.set_faults(&["resync:410", "resync:400:1"]).await;
        failed_with(&sync(&app, scope).await, ReasonCode::IncompleteData);
        assert!(groups(&app, scope).await.values().all(|group| group.removed.is_none()));
        assert_eq!(own(&sync(&app, scope).await), [0, 0, 27, 1]);
    }

    async fn an_outage_is_got_over_at_first_and_later(app: TestApp) {
        let (graph, scope) = contoso(&app, &["unavailable:2"]).await;
        let _workers = ProductWorkers::start(&app.core);
        assert_eq!(own(&sync(&app, scope).await), [28, 0, 0, 0]);
        graph.set_faults(&["unavailable:2"]).await;
        assert_eq!(own(&sync(&app, scope).await), [0, 0, 28, 0]);
    }

    async fn a_permission_that_is_missing_fails_the_run_and_changes_nothing(app: TestApp) {
        let (graph, scope) = contoso(&app, &["forbidden:groups"]).await;
        let _workers = ProductWorkers::start(&app.core);
        failed_with(&sync(&app, scope).await, ReasonCode::PermissionDenied);
        assert!(groups(&app, scope).await.is_empty());
        graph.set_faults(&[]).await;
        sync(&app, scope).await;
        graph.set_faults(&["forbidden:groups"]).await;
        failed_with(&sync(&app, scope).await, ReasonCode::PermissionDenied);
        graph.set_faults(&[]).await;
        assert_eq!(own(&sync(&app, scope).await), [0, 0, 28, 0]);
    }

    async fn a_page_that_repeats_ends_the_run_at_first_and_later(app: TestApp) {
        let (graph, scope) = contoso(&app, &["repeat:groups"]).await;
        let _workers = ProductWorkers::start(&app.core);
        let first = sync(&app, scope).await;
        failed_with(&first, ReasonCode::IncompleteData);
        graph.set_faults(&[]).await;
        assert_eq!(own(&sync(&app, scope).await)[0], 28 - first.run.summary_counts.own["created"]);
        let changed = groups(&app, scope).await.into_values().take(25)
            .map(|group| json!({ "id": group.id, "addMembers": ["somebody"] })).collect::<Vec<_>>();
        graph.change_groups(changed.into()).await;
        graph.set_faults(&["repeat:groups"]).await;
        let again = sync(&app, scope).await;
        failed_with(&again, ReasonCode::IncompleteData);
        assert_eq!(again.run.summary_counts.own["updated"], 10);
        graph.set_faults(&[]).await;
        assert_eq!(own(&sync(&app, scope).await), [0, 15, 13, 0], "the next one begins where that one did");
    }

    async fn a_group_without_an_id_fails_alone_and_nothing_is_removed(app: TestApp) {
        let (graph, scope) = contoso(&app, &[]).await;
        let _workers = ProductWorkers::start(&app.core);
        sync(&app, scope).await;
        graph.change_groups(json!([{ "id": groups(&app, scope).await["All Company News"].id, "remove": "deleted" }])).await;
        graph.set_faults(&["resync:410", "unnamed:groups"]).await;
        let detail = sync(&app, scope).await;
        assert_eq!(detail.run.outcome, Some(RunOutcome::PartiallySucceeded), "{:?}", detail.failures);
        assert!(detail.failures.iter().all(|failure| failure.code == ReasonCode::IncompleteData));
        assert!(groups(&app, scope).await.values().all(|group| group.removed.is_none()));
        graph.set_faults(&[]).await;
        assert_eq!(own(&sync(&app, scope).await)[3], 1);
    }

    async fn a_page_of_ten_megabytes_is_read(app: TestApp) {
        const LONG: usize = 10 * 1024 * 1024;
        let folder = tempfile::tempdir().unwrap();
        let group = json!({ "id": "large", "displayName": "Large", "description": "x".repeat(LONG) });
        let list = json!({ "groups": [group, { "id": "small", "displayName": "Small" }] });
        fs::write(folder.path().join("groups.json"), list.to_string()).unwrap();
        let graph = Graph::of_folder(folder.path().to_owned()).await;
        let scope = app.tenant_at("contoso", &graph.url).await;
        let _workers = ProductWorkers::start(&app.core);
        let run = sync(&app, scope).await;
        assert_eq!(own(&run), [2, 0, 0, 0]);
        let whole = format!("length(description) = {LONG}");
        assert_eq!(count(&app, scope, run.run.id, "directory_groups", &whole).await, 1);
    }
}
