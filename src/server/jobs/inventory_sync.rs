//! `inventory.sync`: reads every family of the tenant and keeps what is there, with a hash of its content.

use std::collections::HashSet;

use futures::{FutureExt, future::BoxFuture};
use serde_json::Value;
use tracing::warn;

use super::{
    Producer,
    families::{failed_families, only_families, wanted_families},
};
use crate::{
    error::AppError,
    model::{
        ids::RunId,
        operation::OperationType,
        reason::ReasonCode,
        run::{RunFailure, RunProgress, SummaryCounts},
    },
    server::{
        connections::Connections,
        db::inventory::{self, InventoryItem, SeenBy, StoredItem},
        graph::{Family, GraphClient, GraphError, Page, content_hash},
        runs::{JobError, RunHandle, handle::StepResult},
    },
};

/// The inputs of a run: none for the whole tenant, or `only` some of its families.
pub fn accept(inputs: &Value) -> Result<Value, AppError> {
    only_families(inputs, "An inventory sync takes no input but \"only\", a list of the families to read.")
}

/// The families that failed. A failed item does not say which family it is of: then all are read again.
pub fn failed_only(inputs: &Value, failures: &[RunFailure]) -> Option<Value> {
    failed_families(inputs, failures)
}

/// The producer.
pub struct InventorySync {
    connections: Connections,
}

impl Producer for InventorySync {
    fn operation_type(&self) -> OperationType {
        OperationType::InventorySync
    }

    fn perform(&self, run: RunHandle) -> BoxFuture<'_, Result<(), JobError>> {
        self.sync(run).boxed()
    }
}

impl InventorySync {
    pub const fn new(connections: Connections) -> Self {
        Self { connections }
    }

    async fn sync(&self, run: RunHandle) -> Result<(), JobError> {
        let client = self.connections.client(run.scope()).await?;
        // One sign-in before anything else: when it fails, that is the failure of the run, told once.
        client.sign_in().await?;
        let families = wanted_families(&run.inputs().await?);
        let (mut answered, mut stored) = (0, 0);
        let mut first_failure = None;
        for (done, family) in families.iter().copied().enumerate() {
            run.record(at((done, families.len()), Some(family), StepResult::default())).await?;
            match sync_family(&run, &client, family, &mut stored).await {
                Ok(()) => answered += 1,
                Err(JobError::Graph(error)) => {
                    warn!(run = %run.id(), family = %family, error = error.detail(), "a family could not be read");
                    let licensed = error.reason != ReasonCode::LicenseMissing;
                    run.record(not_read(family, &error, licensed)).await?;
                    if licensed {
                        first_failure.get_or_insert(error.reason);
                    } else {
                        answered += 1;
                    }
                }
                Err(other) => return Err(other),
            }
        }
        run.record(at((families.len(), families.len()), None, StepResult::default())).await?;
        // What each family failed of is told already; the run as a whole failed only when none could be read.
        match first_failure {
            Some(code) if answered == 0 && stored == 0 => {
                Err(JobError::Failed { code, message: "No family of the tenant could be read.".to_owned() })
            }
            _ => Ok(()),
        }
    }
}

/// Reads one family to its end, page by page: each page with its counts is one transaction, so that what was read
/// before a failure stays. Only when all of it was read is removed what is gone.
/// Adds to `stored` what it stored, also when it fails.
async fn sync_family(
    run: &RunHandle,
    client: &GraphClient,
    family: Family,
    stored: &mut usize,
) -> Result<(), JobError> {
    let mut pages = client.items(family);
    let mut seen = HashSet::new();
    let mut whole = true;
    while let Some(page) = pages.next().await {
        let (items, failures) = new_items(page?, &mut seen);
        whole &= failures.is_empty();
        store_page(run, family, &items, failures).await?;
        *stored += items.len();
    }
    // An item that could not be read may well be one that is stored: then nothing is removed this time.
    if whole {
        let mut step = run.step().await?;
        let removed = inventory::delete_unseen(step.tx(), run.scope(), family.as_str(), seen_by(run)).await?;
        step.commit(StepResult { counts: own([("removed", removed)]), ..StepResult::default() }).await?;
    }
    Ok(())
}

