//! Writes what a sync of families has read: pages gather, of one family or of several, and go into the database together
//! with their counts in one transaction.

use tokio::sync::mpsc;

use super::{
    family_sync::{FamilySync, own},
    gather::{MOST_BYTES, MOST_ROWS, Next, next},
};
use crate::{
    model::run::{RunFailure, SummaryCounts},
    server::{
        db::{
            Tx,
            seen::{SeenBy, Sighting, Tally},
        },
        graph::{Family, Item},
        runs::{JobError, RunHandle, handle::StepResult},
    },
};

/// What is new on a page.
#[derive(Default)]
pub struct NewItems {
    pub items: Vec<Item>,
    pub failures: Vec<RunFailure>,
    /// The ids of those that could not be read.
    pub failed: Vec<String>,
    /// Whether one could not even be named.
    pub unnamed: bool,
}

/// What was read of a family.
pub enum Found {
    Page(Family, NewItems),
    /// All of it was read: what was not seen is gone.
    Whole(Family),
}

/// Writes what is found, until nothing is found any more.
pub async fn write_found<S: FamilySync>(run: &RunHandle, mut found: mpsc::Receiver<Found>) -> Result<(), JobError> {
    let mut gathered = Gathered::<S> { parts: Vec::new(), rows: 0, bytes: 0 };
    loop {
        match next(run, !gathered.parts.is_empty(), found.recv()).await {
            Next::Came(found) => gathered.add(found).await?,
            Next::Due => gathered.write(run).await?,
            Next::End => return gathered.write(run).await,
        }
        if gathered.rows >= MOST_ROWS || gathered.bytes >= MOST_BYTES {
            gathered.write(run).await?;
        }
    }
}

/// What waits to be written, in the order in which it was read.
struct Gathered<S: FamilySync> {
    parts: Vec<Part<S>>,
    rows: usize,
    bytes: usize,
}

/// Of one family.
struct Part<S: FamilySync> {
    family: Family,
    rows: Vec<S::Row>,
    failures: Vec<RunFailure>,
    failed: Vec<String>,
    whole: bool,
}

impl<S: FamilySync> Gathered<S> {
    async fn add(&mut self, found: Found) -> Result<(), JobError> {
        match found {
            Found::Whole(family) => self.part(family).whole = true,
            Found::Page(family, NewItems { items, failures, failed, .. }) => {
                // Normal forms and hashes take their time, and others want to be answered meanwhile.
                let rows: Vec<S::Row> = tokio::task::spawn_blocking(|| items.into_iter().map(S::row).collect())
                    .await
                    .map_err(|error| JobError::Internal(Box::new(error)))?;
                self.rows += rows.len() + failed.len();
                self.bytes += rows.iter().map(S::bytes).sum::<usize>();
                let part = self.part(family);
                part.rows.extend(rows);
                part.failures.extend(failures);
                part.failed.extend(failed);
            }
        }
        Ok(())
    }

    fn part(&mut self, family: Family) -> &mut Part<S> {
        let place = match self.parts.iter().position(|part| part.family == family) {
            Some(place) => place,
            None => {
                let (rows, failures, failed) = (Vec::new(), Vec::new(), Vec::new());
                self.parts.push(Part { family, rows, failures, failed, whole: false });
                self.parts.len() - 1
            }
        };
        &mut self.parts[place]
    }

    /// Writes all of it with its counts.
    async fn write(&mut self, run: &RunHandle) -> Result<(), JobError> {
        if self.parts.is_empty() {
            return Ok(());
        }
        let mut step = run.step().await?;
        step.tx().take_turns(turn(run)).await?;
        let mut result = StepResult::default();
        for part in self.parts.drain(..) {
            result.merge(part.write(step.tx(), run).await?);
        }
        (self.rows, self.bytes) = (0, 0);
        step.commit(result).await
    }
}

impl<S: FamilySync> Part<S> {
    async fn write(self, tx: &mut Tx, run: &RunHandle) -> Result<StepResult, JobError> {
        let on = sighting(run, self.family);
        let tally = if self.rows.is_empty() { Tally::default() } else { S::store(tx, on, &self.rows).await? };
        S::touch(tx, on, &self.failed.iter().map(String::as_str).collect::<Vec<_>>()).await?;
        let removed = if self.whole { S::remove_unseen(tx, on).await? } else { 0 };
        let (succeeded, failed) = (self.rows.len() as u64, self.failures.len() as u64);
        let own = own([
            ("created", tally.created),
            ("updated", tally.updated),
            ("unchanged", tally.unchanged),
            ("removed", removed),
        ]);
        let total = succeeded + failed;
        let counts = SummaryCounts { total, processed: total, succeeded, failed, ..own };
        Ok(StepResult { counts, failures: self.failures, ..StepResult::default() })
    }
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
