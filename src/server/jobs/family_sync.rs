//! What all syncs of families have in common: every family in turn, page by page, and what is gone removed only after a
//! family was read whole. Reading and writing go on side by side.

use std::{collections::HashSet, future::Future};

use sha2::{Digest, Sha256};
use tokio::sync::mpsc;
use tracing::warn;

use super::{
    families::wanted_families,
    family_rows::{Found, NewItems, write_found},
};
use crate::{
    model::{
        reason::ReasonCode,
        run::{RunProgress, SummaryCounts},
    },
    server::{
        connections::Connections,
        db::{
            DbResult, Tx,
            seen::{Sighting, Tally},
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

    /// Roughly what a row takes while it waits to be written.
    fn bytes(_row: &Self::Row) -> usize {
        0
    }

    /// Writes some items, each at most once.
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
    let families = wanted_families(S::FAMILIES, &run.inputs().await?);
    let (found, inbox) = mpsc::channel(1);
    let reading = Reading { run: &run, client: &client, found, read: 0 };
    let (read, written) = tokio::join!(reading.all::<S>(&families), write_found::<S>(&run, inbox));
    written.and(read)
}

/// Reads families for somebody who writes them down.
struct Reading<'a> {
    run: &'a RunHandle,
    client: &'a GraphClient,
    found: mpsc::Sender<Found>,
    /// How many items were read whole.
    read: usize,
}

impl Reading<'_> {
    async fn all<S: FamilySync>(mut self, families: &[Family]) -> Result<(), JobError> {
        let mut answered = 0;
        let mut first_failure = None;
        for (done, family) in families.iter().copied().enumerate() {
            self.run.record(at((done, families.len()), Some(family))).await?;
            match self.family::<S>(family).await {
                Ok(()) => answered += 1,
                Err(JobError::Graph(error)) => {
                    warn!(run = %self.run.id(), family = %family, error = error.detail(), "a family could not be read");
                    let licensed = error.reason != ReasonCode::LicenseMissing;
                    self.run.record(not_read(family, &error, licensed)).await?;
                    if licensed {
                        first_failure.get_or_insert(error.reason);
                    } else {
                        answered += 1;
                    }
                }
                Err(other) => return Err(other),
            }
        }
        self.run.record(at((families.len(), families.len()), None)).await?;
        // What each family failed of is told already; the run as a whole failed only when none could be read.
        match first_failure {
            Some(code) if answered == 0 && self.read == 0 => {
                Err(JobError::Failed { code, message: "No family of the tenant could be read.".to_owned() })
            }
            _ => Ok(()),
        }
    }

    /// Reads one family to its end. What was read before a failure stays.
    async fn family<S: FamilySync>(&mut self, family: Family) -> Result<(), JobError> {
        let mut pages = S::pages(self.client, family);
        let mut seen = HashSet::new();
        let mut unnamed = false;
        loop {
            // One page waits at most while others are written.
            let room = self.found.reserve().await.map_err(|_| JobError::Stopped)?;
            let page = tokio::select! {
                page = pages.next() => page,
                () = self.found.closed() => return Err(JobError::Stopped),
            };
            self.run.check()?;
            let Some(page) = page else {
                // An item that could not even be named may well be one that is stored: then nothing is removed this time.
                if !unnamed {
                    room.send(Found::Whole(family));
                }
                return Ok(());
            };
            let page = new_items(page?, &mut seen);
            unnamed |= page.unnamed;
            self.read += page.items.len();
            if !page.items.is_empty() || !page.failures.is_empty() {
                room.send(Found::Page(family, page));
            }
        }
    }
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

/// A family that could not be read counts as one item: failed, or skipped where the tenant has no licence for it.
fn not_read(family: Family, error: &GraphError, licensed: bool) -> StepResult {
    let (failed, skipped) = if licensed { (1, 0) } else { (0, 1) };
    let counts = SummaryCounts { total: 1, processed: 1, failed, skipped, ..own([]) };
    let failures = if licensed { vec![error.failure(Some(family.label()))] } else { Vec::new() };
    StepResult { counts, failures, ..StepResult::default() }
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

/// Counts of the type's own.
pub fn own<const N: usize>(counts: [(&str, u64); N]) -> SummaryCounts {
    let own = counts.into_iter().map(|(key, count)| (key.to_owned(), count)).collect();
    SummaryCounts { own, ..SummaryCounts::default() }
}
