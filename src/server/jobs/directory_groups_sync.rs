//! `directory_groups.sync`: reads the change list of the directory's groups from where the last sync left it, or from
//! its beginning, and keeps what is there with tombstones for what is gone.
//!
//! The link to go on from is stored in the transaction that takes the last page in, together with the link that this run
//! began from: another attempt of the same run begins there again, and so tells the same once more.

use std::{collections::HashSet, mem, time::Duration};

use futures::{FutureExt, future::BoxFuture};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;
use tracing::info;

use super::{
    Producer,
    gather::{MOST_ROWS, Next, next},
    no_input,
};
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
        graph::{
            DeltaPage, DeltaPages, FailedItem, GROUPS_QUERY, GraphClient, GraphError, GroupChange, Secret, groups_delta,
        },
        runs::{JobError, RunHandle, handle::StepResult},
    },
};

/// So many memberships wait to be written at most.
const MOST_MEMBERS: usize = 20_000;
/// How long the number of groups is waited for.
const COUNTING: Duration = Duration::from_secs(10);

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
        let sync = Sync { connections: &self.connections, run: &run };
        if let Start::Changes(pages, former) = self.start(&run, &client).await? {
            let pass = Pass::changes(run.id(), run.attempt());
            match sync.read(pages, Taking::new(pass, Some(former), None)).await? {
                Read::Whole => return Ok(()),
                Read::Expired => info!(run = %run.id(), "the change list has expired; reading everything"),
            }
        }
        let pass = Pass::everything(run.id(), run.attempt());
        let total = total(&client).await;
        match sync.read(client.delta(&groups_delta())?, Taking::new(pass, None, total)).await? {
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

/// How many groups there are to read. Nobody has to know: then there is a progress without an end.
async fn total(client: &GraphClient) -> Option<u64> {
    match tokio::time::timeout(COUNTING, client.count_groups()).await {
        Ok(Ok(total)) => total,
        Ok(Err(error)) => {
            info!(error = error.detail(), "the groups could not be counted");
            None
        }
        Err(_) => None,
    }
}

/// A sync at work: one half reads the pages of a change list, the other takes them in.
struct Sync<'a> {
    connections: &'a Connections,
    run: &'a RunHandle,
}

impl Sync<'_> {
    async fn read(&self, pages: DeltaPages, taking: Taking) -> Result<Read, JobError> {
        let (found, inbox) = mpsc::channel(1);
        let (read, taken) = tokio::join!(self.read_pages(pages, found), self.take_pages(inbox, taking));
        taken.and(read)
    }

    async fn read_pages(&self, mut pages: DeltaPages, found: mpsc::Sender<DeltaPage>) -> Result<Read, JobError> {
        loop {
            // One page waits at most while others are written.
            let room = found.reserve().await.map_err(|_| JobError::Stopped)?;
            let page = tokio::select! {
                page = pages.next() => page,
                () = found.closed() => return Err(JobError::Stopped),
            };
            self.run.check()?;
            match page {
                None => return Ok(Read::Whole),
                Some(Err(error)) if error.wants_resync() => return Ok(Read::Expired),
                Some(page) => room.send(page?),
            }
        }
    }

    async fn take_pages(&self, mut inbox: mpsc::Receiver<DeltaPage>, mut taking: Taking) -> Result<(), JobError> {
        loop {
            match next(self.run, taking.waits(), inbox.recv()).await {
                Next::Came(page) => taking.add(page),
                Next::Due => self.take(&mut taking).await?,
                Next::End => return self.take(&mut taking).await,
            }
            if taking.is_full() {
                self.take(&mut taking).await?;
            }
        }
    }

    /// Writes what waits with its counts, and after the last page what follows from it.
    async fn take(&self, taking: &mut Taking) -> Result<(), JobError> {
        if !taking.waits() {
            return Ok(());
        }
        let (scope, at) = (self.run.scope(), self.run.now());
        let (changes, failed, end) = (mem::take(&mut taking.changes), mem::take(&mut taking.failed), taking.end.take());
        taking.members = 0;
        let writer = Writer { scope, pass: taking.pass, at };
        // What could not be read may well be what was not seen: then nothing is removed, and the next sync begins
        // where this one did.
        let link = match end.as_ref().filter(|_| taking.whole) {
            Some(link) => Some(self.connections.seal(scope, GROUPS_QUERY, link.expose()).await?),
            None => None,
        };
        let mut step = self.run.step().await?;
        let mut tally = writer.take(step.tx(), &changes).await?;
        let mut unchanged = 0;
        if link.is_some() {
            if taking.former.is_none() {
                tally.add(writer.remove_unseen(step.tx()).await?);
            }
            let stored = StoredLink { link, former: taking.former.clone(), run_id: self.run.id() };
            group_links::store(step.tx(), scope, &stored, at).await?;
        }
        if end.is_some() {
            unchanged = directory_groups::count_unchanged(step.tx(), scope, self.run.id()).await?;
        }
        step.commit(result(taking, tally, unchanged, &failed)).await
    }
}

