//! `directory_groups.sync` end to end, against the simulator over HTTP.

mod common;

use std::{sync::Arc, time::Duration};

use apalis_core::task::builder::TaskBuilder;
use common::{
    TestApp, eventually,
    graph::{Graph, ProductWorkers, retry_at_once},
    groups::{checked, contoso, ensure, groups, own, sync},
    lose_workers,
};
use futures::{FutureExt, future::BoxFuture};
use runledger::{
    model::{
        directory_group::{GroupKind, GroupSelection, RemovedReason},
        ids::RunId,
        operation::OperationType,
        reason::ReasonCode,
        run::RunOutcome,
    },
    server::{
        connections::Connections,
        db::{
            group_links,
            group_list::{self, GroupQuery},
            tasks::RunTask,
        },
        jobs::{JobRouter, Producer, producers},
        net::{OutboundPolicy, http_client},
        runs::{JobError, Limits, RunHandle, Running, TrackOperationRun, TrackerSettings},
        simulator::SimulatorOptions,
    },
};
use serde_json::{Value, json};
use tower::{Layer, Service};

async fn requests(graph: &Graph) -> u64 {
    graph.stats().await["collections"]["groups"].as_u64().unwrap()
}

on_both_engines! {
    async fn a_first_sync_reads_all_groups_and_a_second_only_what_has_changed(app: TestApp) {
        let (graph, scope) = contoso(&app, &[]).await;
        let _workers = ProductWorkers::start(&app.core);
        let first = sync(&app, scope).await;
        assert_eq!(first.run.outcome, Some(RunOutcome::Succeeded), "{:?}", first.failures);
        assert_eq!(own(&first), [28, 0, 0, 0]);
        let all = groups(&app, scope).await;
        let kind = |name: &str| (all[name].kind, all[name].dynamic);
        assert_eq!(kind("Intune - macOS - All Devices"), (GroupKind::Security, true));
        assert_eq!(kind("Department - Sales"), (GroupKind::Security, false));
        assert_eq!(kind("Helpdesk Notifications"), (GroupKind::MailEnabledSecurity, false));
        assert_eq!(kind("All Company News"), (GroupKind::Distribution, false));
        assert_eq!(kind("Project Northlight"), (GroupKind::Microsoft365, false));
        let rule = all["Intune - macOS - All Devices"].membership_rule.as_deref();
        assert_eq!(rule, Some(r#"(device.deviceOSType -eq "MacMDM")"#));
        assert!(all.values().any(|group| group.member_count > 100), "members come in several parts");

        let before = requests(&graph).await;
        assert_eq!(own(&sync(&app, scope).await), [0, 0, 28, 0]);
        assert_eq!(requests(&graph).await, before + 1);
        let link = group_links::find(&app.core.db, scope).await.unwrap().unwrap().link.unwrap();
        assert!(!link.windows(10).any(|part| part == b"deltatoken"), "the link is sealed");
    }

    async fn what_came_changed_and_went_is_told_and_what_is_gone_leaves_a_tombstone(app: TestApp) {
        let (graph, scope) = contoso(&app, &[]).await;
        let _workers = ProductWorkers::start(&app.core);
        sync(&app, scope).await;
        let all = groups(&app, scope).await;
        let id = |name: &str| all[name].id.clone();
        let sales = all["Department - Sales"].clone();
        graph.change_groups(json!([
            { "id": "5f1c0000-0000-4000-8000-000000000001", "set": { "displayName": "New one" }, "addMembers": ["a", "b"] },
            { "id": id("Project Northlight"), "set": { "displayName": "Project Southlight" } },
            { "id": sales.id, "addMembers": ["a", "b", "c"], "removeMembers": ["c", "nobody"] },
            { "id": id("All Company News"), "remove": "deleted" },
            { "id": id("Intune - Developers"), "remove": "changed" },
            // Comes and goes between two syncs: nobody need know.
            { "id": "5f1c0000-0000-4000-8000-000000000002", "set": { "displayName": "Brief" } },
            { "id": "5f1c0000-0000-4000-8000-000000000002", "remove": "deleted" },
        ])).await;
        assert_eq!(own(&sync(&app, scope).await), [1, 2, 24, 2]);
        let now = groups(&app, scope).await;
        assert_eq!(now["New one"].member_count, 2);
        assert_eq!(now["Project Southlight"].kind, GroupKind::Microsoft365, "what a change leaves out stays");
        assert_eq!(now["Department - Sales"].member_count, sales.member_count + 2);
        let gone = |name: &str| now[name].removed.as_ref().unwrap().reason;
        assert_eq!(gone("All Company News"), Some(RemovedReason::Deleted));
        assert_eq!(gone("Intune - Developers"), Some(RemovedReason::Changed));

        graph.change_groups(json!([{ "id": id("Intune - Developers"), "set": { "displayName": "Intune - Developers" } }]))
            .await;
        assert_eq!(own(&sync(&app, scope).await), [0, 1, 27, 0]);
        assert_eq!(groups(&app, scope).await["Intune - Developers"].removed, None);
    }

    async fn an_expired_link_is_followed_by_a_full_read_in_the_same_run(app: TestApp) {
        let (graph, scope) = contoso(&app, &[]).await;
        let _workers = ProductWorkers::start(&app.core);
        sync(&app, scope).await;
        for (fault, gone, added) in [("resync:410", "All Company News", 5), ("resync:400", "Department - Sales", 6)] {
            let all = groups(&app, scope).await;
            let (goes, other) = (all[gone].id.clone(), all["Project Northlight"].clone());
            let member = format!("member-{added}");
            graph.change_groups(json!([{ "id": goes, "remove": "deleted" }, { "id": other.id, "addMembers": [member] }]))
                .await;
            graph.set_faults(&[fault]).await;
            let detail = sync(&app, scope).await;
            assert_eq!(detail.run.outcome, Some(RunOutcome::Succeeded), "{:?}", detail.failures);
            assert_eq!((own(&detail)[1], own(&detail)[3]), (1, 1), "{fault}");
            let now = groups(&app, scope).await;
            assert!(now[gone].removed.is_some());
            assert_eq!(now["Project Northlight"].member_count, other.member_count + 1);
        }
        graph.change_groups(json!([{ "id": groups(&app, scope).await["Project Northlight"].id, "removeMembers": ["member-5"] }]))
            .await;
        graph.set_faults(&["resync:410"]).await;
        assert_eq!(own(&sync(&app, scope).await)[1], 1, "who is not seen in a full read is no member any more");
    }

    async fn nothing_is_removed_while_a_full_read_has_not_come_to_its_end(app: TestApp) {
        let (graph, scope) = contoso(&app, &[]).await;
        let _workers = ProductWorkers::start(&app.core);
        sync(&app, scope).await;
        graph.set_faults(&["resync:410", "repeat:groups"]).await;
        let detail = sync(&app, scope).await;
        assert_eq!(detail.run.outcome, Some(RunOutcome::Failed));
        assert_eq!(detail.failures[0].code, ReasonCode::IncompleteData, "a page that repeats for ever");
        assert!(groups(&app, scope).await.values().all(|group| group.removed.is_none()));
        graph.set_faults(&[]).await;
        assert_eq!(own(&sync(&app, scope).await), [0, 0, 28, 0]);
    }

    async fn a_group_that_is_reported_twice_counts_once(app: TestApp) {
        let (graph, scope) = contoso(&app, &["twice:groups"]).await;
        let _workers = ProductWorkers::start(&app.core);
        assert_eq!(own(&sync(&app, scope).await), [28, 0, 0, 0]);
        let changed: Vec<Value> = groups(&app, scope).await.values().take(25)
            .map(|group| json!({ "id": group.id, "addMembers": ["somebody"] })).collect();
        graph.change_groups(changed.into()).await;
        assert_eq!(own(&sync(&app, scope).await), [0, 25, 3, 0]);
    }

    async fn throttling_and_a_revoked_token_in_the_middle_are_got_over(app: TestApp) {
        let (graph, scope) = contoso(&app, &["busy:3", "revoked:2"]).await;
        let _workers = ProductWorkers::start(&app.core);
        assert_eq!(own(&sync(&app, scope).await), [28, 0, 0, 0]);
        assert_eq!(graph.stats().await["token_requests"], 2);
    }

    async fn an_empty_directory_is_synced_too(app: TestApp) {
        let folder = tempfile::tempdir().unwrap();
        let graph = Graph::of_folder(folder.path().to_owned()).await;
        let scope = app.tenant_at("contoso", &graph.url).await;
        let _workers = ProductWorkers::start(&app.core);
        for _ in 0..2 {
            let detail = sync(&app, scope).await;
            assert_eq!((detail.run.outcome, own(&detail)), (Some(RunOutcome::Succeeded), [0, 0, 0, 0]));
        }
    }

    async fn another_directory_behind_the_tenant_is_read_from_its_beginning(app: TestApp) {
        let (_graph, scope) = contoso(&app, &[]).await;
        let _workers = ProductWorkers::start(&app.core);
        sync(&app, scope).await;
        let other = Graph::start(SimulatorOptions { seed: 2, ..Default::default() }).await;
        app.tenant_at("contoso", &other.url).await;
        assert_eq!(own(&sync(&app, scope).await), [28, 0, 0, 28]);
    }

    async fn twenty_thousand_groups_are_read(app: TestApp) {
        let options = SimulatorOptions { groups: 20_000, page_size: 999, ..Default::default() };
        let graph = Graph::start(options).await;
        let scope = app.tenant_at("contoso", &graph.url).await;
        let _workers = ProductWorkers::start(&app.core);
        assert_eq!(own(&sync(&app, scope).await), [20_000, 0, 0, 0]);
        let query = GroupQuery { selection: Some(GroupSelection::Dynamic), ..Default::default() };
        assert_eq!(group_list::list(&app.core.db, scope, &query, 51).await.unwrap().len(), 51);
    }

    async fn a_second_attempt_tells_the_same_after_a_crash_at_the_very_end(app: TestApp) {
        let (graph, scope) = contoso(&app, &[]).await;
        let workers = ProductWorkers::start(&app.core);
        sync(&app, scope).await;
        drop(workers);
        let all = groups(&app, scope).await;
        graph.change_groups(json!([
            { "id": all["Department - Sales"].id, "addMembers": ["a"] },
            { "id": all["All Company News"].id, "remove": "deleted" },
            { "id": "new", "set": { "displayName": "New" } },
        ])).await;
        let run = ensure(&app, scope).await;
        // The first worker does it all, and disappears before it can say so.
        let first = deliver(&app, Arc::new(Dies(groups_sync(&app))), run);
        eventually("all is stored", async || {
            group_links::find(&app.core.db, scope).await.unwrap().filter(|stored| stored.run_id == run).map(drop)
        }).await;
        first.abort();
        lose_workers(&app).await;
        deliver(&app, groups_sync(&app), run).await.unwrap();
        let detail = checked(&app, scope, run).await;
        assert_eq!(detail.run.attempt, 2);
        assert_eq!(own(&detail), [1, 1, 26, 1]);
    }
}

/// Does the work and never comes back.
struct Dies(Arc<dyn Producer>);

impl Producer for Dies {
    fn operation_type(&self) -> OperationType {
        self.0.operation_type()
    }

    fn perform(&self, run: RunHandle) -> BoxFuture<'_, Result<(), JobError>> {
        self.0.perform(run).then(|_| std::future::pending()).boxed()
    }
}

fn groups_sync(app: &TestApp) -> Arc<dyn Producer> {
    let policy = OutboundPolicy { allow_private: true };
    let core = &app.core;
    let connections = Connections::new(
        core.db.clone(),
        core.clock.clone(),
        core.secrets.clone(),
        http_client(policy).unwrap(),
        policy,
        retry_at_once(),
    );
    let mut all = producers(&connections).into_iter();
    all.find(|job| job.operation_type() == OperationType::DirectoryGroupsSync).unwrap()
}

/// Gives the run's task to a worker, as the queue does.
fn deliver(app: &TestApp, job: Arc<dyn Producer>, run_id: RunId) -> tokio::task::JoinHandle<()> {
    let settings = TrackerSettings {
        worker: "w".to_owned(),
        heartbeat_every: Duration::from_secs(60),
        time_limit: Duration::from_secs(60),
        cancel_patience: Duration::from_secs(60),
        limits: Limits::NONE,
    };
    let running = Running::new(1);
    let mut service = TrackOperationRun::new(app.core.runs.clone(), settings, running).layer(JobRouter::new(vec![job]));
    tokio::spawn(async move {
        let _ = service.call(TaskBuilder::new(RunTask::For(run_id)).build()).await;
    })
}
