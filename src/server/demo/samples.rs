//! Sample runs: a believable history of some weeks, the same for the same seed.

use chrono::{DateTime, TimeDelta, Utc};
use rand::{Rng, SeedableRng, rngs::StdRng};
use serde_json::json;

use crate::{
    model::{
        ids::{RunId, TenantId},
        operation::OperationType,
        reason::ReasonCode,
        run::{Initiator, Run, RunEvent, RunEventKind, RunFailure, RunOutcome, RunStatus, SummaryCounts},
    },
    server::{
        boot::Core,
        db::{DbResult, rows::FullRun, run_events, run_tables::RunTable, runs},
        error::ServiceError,
        runs::{change::event, identity::run_identity_hash},
    },
};

const SEED: u64 = 20_260_101;
/// How far back the samples reach.
const DAYS: i64 = 42;

const PEOPLE: [&str; 4] = ["Ana Pereira", "Jonas Lindqvist", "Clara Dubois", "system"];

/// What fails in samples, where, and with which HTTP status.
const FAILURES: [(ReasonCode, &str, Option<u16>); 8] = [
    (ReasonCode::PermissionDenied, "Conditional Access policies", Some(403)),
    (ReasonCode::GraphThrottled, "Device configurations", Some(429)),
    (ReasonCode::ServiceUnavailable, "Mobile apps", Some(503)),
    (ReasonCode::IncompleteData, "Windows - Baseline - Defender", Some(200)),
    (ReasonCode::NotFound, "macOS - FileVault", Some(404)),
    (ReasonCode::Conflict, "Windows - BitLocker", Some(409)),
    (ReasonCode::DependencyMissing, "Android - Compliance - Strict", Some(424)),
    (ReasonCode::Timeout, "Settings catalog", None),
];

/// Adds the tenant's sample runs, unless it has some.
pub(super) async fn add(core: &Core, tenant: TenantId, slug: &str, count: usize) -> Result<(), ServiceError> {
    if runs::has_samples(&core.db, tenant).await? {
        return Ok(());
    }
    let mut rng = StdRng::seed_from_u64(slug.bytes().fold(SEED, |seed, byte| seed.wrapping_mul(31) + u64::from(byte)));
    let now = core.clock.now();
    let mut starts: Vec<_> =
        (0..count).map(|_| now - TimeDelta::seconds(rng.random_range(900..DAYS * 86_400))).collect();
    starts.sort_unstable();
    let mut tx = core.db.begin().await?;
    for (index, start) in starts.into_iter().enumerate() {
        let full = sample(&mut rng, core, tenant, index, start)?;
        insert(&mut tx, core, &full).await?;
    }
    Ok(tx.commit().await?)
}

async fn insert(tx: &mut crate::server::db::Tx, core: &Core, full: &FullRun) -> DbResult<()> {
    runs::insert(tx, full).await?;
    let run = &full.run;
    for line in history(run) {
        run_events::insert(tx, core.clock.id_at(line.at), run.id, &line).await?;
    }
    if let Some(table) = RunTable::of(run.operation_type) {
        table.write(tx, core.clock.new_id(), full).await?;
    }
    Ok(())
}