fn result(taking: &Taking, tally: Tally, unchanged: u64, failed: &[FailedItem]) -> StepResult {
    let there = tally.created + tally.updated + i64::try_from(unchanged).unwrap_or(i64::MAX);
    let (failures, more) = (failed.len() as u64, |number: i64| u64::try_from(number).unwrap_or_default());
    let own = |sign: i64| {
        let own = [("created", tally.created), ("updated", tally.updated), ("removed", tally.removed)];
        own.into_iter().map(move |(key, count)| (key.to_owned(), more(sign * count)))
    };
    let all = |sign: i64, failed: u64| {
        let succeeded = more(sign * there);
        let total = succeeded + failed;
        SummaryCounts { total, processed: total, succeeded, failed, skipped: 0, own: own(sign).collect() }
    };
    let mut counts = all(1, failures);
    counts.own.insert("unchanged".to_owned(), unchanged);
    let less = if tally.takes_back() || there < 0 { all(-1, 0) } else { SummaryCounts::default() };
    let failures = failed.iter().map(FailedItem::failure).collect();
    StepResult { counts, less, failures, progress: Some(taking.progress()) }
}

/// One read of the change list: what of it waits to be written, and how far it is.
struct Taking {
    pass: Pass,
    /// The link that a read of changes began from, sealed.
    former: Option<Vec<u8>>,
    total: Option<u64>,
    /// Hashes of the ids of the groups that were reported so far.
    told: HashSet<[u8; 32]>,
    changes: Vec<GroupChange>,
    members: usize,
    failed: Vec<FailedItem>,
    /// Whether everything that was reported could be read.
    whole: bool,
    /// The link of the last page.
    end: Option<Secret>,
}

impl Taking {
    fn new(pass: Pass, former: Option<Vec<u8>>, total: Option<u64>) -> Self {
        let (told, changes, failed) = (HashSet::new(), Vec::new(), Vec::new());
        Self { pass, former, total, told, changes, members: 0, failed, whole: true, end: None }
    }

    fn add(&mut self, page: DeltaPage) {
        for value in &page.values {
            match GroupChange::read(value) {
                Ok(change) => {
                    self.told.insert(Sha256::digest(&change.id).into());
                    self.members += change.members.len();
                    self.changes.push(change);
                }
                Err(item) => {
                    self.whole = false;
                    self.failed.push(*item);
                }
            }
        }
        self.end = page.link;
    }

    fn waits(&self) -> bool {
        !self.changes.is_empty() || !self.failed.is_empty() || self.end.is_some()
    }

    fn is_full(&self) -> bool {
        self.changes.len() >= MOST_ROWS || self.members >= MOST_MEMBERS
    }

    fn progress(&self) -> RunProgress {
        let done = self.told.len() as u64;
        RunProgress {
            done,
            total: self.total.map(|total| total.max(done)),
            unit: "groups".to_owned(),
            step: Some(if self.former.is_some() { "Changes since the last sync" } else { "All groups" }.to_owned()),
        }
    }
}
