//! Policies as syncs would have left them, and runs of drift generation over them.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use runledger::{
    model::{
        drift::{Finding, FindingState},
        finding_filter::{FindingFilter, StateFilter},
        ids::RunId,
        operation::OperationType,
        run::{Initiator, Run, RunDetail, RunOutcome, RunStatus, SummaryCounts},
    },
    server::{
        db::{Tx, members, rows::FullRun, runs, scope::TenantScope},
        drift,
        graph::{content_hash, normalize},
        runs::Ensured,
        start::start,
    },
};
use serde_json::{Value, json};
use sqlx::types::Json;

use crate::common::{TestApp, assert_mirrored};

/// A tenant's policies by family and id: body and assignments.
pub type Policies = BTreeMap<(&'static str, String), (Value, Value)>;

pub const CATALOG: &str = "configuration_policies";
pub const DEVICE: &str = "device_configurations";

/// A device configuration with some properties of its own.
pub fn device(id: &str, own: Value) -> ((&'static str, String), (Value, Value)) {
    let mut body = json!({
        "@odata.type": "#microsoft.graph.windows10GeneralConfiguration", "id": id, "displayName": format!("Policy {id}"),
    });
    body.as_object_mut().unwrap().extend(own.as_object().unwrap().clone());
    ((DEVICE, id.to_owned()), (body, json!([])))
}

/// The newest version of a policy, with its body and assignments unless it is gone.
type Kept = (i32, Option<(Value, Value)>);

/// Syncs that happened: each call is one, with what the tenant has then.
#[derive(Default)]
pub struct Syncs {
    kept: BTreeMap<(&'static str, String), Kept>,
}

impl Syncs {
    /// A completed sync that found these policies. Only what changed gets a version.
    pub async fn sync(&mut self, app: &TestApp, scope: TenantScope, policies: &Policies) -> RunId {
        app.advance(TimeDelta::minutes(1));
        let (now, id) = (app.core.clock.now(), RunId(app.core.clock.new_id()));
        let mut tx = app.core.db.begin().await.unwrap();
        assert!(runs::insert(&mut tx, &completed(app, scope, id)).await.unwrap());
        for (key, found) in policies {
            let (version, kept) = self.kept.get(key).cloned().unwrap_or_default();
            let differs = kept.is_none_or(|kept| normalize(&kept.0) != normalize(&found.0) || kept.1 != found.1);
            if differs {
                version_row(&mut tx, scope, id, key, version + 1, Some(found), now).await;
                self.kept.insert(key.clone(), (version + 1, Some(found.clone())));
            }
        }
        for (key, (version, kept)) in &mut self.kept {
            if kept.is_some() && !policies.contains_key(key) {
                (*version, *kept) = (*version + 1, None);
                version_row(&mut tx, scope, id, key, *version, None, now).await;
            }
        }
        tx.commit().await.unwrap();
        app.advance(TimeDelta::minutes(1));
        id
    }
}

fn completed(app: &TestApp, scope: TenantScope, id: RunId) -> FullRun {
    let now = app.core.clock.now();
    FullRun {
        run: Run {
            id,
            tenant_id: scope.tenant(),
            operation_type: OperationType::PolicySync,
            status: RunStatus::Completed,
            outcome: Some(RunOutcome::Succeeded),
            initiator: Initiator::system(),
            attempt: 1,
            summary_counts: SummaryCounts::default(),
            progress: None,
            joined_count: 0,
            cancel_requested: None,
            retry_of: None,
            released_at: None,
            sample: false,
            heartbeat_at: None,
            created_at: now,
            started_at: Some(now),
            completed_at: Some(now),
            updated_at: now,
        },
        run_identity_hash: "policy.sync".to_owned(),
        failures: Vec::new(),
        context: json!({}),
    }
}

/// Runs a statement of the test's own on either engine.
macro_rules! execute {
    ($tx:expr, $text:expr $(, $bind:expr)* $(,)?) => {
        match $tx {
            runledger::server::db::Tx::Sqlite(tx) => { sqlx::query($text)$(.bind($bind))*.execute(&mut **tx).await.unwrap(); }
            runledger::server::db::Tx::Postgres(tx) => { sqlx::query($text)$(.bind($bind))*.execute(&mut **tx).await.unwrap(); }
        }
    };
}
pub(crate) use execute;

async fn version_row(
    tx: &mut Tx,
    scope: TenantScope,
    run: RunId,
    key: &(&'static str, String),
    version: i32,
    found: Option<&(Value, Value)>,
    at: chrono::DateTime<chrono::Utc>,
) {
    let body = found.map(|(body, _)| normalize(body));
    let text = |name: &str| body.as_ref().and_then(|body| body.get(name)?.as_str().map(str::to_owned));
    let name = text("displayName").or_else(|| text("name")).unwrap_or_default();
    let kind = text("@odata.type").map(|kind| kind.trim_start_matches("#microsoft.graph.").to_owned());
    let assignments = found.map_or(json!([]), |(_, assignments)| assignments.clone());
    execute!(
        tx,
        "INSERT INTO policy_versions (tenant_id, family, graph_id, version, run_id, recorded_at, name, odata_type, \
         content_hash, assignments_hash, body, assignments) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        scope.tenant(),
        key.0,
        &key.1,
        version,
        run,
        at,
        &name,
        &kind,
        body.as_ref().map(content_hash).unwrap_or_default(),
        content_hash(&json!({ "of": assignments })),
        body.as_ref().map(Json),
        Json(&assignments)
    );
}

/// Runs drift generation to its end and checks what must always hold: the run's counts equal the rows, and the drift
/// tables' own record equals the ledger.
pub async fn generate(app: &TestApp, scope: TenantScope, baseline: Value) -> RunDetail {
    let initiator = Initiator { user_id: None, name: "command line".to_owned() };
    generate_as(app, scope, baseline, initiator).await
}

pub async fn generate_as(app: &TestApp, scope: TenantScope, baseline: Value, initiator: Initiator) -> RunDetail {
    app.advance(TimeDelta::minutes(1));
    let inputs = json!({ "baseline": baseline });
    let started = start(&app.core.runs, scope, OperationType::DriftGenerate, &inputs, initiator).await.unwrap();
    assert!(matches!(started, Ensured::Created(_)));
    let detail = app.completed(scope, started.run().id).await;
    assert_mirrored(app, scope, &detail).await;
    check_counts(app, scope, &detail).await;
    detail
}

/// The run's counts equal the rows; not asked of a run that has failed.
pub async fn check_counts(app: &TestApp, scope: TenantScope, detail: &RunDetail) {
    let counts = &detail.run.summary_counts;
    assert_eq!(counts.processed, counts.total);
    assert_eq!(counts.processed, counts.succeeded + counts.failed + counts.skipped);
    let count = async |text: &'static str| {
        let mut tx = app.core.db.begin().await.unwrap();
        let row: (i64,) = match &mut tx {
            Tx::Sqlite(tx) => {
                sqlx::query_as(text).bind(scope.tenant()).bind(detail.run.id).fetch_one(&mut **tx).await.unwrap()
            }
            Tx::Postgres(tx) => {
                sqlx::query_as(text).bind(scope.tenant()).bind(detail.run.id).fetch_one(&mut **tx).await.unwrap()
            }
        };
        row.0 as u64
    };
    if detail.run.outcome != Some(RunOutcome::Failed) {
        let new = "SELECT count(*) FROM drift_findings WHERE tenant_id = $1 AND opened_run = $2";
        assert_eq!(own(detail, "findings"), count(new).await);
        let seen = "SELECT count(*) FROM drift_findings WHERE tenant_id = $1 AND last_seen_run = $2";
        assert_eq!(own(detail, "findings") + own(detail, "known"), count(seen).await);
        let resolved = "SELECT count(*) FROM drift_findings WHERE tenant_id = $1 AND resolved_run = $2";
        assert_eq!(own(detail, "resolved"), count(resolved).await);
    }
}

pub fn own(detail: &RunDetail, key: &str) -> u64 {
    detail.run.summary_counts.own[key]
}

/// New, known and resolved.
pub fn tally(detail: &RunDetail) -> [u64; 3] {
    ["findings", "known", "resolved"].map(|key| own(detail, key))
}

pub fn previous() -> Value {
    json!({"kind": "previous"})
}

/// The tenant's findings of one state or of all, as a member sees them. Makes the member.
pub async fn findings(app: &TestApp, slug: &str, state: StateFilter) -> Vec<Finding> {
    let email = format!("reader@{slug}.example");
    app.member(&email, slug, runledger::model::user::Role::Readonly).await;
    let user = members::user_by_email(&app.core.db, &email).await.unwrap().unwrap();
    let member = members::find(&app.core.db, user.id, slug).await.unwrap().unwrap();
    let filter = FindingFilter { state, ..FindingFilter::default() };
    let page = drift::list(&app.core.db, &member, &filter).await.unwrap();
    assert_eq!(page.next, None);
    page.items
}

/// Path, before and after of each finding.
pub fn told(findings: &[Finding]) -> Vec<(&str, Value, Value)> {
    let side = |side: &Option<Value>| side.clone().unwrap_or_default();
    findings
        .iter()
        .map(|finding| (finding.change.path.as_str(), side(&finding.change.before), side(&finding.change.after)))
        .collect()
}

pub fn states(findings: &[Finding]) -> Vec<(&str, FindingState)> {
    findings.iter().map(|finding| (finding.change.path.as_str(), finding.state)).collect()
}
