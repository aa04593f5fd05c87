//! `directory_groups.sync`: reads the change list of the directory's groups from where the last sync left it, or from
//! its beginning, and keeps what is there with tombstones for what is gone.
//!
//! The link to go on from is stored in the transaction that takes the last page in, together with the link that this run
//! began from: another attempt of the same run begins there again, and so tells the same once more.

use futures::{FutureExt, future::BoxFuture};
use serde_json::Value;
use tracing::info;

use super::{Producer, no_input};
use crate::{
    error::AppError,
    model::{
        operation::OperationType,
        run::{RunProgress, SummaryCounts},
    },
    server::{
        connections::Connections,
        db::{
            directory_groups::{self, Pass},
            group_links::{self, StoredLink},
        },
        directory::{Tally, Writer},
        graph::{DeltaPages, FailedItem, GROUPS_QUERY, GraphClient, GraphError, GroupChange, Secret, groups_delta},
        runs::{JobError, RunHandle, handle::StepResult},
    },
};

/// The inputs of a run: none.
pub fn accept(inputs: &Value) -> Result<Value, AppError> {
    no_input(inputs, "A group sync takes no input: it always brings every group of the directory up to date.")
}

/// The producer.
pub struct DirectoryGroupsSync {
    connections: Connections,
}

impl Producer for DirectoryGroupsSync {
    fn operation_type(&self) -> OperationType {
        OperationType::DirectoryGroupsSync
    }

    fn perform(&self, run: RunHandle) -> BoxFuture<'_, Result<(), JobError>> {
        self.sync(run).boxed()
    }
}

/// Where a run begins to read.
enum Start {
    Everything,
    /// With the link, sealed as it was stored.
    Changes(DeltaPages, Vec<u8>),
}

/// What a read came to.
enum Read {
    /// To its end.
    Whole,
    /// Graph does not know the link any more.
    Expired,
}

impl DirectoryGroupsSync {
    pub const fn new(connections: Connections) -> Self {
        Self { connections }
    }

    async fn sync(&self, run: RunHandle) -> Result<(), JobError> {
        let client = self.connections.client(run.scope()).await?;
        client.sign_in().await?;
        let mut reading = Reading { job: self, run: &run, done: 0, whole: true };
        if let Start::Changes(pages, former) = self.start(&run, &client).await? {
            let pass = Pass::changes(run.id(), run.attempt());
            match reading.read(pages, pass, Some(former)).await? {
                Read::Whole => return Ok(()),
                Read::Expired => info!(run = %run.id(), "the change list has expired; reading everything"),
            }
        }
        reading.done = 0;
        let pass = Pass::everything(run.id(), run.attempt());
        match reading.read(client.delta(&groups_delta())?, pass, None).await? {
            Read::Whole => Ok(()),
            Read::Expired => Err(GraphError::expired_at_once().into()),
        }
    }

    /// A link that cannot be read with this connection's settings is as good as none.
    async fn start(&self, run: &RunHandle, client: &GraphClient) -> Result<Start, JobError> {
        let Some(stored) = group_links::find(run.db(), run.scope()).await? else { return Ok(Start::Everything) };
        // An earlier attempt of this run came to the end and then lost its worker.
        let sealed = if stored.run_id == run.id() { stored.former } else { stored.link };
        let Some(sealed) = sealed else { return Ok(Start::Everything) };
        let link = self.connections.unseal(run.scope(), GROUPS_QUERY, &sealed).await?;
        let pages = link.and_then(|link| client.delta_from(&Secret::new(link)));
        Ok(pages.map_or(Start::Everything, |pages| Start::Changes(pages, sealed)))
    }
}

/// A read of the change list, page by page; each page with its counts is one transaction.
struct Reading<'a> {
    job: &'a DirectoryGroupsSync,
    run: &'a RunHandle,
    /// Reported groups so far.
    done: u64,
    /// Whether everything that was reported could be read.
    whole: bool,
}

impl Reading<'_> {
    async fn read(&mut self, mut pages: DeltaPages, pass: Pass, former: Option<Vec<u8>>) -> Result<Read, JobError> {
        while let Some(page) = pages.next().await {
            let page = match page {
                Err(error) if error.wants_resync() => return Ok(Read::Expired),
                page => page?,
            };
            let (changes, failed) = parted(&page.values);
            self.done += page.values.len() as u64;
            self.whole &= failed.is_empty();
            let writer = Writer { scope: self.run.scope(), pass, at: self.run.now() };
            // What could not be read may well be what was not seen: then nothing is removed, and the next sync begins
            // where this one did.
            let link = match page.link.as_ref().filter(|_| self.whole) {
                Some(link) => Some(self.job.connections.seal(self.run.scope(), GROUPS_QUERY, link.expose()).await?),
                None => None,
            };
            let mut step = self.run.step().await?;
            let mut tally = writer.take(step.tx(), &changes).await?;
            let mut unchanged = 0;
            if link.is_some() {
                if former.is_none() {
                    tally.add(writer.remove_unseen(step.tx()).await?);
                }
                let stored = StoredLink { link, former: former.clone(), run_id: self.run.id() };
                group_links::store(step.tx(), writer.scope, &stored, writer.at).await?;
            }
            if page.link.is_some() {
                unchanged = directory_groups::count_unchanged(step.tx(), writer.scope, self.run.id()).await?;
            }
            step.commit(self.result(tally, unchanged, &failed, former.is_some())).await?;
        }
        Ok(Read::Whole)
    }

    fn result(&self, tally: Tally, unchanged: u64, failed: &[FailedItem], only_changes: bool) -> StepResult {
        let own = [
            ("created", tally.created),
            ("updated", tally.updated),
            ("unchanged", unchanged),
            ("removed", tally.removed),
        ];
        let succeeded = tally.created + tally.updated + unchanged;
        let failures = failed.len() as u64;
        let step = if only_changes { "Changes since the last sync" } else { "All groups" };
        StepResult {
            counts: SummaryCounts {
                total: succeeded + failures,
                processed: succeeded + failures,
                succeeded,
                failed: failures,
                skipped: 0,
                own: own.into_iter().map(|(key, count)| (key.to_owned(), count)).collect(),
            },
            failures: failed.iter().map(FailedItem::failure).collect(),
            progress: Some(RunProgress {
                done: self.done,
                total: None,
                unit: "groups".to_owned(),
                step: Some(step.to_owned()),
            }),
        }
    }
}

fn parted(values: &[Value]) -> (Vec<GroupChange>, Vec<FailedItem>) {
    let mut changes = Vec::with_capacity(values.len());
    let mut failed = Vec::new();
    for value in values {
        match GroupChange::read(value) {
            Ok(change) => changes.push(change),
            Err(item) => failed.push(*item),
        }
    }
    (changes, failed)
}
