//! Runs of every kind, and filters of every kind.

use chrono::{DateTime, TimeDelta, Utc};
use proptest::{prelude::*, sample::subsequence, strategy::ValueTree, test_runner::TestRunner};
use runledger::{
    model::{
        choice::Choice,
        filter::{InitiatorChoice, RunFilter},
        ids::{RunId, UserId},
        moment::Moment,
        operation::OperationType,
        reason::ReasonCode,
        run::{Initiator, Run, RunFailure, RunOutcome, RunStatus, SummaryCounts},
    },
    server::db::{Db, bulk, members, rows::FullRun, runs, scope::TenantScope, tenants},
};
use serde_json::json;
use uuid::Uuid;

use crate::common::{PASSWORD, TestApp};

/// Draws values, the same in each run of the tests.
pub struct Dice(TestRunner);

impl Dice {
    pub fn new() -> Self {
        Self(TestRunner::deterministic())
    }

    pub fn draw<T: std::fmt::Debug>(&mut self, of: impl Strategy<Value = T>) -> T {
        of.new_tree(&mut self.0).unwrap().current()
    }
}

/// What tells runs apart in a list.
#[derive(Debug, Clone)]
pub struct Kind {
    pub operation_type: OperationType,
    pub status: RunStatus,
    pub outcome: Option<RunOutcome>,
    pub initiator: Option<UserId>,
    pub codes: Vec<ReasonCode>,
}

impl Kind {
    /// A scheduled inventory sync that succeeded.
    pub const PLAIN: Self = Self {
        operation_type: OperationType::InventorySync,
        status: RunStatus::Completed,
        outcome: Some(RunOutcome::Succeeded),
        initiator: None,
        codes: Vec::new(),
    };
}

pub fn any_kind(users: &[UserId]) -> impl Strategy<Value = Kind> + use<> {
    let state = prop_oneof![
        1 => Just((RunStatus::Queued, None)),
        1 => Just((RunStatus::Running, None)),
        6 => proptest::sample::select(RunOutcome::ALL.to_vec()).prop_map(|outcome| (RunStatus::Completed, Some(outcome))),
    ];
    let users: Vec<_> = users.iter().copied().map(Some).chain([None; 5]).collect();
    let codes = prop_oneof![2 => Just(Vec::new()), 1 => subsequence(ReasonCode::ALL.to_vec(), 1..4)];
    let of = (proptest::sample::select(OperationType::ALL.to_vec()), state, proptest::sample::select(users), codes);
    of.prop_map(|(operation_type, (status, outcome), initiator, codes)| {
        // What has not begun or went well has nothing to tell of failures.
        let quiet = status == RunStatus::Queued || outcome == Some(RunOutcome::Succeeded);
        Kind { operation_type, status, outcome, initiator, codes: if quiet { Vec::new() } else { codes } }
    })
}

/// A run of this kind, created at this time.
pub fn run(app: &TestApp, scope: TenantScope, at: DateTime<Utc>, kind: &Kind) -> FullRun {
    let id = app.core.clock.id_at(at);
    let failure = |code: &ReasonCode| RunFailure {
        code: *code,
        message: code.sentence().to_owned(),
        item: None,
        http_status: None,
        request_id: None,
    };
    let run = Run {
        id: RunId(id),
        tenant_id: scope.tenant(),
        operation_type: kind.operation_type,
        status: kind.status,
        outcome: kind.outcome,
        initiator: Initiator { user_id: kind.initiator, name: "somebody".to_owned() },
        attempt: 1,
        summary_counts: SummaryCounts::default(),
        progress: None,
        joined_count: 0,
        cancel_requested: None,
        retry_of: None,
        released_at: None,
        sample: true,
        heartbeat_at: None,
        created_at: at,
        started_at: None,
        completed_at: kind.outcome.map(|_| at),
        updated_at: at,
    };
    let failures = kind.codes.iter().map(failure).collect();
    FullRun { run, run_identity_hash: id.simple().to_string(), failures, context: json!({}) }
}

/// Writes runs one by one, as the ledger does.
pub async fn write(db: &Db, all: &[FullRun]) {
    let mut tx = db.begin().await.unwrap();
    for full in all {
        assert!(runs::insert(&mut tx, full).await.unwrap());
    }
    tx.commit().await.unwrap();
}

/// Writes many plain runs, one a second until `end`, and tells the planner.
pub async fn write_many(
    app: &TestApp,
    scope: TenantScope,
    number: i64,
    end: DateTime<Utc>,
    kind: impl Fn(i64) -> Kind,
) {
    let all: Vec<_> = (0..number).map(|n| run(app, scope, end - TimeDelta::seconds(number - n), &kind(n))).collect();
    for some in all.chunks(2000) {
        let some: Vec<_> = some.iter().map(|full| bulk::SeededRun { full: full.clone(), events: Vec::new() }).collect();
        bulk::write(&app.core.db, &some).await.unwrap();
    }
}

/// A user without a membership, who can have been one.
pub async fn user(app: &TestApp, name: &str) -> UserId {
    app.core.auth.add_user(&format!("{name}@contoso.example"), name, PASSWORD).await.unwrap()
}

pub async fn member(app: &TestApp, name: &str, slug: &str, role: runledger::model::user::Role) -> UserId {
    let id = user(app, name).await;
    let tenant = tenants::by_slug(&app.core.db, slug).await.unwrap().unwrap();
    members::grant(&app.core.db, id, tenant.id, role, app.core.clock.now()).await.unwrap();
    id
}

fn choice<T: Ord + Clone + std::fmt::Debug + 'static>(all: Vec<T>) -> impl Strategy<Value = Choice<T>> {
    let most = all.len();
    let some = (subsequence(all, 0..=most), any::<bool>());
    let some = some.prop_map(|(values, not)| Choice { not: not && !values.is_empty(), ..Choice::of(values) });
    prop_oneof![1 => Just(Choice::default()), 1 => some]
}

/// Any filter, and most often one that something passes.
pub fn any_filter(users: &[UserId], begin: DateTime<Utc>, minutes: i64) -> impl Strategy<Value = RunFilter> + use<> {
    let stranger = UserId(Uuid::from_u128(7));
    let words = users.iter().copied().chain([stranger]).map(InitiatorChoice::User);
    let initiators: Vec<_> = words.chain([InitiatorChoice::Me, InitiatorChoice::System]).collect();
    let moment =
        || prop::option::weighted(0.2, (0..minutes).prop_map(move |m| Moment::At(begin + TimeDelta::minutes(m))));
    let of = (
        choice(OperationType::ALL.to_vec()),
        choice(RunStatus::ALL.to_vec()),
        choice(RunOutcome::ALL.to_vec()),
        choice(initiators),
        choice(ReasonCode::ALL.to_vec()),
        (moment(), moment()),
    );
    of.prop_map(|(types, statuses, outcomes, initiators, reasons, (from, to))| RunFilter {
        types,
        statuses,
        outcomes,
        initiators,
        reasons,
        from,
        to,
        ..RunFilter::default()
    })
}
