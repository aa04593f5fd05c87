//! One run of the seeded history, with its lines of history.

use chrono::{DateTime, TimeDelta, Utc};
use rand::{Rng, rngs::StdRng};
use serde_json::json;

use super::{
    DAYS, SeedPlan, details,
    world::{SeededTenant, World, id_at},
};
use crate::{
    model::{
        ids::RunId,
        run::{CancelRequest, Initiator, Run, RunEvent, RunEventKind, RunOutcome, RunProgress, RunStatus},
    },
    server::{
        db::{bulk::SeededRun, rows::FullRun},
        runs::{change::event, identity::run_identity_hash},
    },
};

const WORKERS: [&str; 4] = ["worker-1", "worker-2", "worker-3", "worker-4"];

/// The part of its time after which somebody stopped a cancelled run.
const CANCELLED_AFTER: f64 = 0.9;

/// When the run of this number was created: runs are spread evenly, each moved a little.
pub(super) fn moment(rng: &mut StdRng, plan: SeedPlan, index: u64) -> DateTime<Utc> {
    let all = (DAYS * 86_400_000) as f64;
    let slot = all / plan.runs as f64;
    let millis = slot * (index as f64 + rng.random_range(0.0..0.999));
    plan.end - TimeDelta::milliseconds((all - millis) as i64 + 1)
}

pub(super) fn imagine(rng: &mut StdRng, world: &World, created_at: DateTime<Utc>) -> SeededRun {
    let tenant = world.tenant(rng);
    let operation_type = details::operation_type(rng);
    let outcome = details::outcome(rng);
    let started_at = created_at + TimeDelta::milliseconds(rng.random_range(15..2_500));
    let completed_at = started_at + TimeDelta::milliseconds(details::duration(rng));
    let attempt = if rng.random_ratio(1, 70) { 2 } else { 1 };
    let joined_count = if rng.random_ratio(1, 40) { rng.random_range(1..4) } else { 0 };
    let failures = details::failures(rng, outcome, completed_at);
    let inputs = details::inputs(rng, operation_type);
    let cancel_requested = (outcome == RunOutcome::Cancelled).then(|| CancelRequest {
        at: started_at + (completed_at - started_at).mul_f64(CANCELLED_AFTER),
        by: tenant.members[0].name.clone(),
    });
    let run = Run {
        id: RunId(id_at(rng, created_at)),
        tenant_id: tenant.id,
        operation_type,
        status: RunStatus::Completed,
        outcome: Some(outcome),
        initiator: initiator(rng, tenant),
        attempt,
        summary_counts: details::counts(rng, operation_type, outcome, failures.len() as u64),
        progress: None,
        joined_count,
        cancel_requested,
        retry_of: None,
        released_at: None,
        sample: true,
        heartbeat_at: Some(completed_at),
        created_at,
        started_at: Some(started_at),
        completed_at: Some(completed_at),
        updated_at: completed_at,
    };
    let worker = WORKERS[rng.random_range(0..WORKERS.len())];
    let events = history(&run, tenant, worker, rng).into_iter().map(|line| (id_at(rng, line.at), line)).collect();
    let full = FullRun {
        run,
        // JSON of our own making has a canonical form.
        run_identity_hash: run_identity_hash(operation_type, &inputs).unwrap_or_default(),
        failures,
        context: details::context(rng, inputs),
    };
    SeededRun { full, events }
}

/// Half of the runs are a schedule's; of the people, the first start more than the last.
fn initiator(rng: &mut StdRng, tenant: &SeededTenant) -> Initiator {
    if rng.random_ratio(1, 2) {
        return Initiator::system();
    }
    let people = tenant.members.len();
    let dice = rng.random_range(0..people).min(rng.random_range(0..people)).min(rng.random_range(0..people));
    let member = &tenant.members[dice];
    Initiator { user_id: Some(member.id), name: member.name.clone() }
}

fn history(run: &Run, tenant: &SeededTenant, worker: &str, rng: &mut StdRng) -> Vec<RunEvent> {
    let (Some(started_at), Some(completed_at)) = (run.started_at, run.completed_at) else { return Vec::new() };
    let between = |part: f64| started_at + (completed_at - started_at).mul_f64(part);
    let mut lines = vec![event(RunEventKind::Created, &run.initiator.name, 0, json!({}), run.created_at)];
    lines.push(event(RunEventKind::Started, worker, 1, json!({}), started_at));
    if run.attempt > 1 {
        lines.push(event(RunEventKind::Started, worker, 2, json!({}), between(0.1)));
    }
    for _ in 0..run.joined_count {
        let member = &tenant.members[rng.random_range(0..tenant.members.len())];
        let detail = json!({ "user_id": member.id });
        lines.push(event(RunEventKind::Joined, &member.name, run.attempt, detail, between(0.2)));
    }
    if rng.random_ratio(1, 3) {
        let steps = details::STEPS.len() as u64;
        for (done, step) in details::STEPS.iter().take(rng.random_range(1..4)).enumerate() {
            let progress = RunProgress {
                done: done as u64,
                total: Some(steps),
                unit: "families".to_owned(),
                step: Some((*step).to_owned()),
            };
            let detail = json!({ "progress": progress, "counts": run.summary_counts });
            let at = between(0.3 + 0.15 * done as f64);
            lines.push(event(RunEventKind::Progress, worker, run.attempt, detail, at));
        }
    }
    if let Some(request) = &run.cancel_requested {
        lines.push(event(RunEventKind::CancelRequested, &request.by, run.attempt, json!({}), request.at));
    }
    let detail = json!({ "outcome": run.outcome, "counts": run.summary_counts });
    lines.push(event(RunEventKind::Completed, worker, run.attempt, detail, completed_at));
    lines
}

trait MulF64 {
    fn mul_f64(self, by: f64) -> Self;
}

impl MulF64 for TimeDelta {
    fn mul_f64(self, by: f64) -> Self {
        Self::milliseconds((self.num_milliseconds() as f64 * by) as i64)
    }
}