/// The items of a page that were not on one before, and the failures of those that could not be read.
fn new_items(page: Page, seen: &mut HashSet<String>) -> (Vec<InventoryItem>, Vec<RunFailure>) {
    let mut items = Vec::new();
    let mut failures = Vec::new();
    for item in page.items {
        match item {
            Ok(item) if seen.insert(item.identity.id.clone()) => items.push(InventoryItem {
                content_hash: content_hash(&item.body),
                graph_id: item.identity.id,
                name: item.identity.name,
                odata_type: item.identity.odata_type,
            }),
            Ok(_) => {}
            Err(failed) => failures.push(failed.failure()),
        }
    }
    (items, failures)
}

async fn store_page(
    run: &RunHandle,
    family: Family,
    items: &[InventoryItem],
    failures: Vec<RunFailure>,
) -> Result<(), JobError> {
    if items.is_empty() && failures.is_empty() {
        return Ok(());
    }
    let mut step = run.step().await?;
    let ids: Vec<&str> = items.iter().map(|item| item.graph_id.as_str()).collect();
    let stored = inventory::stored(step.tx(), run.scope(), family.as_str(), &ids).await?;
    inventory::upsert(step.tx(), run.scope(), family.as_str(), items, seen_by(run), run.now()).await?;
    let (mut created, mut updated, mut unchanged) = (0, 0, 0);
    for item in items {
        match classify(item, stored.get(&item.graph_id), run.id()) {
            Class::Created => created += 1,
            Class::Updated => updated += 1,
            Class::Unchanged => unchanged += 1,
        }
    }
    let (succeeded, failed) = (items.len() as u64, failures.len() as u64);
    let counts = SummaryCounts {
        total: succeeded + failed,
        processed: succeeded + failed,
        succeeded,
        failed,
        ..own([("created", created), ("updated", updated), ("unchanged", unchanged)])
    };
    step.commit(StepResult { counts, failures, progress: None }).await
}

fn seen_by(run: &RunHandle) -> SeenBy {
    SeenBy { run: run.id(), attempt: run.attempt() }
}

enum Class {
    Created,
    Updated,
    Unchanged,
}

/// What the run found of an item. An earlier attempt of the same run does not count as having been there before.
fn classify(item: &InventoryItem, stored: Option<&StoredItem>, run: RunId) -> Class {
    match stored {
        None => Class::Created,
        Some(stored) if stored.created_run == run => Class::Created,
        Some(stored) if stored.changed_run == run || stored.content_hash != item.content_hash => Class::Updated,
        Some(_) => Class::Unchanged,
    }
}

/// A family that could not be read counts as one item: failed, or skipped where the tenant has no licence for it.
fn not_read(family: Family, error: &GraphError, licensed: bool) -> StepResult {
    let (failed, skipped) = if licensed { (1, 0) } else { (0, 1) };
    let counts = SummaryCounts { total: 1, processed: 1, failed, skipped, ..own([]) };
    let failures = if licensed { vec![error.failure(Some(family.label()))] } else { Vec::new() };
    StepResult { counts, failures, progress: None }
}

/// The step's result with the progress: `done` families of all that are wanted, and the one it is at.
fn at((done, total): (usize, usize), family: Option<Family>, result: StepResult) -> StepResult {
    let progress = RunProgress {
        done: done as u64,
        total: Some(total as u64),
        unit: "families".to_owned(),
        step: family.map(|family| family.label().to_owned()),
    };
    // The type's own counts are there from the first step on, also when they stay zero.
    let zeros = own([("created", 0), ("updated", 0), ("unchanged", 0), ("removed", 0)]);
    let mut counts = result.counts;
    counts.merge(&zeros);
    StepResult { counts, progress: Some(progress), ..result }
}

fn own<const N: usize>(counts: [(&str, u64); N]) -> SummaryCounts {
    let own = counts.into_iter().map(|(key, count)| (key.to_owned(), count)).collect();
    SummaryCounts { own, ..SummaryCounts::default() }
}
