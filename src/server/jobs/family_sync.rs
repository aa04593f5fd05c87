//! What all syncs of families have in common: every family in turn, page by page, each page with its counts one
//! transaction, and what is gone removed only after a family was read whole.

use std::{collections::HashSet, future::Future};

use sha2::{Digest, Sha256};
use tracing::warn;

use super::families::wanted_families;
use crate::{
    model::{
        reason::ReasonCode,
        run::{RunFailure, RunProgress, SummaryCounts},
    },
    server::{
        connections::Connections,
        db::{
            DbResult, Tx,
            seen::{SeenBy, Sighting, Tally},
        },
        graph::{Family, GraphClient, GraphError, Item, Page, Pages},
        runs::{JobError, RunHandle, handle::StepResult},
    },
};

/// What one sync of families does that others do not.
pub trait FamilySync: Send + Sync + 'static {
    /// An item as it is written.
    type Row: Send + Sync + 'static;

    const FAMILIES: &'static [Family];

    /// The family's items, whole.
    fn pages(client: &GraphClient, family: Family) -> Pages;

    /// Makes a row of an item; costs nothing but time.
    fn row(item: Item) -> Self::Row;

    /// Writes a page.
    fn store(tx: &mut Tx, on: Sighting<'_>, rows: &[Self::Row]) -> impl Future<Output = DbResult<Tally>> + Send;

    /// Notes that these are there, though they could not be read.
    fn touch(tx: &mut Tx, on: Sighting<'_>, ids: &[&str]) -> impl Future<Output = DbResult<()>> + Send;

    /// Removes what the family no longer has; gives how many the run found gone.
    fn remove_unseen(tx: &mut Tx, on: Sighting<'_>) -> impl Future<Output = DbResult<u64>> + Send;
}

/// Reads every family. One that cannot be read keeps what was stored of it.
pub async fn sync<S: FamilySync>(connections: &Connections, run: RunHandle) -> Result<(), JobError> {
    let client = connections.client(run.scope()).await?;
    // One sign-in before anything else: when it fails, that is the failure of the run, told once.
    client.sign_in().await?;
    let (mut answered, mut stored) = (0, 0);
    let mut first_failure = None;
    let families = wanted_families(S::FAMILIES, &run.inputs().await?);
    for (done, family) in families.iter().copied().enumerate() {
        run.record(at((done, families.len()), Some(family))).await?;
        match sync_family::<S>(&run, &client, family, &mut stored).await {
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
    run.record(at((families.len(), families.len()), None)).await?;
    // What each family failed of is told already; the run as a whole failed only when none could be read.
    match first_failure {
        Some(code) if answered == 0 && stored == 0 => {
            Err(JobError::Failed { code, message: "No family of the tenant could be read.".to_owned() })
        }
        _ => Ok(()),
    }
}

/// Reads one family to its end. What was read before a failure stays. Adds to `stored` what it stored, also when it fails.
async fn sync_family<S: FamilySync>(
    run: &RunHandle,
    client: &GraphClient,
    family: Family,
    stored: &mut usize,
) -> Result<(), JobError> {
    let mut pages = S::pages(client, family);
    let mut seen = HashSet::new();
    let mut unnamed = false;
    let mut next = pages.next().await;
    while let Some(page) = next {
        let page = new_items(page?, &mut seen);
        unnamed |= page.unnamed;
        // The next page is read while this one is written.
        let (written, following) = tokio::join!(store_page::<S>(run, family, page), pages.next());
        *stored += written?;
        next = following;
    }
    // An item that could not even be named may well be one that is stored: then nothing is removed this time.
    if !unnamed {
        let mut step = run.step().await?;
        step.tx().take_turns(turn(run)).await?;
        let removed = S::remove_unseen(step.tx(), sighting(run, family)).await?;
        step.commit(StepResult { counts: own([("removed", removed)]), ..StepResult::default() }).await?;
    }
    Ok(())
}

/// What is new on a page.
#[derive(Default)]
struct NewItems {
    items: Vec<Item>,
    failures: Vec<RunFailure>,
    /// The ids of those that could not be read.
    failed: Vec<String>,
    /// Whether one could not even be named.
    unnamed: bool,
}

/// The items of a page that were not on one before, whole or not; `seen` has the hashes of ids, to stay small.
fn new_items(page: Page, seen: &mut HashSet<[u8; 32]>) -> NewItems {
    let mut new = NewItems::default();
    let mut first = |id: &str| seen.insert(Sha256::digest(id).into());
    for item in page.items {
        match item {
            Ok(item) => {
                if first(&item.identity.id) {
                    new.items.push(item);
                }
            }
            Err(failed) => {
                let failure = failed.failure();
                match failed.identity {
                    Some(who) if !first(&who.id) => continue,
                    Some(who) => new.failed.push(who.id),
                    None => new.unnamed = true,
                }
                new.failures.push(failure);
            }
        }
    }
    new
}

/// Writes a page with its counts; gives how many items it stored.
async fn store_page<S: FamilySync>(run: &RunHandle, family: Family, page: NewItems) -> Result<usize, JobError> {
    let NewItems { items, failures, failed, .. } = page;
    if items.is_empty() && failures.is_empty() {
        return Ok(0);
    }
    // Normal forms and hashes take their time, and others want to be answered meanwhile.
    let rows: Vec<S::Row> = tokio::task::spawn_blocking(|| items.into_iter().map(S::row).collect())
        .await
        .map_err(|error| JobError::Internal(Box::new(error)))?;
    let mut step = run.step().await?;
    step.tx().take_turns(turn(run)).await?;
    let on = sighting(run, family);
    let tally = S::store(step.tx(), on, &rows).await?;
    S::touch(step.tx(), on, &failed.iter().map(String::as_str).collect::<Vec<_>>()).await?;
    let (succeeded, failed) = (rows.len() as u64, failures.len() as u64);
    let counts = SummaryCounts {
        total: succeeded + failed,
        processed: succeeded + failed,
        succeeded,
        failed,
        ..own([("created", tally.created), ("updated", tally.updated), ("unchanged", tally.unchanged)])
    };
    step.commit(StepResult { counts, failures, progress: None }).await?;
    Ok(rows.len())
}

/// Two runs may read the same family of a tenant at once, one of them all families and the other only some: they write
/// one after the other, and what the newer one has seen counts.
fn turn(run: &RunHandle) -> i64 {
    const FAMILIES: u64 = 0x66_61_6d_69_6c_79;
    (run.scope().tenant().0.as_u64_pair().1 ^ FAMILIES).cast_signed()
}

fn sighting(run: &RunHandle, family: Family) -> Sighting<'static> {
    let seen = SeenBy { run: run.id(), attempt: run.attempt() };
    Sighting { scope: run.scope(), family: family.as_str(), seen, at: run.now() }
}

/// A family that could not be read counts as one item: failed, or skipped where the tenant has no licence for it.
fn not_read(family: Family, error: &GraphError, licensed: bool) -> StepResult {
    let (failed, skipped) = if licensed { (1, 0) } else { (0, 1) };
    let counts = SummaryCounts { total: 1, processed: 1, failed, skipped, ..own([]) };
    let failures = if licensed { vec![error.failure(Some(family.label()))] } else { Vec::new() };
    StepResult { counts, failures, progress: None }
}

/// The progress: so many of so many families, and the one it is at.
fn at((done, total): (usize, usize), family: Option<Family>) -> StepResult {
    let progress = RunProgress {
        done: done as u64,
        total: Some(total as u64),
        unit: "families".to_owned(),
        step: family.map(|family| family.label().to_owned()),
    };
    // The type's own counts are there from the first step on, also when they stay zero.
    let counts = own([("created", 0), ("updated", 0), ("unchanged", 0), ("removed", 0)]);
    StepResult { counts, progress: Some(progress), ..StepResult::default() }
}

fn own<const N: usize>(counts: [(&str, u64); N]) -> SummaryCounts {
    let own = counts.into_iter().map(|(key, count)| (key.to_owned(), count)).collect();
    SummaryCounts { own, ..SummaryCounts::default() }
}
