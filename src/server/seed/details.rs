//! What seeded runs differ in: types, outcomes, causes, counts, sizes. Weights are those of a tenant that works, with
//! some rare values, because those are what a filter is slow on.

use chrono::{DateTime, Utc};
use rand::{Rng, rngs::StdRng};
use serde_json::{Value, json};

use super::world::id_at;
use crate::model::{
    operation::OperationType,
    reason::ReasonCode,
    run::{RunFailure, RunOutcome, SummaryCounts},
};

/// What a run works through.
pub(super) const STEPS: [&str; 7] = [
    "Device configurations",
    "Compliance policies",
    "Settings catalog",
    "Administrative templates",
    "Conditional Access policies",
    "Mobile apps",
    "Groups",
];

const POLICIES: [&str; 8] = [
    "Windows - Baseline - Defender",
    "Windows - BitLocker",
    "macOS - FileVault",
    "Android - Compliance - Strict",
    "iOS - Passcode",
    "Conditional Access - Require MFA for administrators",
    "Windows - Update ring - Pilot",
    "Edge - Hardening",
];

/// One of the values, by weights in a hundred thousand.
fn weighted<T: Copy>(rng: &mut StdRng, weights: &[(T, u32)]) -> T {
    let all: u32 = weights.iter().map(|(_, weight)| weight).sum();
    let mut dice = rng.random_range(0..all);
    for (value, weight) in weights {
        if dice < *weight {
            return *value;
        }
        dice -= weight;
    }
    weights[0].0
}

pub(super) fn operation_type(rng: &mut StdRng) -> OperationType {
    use OperationType as T;
    weighted(
        rng,
        &[
            (T::InventorySync, 30_000),
            (T::PolicySync, 28_000),
            (T::DirectoryGroupsSync, 22_000),
            (T::DriftGenerate, 16_000),
            (T::BackupSetAddPolicies, 3_950),
            (T::RestoreExecute, 50),
        ],
    )
}

pub(super) fn outcome(rng: &mut StdRng) -> RunOutcome {
    use RunOutcome as O;
    weighted(rng, &[(O::Succeeded, 86_000), (O::PartiallySucceeded, 8_000), (O::Failed, 5_800), (O::Cancelled, 200)])
}

/// Of each cause: how often, and with which HTTP status it comes.
const CAUSES: [(ReasonCode, Option<u16>, u32); 14] = [
    (ReasonCode::GraphThrottled, Some(429), 34_000),
    (ReasonCode::PermissionDenied, Some(403), 20_000),
    (ReasonCode::ServiceUnavailable, Some(503), 17_000),
    (ReasonCode::Network, None, 9_000),
    (ReasonCode::Timeout, None, 6_000),
    (ReasonCode::NotFound, Some(404), 5_000),
    (ReasonCode::Conflict, Some(409), 4_000),
    (ReasonCode::IncompleteData, Some(200), 2_500),
    (ReasonCode::DependencyMissing, Some(424), 1_500),
    (ReasonCode::InvalidPayload, Some(400), 700),
    (ReasonCode::AuthFailed, Some(401), 200),
    (ReasonCode::WorkerLost, None, 80),
    (ReasonCode::BlockedByPolicy, Some(400), 15),
    (ReasonCode::TenantUnavailable, Some(404), 5),
];

/// Milliseconds: mostly seconds, now and then an hour.
pub(super) fn duration(rng: &mut StdRng) -> i64 {
    match rng.random_range(0..100) {
        0..70 => rng.random_range(900..30_000),
        70..98 => rng.random_range(30_000..600_000),
        _ => rng.random_range(600_000..4_000_000),
    }
}

pub(super) fn failures(rng: &mut StdRng, outcome: RunOutcome, at: DateTime<Utc>) -> Vec<RunFailure> {
    let count = match outcome {
        RunOutcome::Succeeded | RunOutcome::Cancelled => 0,
        RunOutcome::Failed => 1,
        RunOutcome::PartiallySucceeded if rng.random_ratio(1, 50) => rng.random_range(20..80),
        RunOutcome::PartiallySucceeded => rng.random_range(1..5),
    };
    (0..count)
        .map(|_| {
            let dice = CAUSES.map(|(code, status, weight)| ((code, status), weight));
            let (code, http_status) = weighted(rng, &dice);
            RunFailure {
                code,
                message: code.sentence().to_owned(),
                item: (outcome != RunOutcome::Failed).then(|| pick(rng, &POLICIES).to_owned()),
                http_status,
                request_id: http_status.map(|_| id_at(rng, at).to_string()),
            }
        })
        .collect()
}

pub(super) fn counts(
    rng: &mut StdRng,
    operation_type: OperationType,
    outcome: RunOutcome,
    failures: u64,
) -> SummaryCounts {
    let succeeded = match outcome {
        RunOutcome::Failed => 0,
        _ if rng.random_ratio(1, 20) => rng.random_range(400..20_000),
        _ => rng.random_range(1..400),
    };
    let failed = if outcome == RunOutcome::PartiallySucceeded { failures } else { 0 };
    let created = rng.random_range(0..=succeeded / 20);
    let updated = rng.random_range(0..=(succeeded - created) / 10);
    let unchanged = succeeded - created - updated;
    let own: &[(&str, u64)] = match operation_type {
        OperationType::BackupSetAddPolicies => &[],
        OperationType::DriftGenerate => &[("findings", updated)],
        OperationType::RestoreExecute => &[("created", created), ("updated", updated), ("unchanged", unchanged)],
        _ => &[("created", created), ("removed", 0), ("unchanged", unchanged), ("updated", updated)],
    };
    SummaryCounts {
        total: succeeded + failed,
        processed: succeeded + failed,
        succeeded,
        failed,
        skipped: 0,
        own: own.iter().map(|(key, count)| ((*key).to_owned(), *count)).collect(),
    }
}

pub(super) fn inputs(rng: &mut StdRng, operation_type: OperationType) -> Value {
    match operation_type {
        OperationType::InventorySync | OperationType::PolicySync | OperationType::DirectoryGroupsSync => json!({}),
        OperationType::DriftGenerate => json!({ "baseline": "previous" }),
        OperationType::BackupSetAddPolicies | OperationType::RestoreExecute => {
            json!({ "set": rng.random::<u32>(), "policies": [pick(rng, &POLICIES), pick(rng, &POLICIES)] })
        }
    }
}

/// What the run noted: mostly little, in one of forty a list of everything it met.
pub(super) fn context(rng: &mut StdRng, inputs: Value) -> Value {
    let mut context = json!({ "inputs": inputs, "requests": rng.random_range(5..400) });
    if rng.random_ratio(1, 5) {
        context["throttled"] = json!({ "times": rng.random_range(1..9), "waited_seconds": rng.random_range(1..300) });
    }
    if rng.random_ratio(1, 40) {
        let items = if rng.random_ratio(1, 20) { rng.random_range(200..900) } else { rng.random_range(10..80) };
        let seen: Vec<Value> =
            (0..items).map(|number| json!({ "name": pick(rng, &POLICIES), "number": number })).collect();
        context["seen"] = Value::Array(seen);
    }
    context
}

fn pick<'a>(rng: &mut StdRng, words: &[&'a str]) -> &'a str {
    words[rng.random_range(0..words.len())]
}