fn sample(
    rng: &mut StdRng,
    core: &Core,
    tenant: TenantId,
    index: usize,
    created_at: DateTime<Utc>,
) -> Result<FullRun, ServiceError> {
    // Every type and every outcome is there, whatever the dice say.
    let types = OperationType::ALL;
    let operation_type = types[if index < types.len() { index } else { rng.random_range(0..types.len()) }];
    let outcome = match (index, rng.random_range(0..100)) {
        (0..4, _) => RunOutcome::ALL[index],
        (_, 0..78) => RunOutcome::Succeeded,
        (_, 78..89) => RunOutcome::PartiallySucceeded,
        (_, 89..96) => RunOutcome::Failed,
        _ => RunOutcome::Cancelled,
    };
    let started_at = created_at + TimeDelta::milliseconds(rng.random_range(40..2_500));
    let completed_at = started_at + TimeDelta::milliseconds(rng.random_range(3_000..900_000));
    let failures = failures(rng, core, outcome, completed_at);
    let summary_counts = counts(rng, operation_type, outcome, failures.len() as u64);
    let inputs = json!({});
    let run_identity_hash =
        run_identity_hash(operation_type, &inputs).map_err(|error| ServiceError::Internal(error.to_string()))?;
    let run = Run {
        id: RunId(core.clock.id_at(created_at)),
        tenant_id: tenant,
        operation_type,
        status: RunStatus::Completed,
        outcome: Some(outcome),
        initiator: Initiator { user_id: None, name: PEOPLE[rng.random_range(0..PEOPLE.len())].to_owned() },
        attempt: 1,
        summary_counts,
        progress: None,
        cancel_requested: None,
        retry_of: None,
        released_at: None,
        joined_count: 0,
        sample: true,
        heartbeat_at: Some(completed_at),
        created_at,
        started_at: Some(started_at),
        completed_at: Some(completed_at),
        updated_at: completed_at,
    };
    Ok(FullRun { run, run_identity_hash, failures, context: json!({ "inputs": inputs, "sample": true }) })
}

fn failures(rng: &mut StdRng, core: &Core, outcome: RunOutcome, at: DateTime<Utc>) -> Vec<RunFailure> {
    let count = match outcome {
        RunOutcome::Succeeded | RunOutcome::Cancelled => 0,
        RunOutcome::PartiallySucceeded => rng.random_range(1..4),
        RunOutcome::Failed => 1,
    };
    let first = rng.random_range(0..FAILURES.len());
    (first..first + count)
        .map(|index| {
            let (code, item, http_status) = FAILURES[index % FAILURES.len()];
            RunFailure {
                code,
                message: code.sentence().to_owned(),
                item: (outcome != RunOutcome::Failed).then(|| item.to_owned()),
                http_status,
                request_id: http_status.map(|_| core.clock.id_at(at).to_string()),
            }
        })
        .collect()
}

fn counts(rng: &mut StdRng, operation_type: OperationType, outcome: RunOutcome, failed: u64) -> SummaryCounts {
    let items = match outcome {
        RunOutcome::Failed => 0,
        RunOutcome::Cancelled => rng.random_range(1..60),
        RunOutcome::Succeeded | RunOutcome::PartiallySucceeded => rng.random_range(20..420),
    };
    let failed = if outcome == RunOutcome::PartiallySucceeded { failed } else { 0 };
    let created = rng.random_range(0..=items / 20);
    let updated = rng.random_range(0..=(items - created) / 10);
    let own: &[(&str, u64)] = match operation_type {
        OperationType::DriftGenerate => &[("findings", updated)],
        OperationType::BackupSetAddPolicies => &[],
        OperationType::RestoreExecute => {
            &[("created", created), ("updated", updated), ("unchanged", items - created - updated)]
        }
        _ => &[("created", created), ("updated", updated), ("unchanged", items - created - updated), ("removed", 0)],
    };
    SummaryCounts {
        total: items + failed,
        processed: items + failed,
        succeeded: items,
        failed,
        skipped: 0,
        own: own.iter().map(|(key, count)| ((*key).to_owned(), *count)).collect(),
    }
}

fn history(run: &Run) -> Vec<RunEvent> {
    let person = &run.initiator.name;
    let mut lines = vec![event(RunEventKind::Created, person, 0, json!({}), run.created_at)];
    if let Some(at) = run.started_at {
        lines.push(event(RunEventKind::Started, "worker", 1, json!({}), at));
    }
    if let Some(at) = run.completed_at {
        let detail = json!({ "outcome": run.outcome, "counts": run.summary_counts });
        lines.push(event(RunEventKind::Completed, "worker", 1, detail, at));
    }
    lines
}
