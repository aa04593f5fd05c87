//! A tenant of the simulator whose policies are backed up as the page does it.

use reqwest::StatusCode;
use runledger::{
    model::{
        backup::{BackupSet, SetSource},
        ids::{BackupSetId, RunId},
        operation::OperationType,
        run::{RunDetail, RunOutcome},
        user::Role,
    },
    server::{
        db::{
            backup_items,
            backups::{self, NewSet},
            scope::TenantScope,
        },
        graph::POLICY_FAMILIES,
    },
};
use serde_json::Value;

use super::{
    TestApp, assert_mirrored,
    graph::{Graph, ProductWorkers},
    rows::count,
    tenant::Directory,
    web::{Visitor, Web},
};

/// A set without anything in it yet.
pub async fn empty(app: &TestApp, scope: TenantScope) -> BackupSetId {
    let set = NewSet {
        id: BackupSetId(app.core.clock.new_id()),
        name: "Before the change".to_owned(),
        source: SetSource::Captured,
        keep_open: false,
        created_by: (None, "Ana".to_owned()),
        created_at: app.core.clock.now(),
        expires_at: None,
    };
    let mut tx = app.core.db.begin().await.unwrap();
    backups::insert(&mut tx, scope, &set).await.unwrap();
    tx.commit().await.unwrap();
    set.id
}

/// A tenant with an owner who is signed in, and its Graph.
pub struct Place {
    pub graph: Graph,
    pub scope: TenantScope,
    pub directory: Directory,
    pub _web: Web,
    pub owner: Visitor,
    pub _workers: ProductWorkers,
}

impl Place {
    pub async fn new(app: &TestApp) -> Self {
        let graph = Graph::sample(&[]).await;
        let scope = app.tenant_at("contoso", &graph.url).await;
        app.member("owner@contoso.example", "contoso", Role::Owner).await;
        let web = Web::start(app).await;
        let owner = web.signed_in("owner@contoso.example").await;
        let directory = graph.directory("contoso").await;
        Self { graph, scope, directory, _web: web, owner, _workers: ProductWorkers::start(&app.core) }
    }

    /// A new set with these policies, once its run has ended.
    pub async fn backed_up(
        &self,
        app: &TestApp,
        policies: &[String],
        fields: &[(&str, &str)],
    ) -> (BackupSetId, RunDetail) {
        let set = BackupSetId(app.core.clock.new_id());
        let id = set.to_string();
        let mut form = vec![("tenant", "contoso"), ("new_set", &id), ("name", "Before the change")];
        form.extend_from_slice(fields);
        let (status, started) = self.add(&form, policies).await;
        assert_eq!(status, StatusCode::OK, "{started}");
        (set, self.ended(app, &started).await)
    }

    /// Aborts the workers in the midst of what they do.
    pub async fn kill_workers(&mut self) {
        self._workers.kill().await;
    }

    pub async fn add(&self, form: &[(&str, &str)], policies: &[String]) -> (StatusCode, Value) {
        let mut form = form.to_vec();
        form.extend(policies.iter().map(|policy| ("policies[]", policy.as_str())));
        self.owner.ask("backups/add", &form).await
    }

    pub async fn ended(&self, app: &TestApp, started: &Value) -> RunDetail {
        let run: RunId = started["run"]["id"].as_str().unwrap().parse().unwrap();
        let detail = app.completed(self.scope, run).await;
        assert_mirrored(app, self.scope, &detail).await;
        if detail.run.operation_type == OperationType::BackupSetAddPolicies {
            assert_counts(app, self.scope, &detail).await;
        }
        detail
    }

    /// Every policy of the tenant, as the form names them.
    pub async fn all_policies(&self) -> Vec<String> {
        let mut words = Vec::new();
        for family in POLICY_FAMILIES {
            words.extend(self.of(family.as_str(), family.path()).await);
        }
        words
    }

    pub async fn of(&self, family: &str, path: &str) -> Vec<String> {
        self.directory.ids(path).await.into_iter().map(|id| format!("{family}/{id}")).collect()
    }
}

/// What the run has read is in its set, and what it could not read is noted there; after an early end also what it never
/// came to.
pub async fn assert_counts(app: &TestApp, scope: TenantScope, detail: &RunDetail) {
    let counts = &detail.run.summary_counts;
    assert_eq!((counts.total, counts.processed), (counts.processed, counts.succeeded + counts.failed));
    assert_eq!(counts.succeeded, count(app, scope, detail.run.id, "backup_items", "run_id = $2").await);
    let missing = count(app, scope, detail.run.id, "backup_missing", "run_id = $2").await;
    match detail.run.outcome {
        Some(RunOutcome::Succeeded | RunOutcome::PartiallySucceeded) => assert_eq!(counts.failed, missing),
        _ => assert!(counts.failed <= missing, "{} failed, {missing} missing", counts.failed),
    }
}

pub async fn set(app: &TestApp, scope: TenantScope, id: BackupSetId) -> BackupSet {
    backups::find(&app.core.db, scope, id).await.unwrap().expect("the set is there")
}

pub async fn items(app: &TestApp, scope: TenantScope, id: BackupSetId) -> Vec<backup_items::BackupItem> {
    backup_items::stretch(&app.core.db, scope, id, None, 1_000).await.unwrap()
}
