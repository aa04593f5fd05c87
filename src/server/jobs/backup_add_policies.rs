//! `backup_set.add_policies`: reads the chosen policies from Graph, one by one, and puts them into a backup set.

use std::{
    collections::{BTreeMap, HashSet},
    sync::{Mutex, PoisonError},
};

use futures::{FutureExt, StreamExt, future::BoxFuture, stream};
use serde_json::{Value, json};
use tracing::{debug, warn};

use super::{
    Producer,
    gather::{MOST_BYTES, Next, next},
};
use crate::{
    error::AppError,
    model::{
        backup::{MOST_ADDED, PolicyKey, SetStatus},
        ids::BackupSetId,
        operation::OperationType,
        reason::ReasonCode,
        run::{RunFailure, RunProgress, SummaryCounts},
    },
    server::{
        backup::{AddInputs, policy_family},
        connections::Connections,
        db::{
            Db,
            backup_items::{self, BackupItem, GroupNames, MissingRow},
            backups,
            scope::TenantScope,
        },
        error::ServiceError,
        graph::{Family, GraphClient, GraphError, Item, content_hash, named_groups, normalize},
        runs::{JobError, RunHandle, handle::StepResult},
    },
};

/// How many policies are read at the same time; the client keeps to the tenant's limits as well.
const AT_ONCE: usize = 4;
/// How many policies one transaction writes at most: whoever reads the set meanwhile waits for it.
const STEP: usize = 200;

/// The inputs of a run: a set, and the policies that go into it.
pub fn accept(inputs: &Value) -> Result<Value, AppError> {
    Ok(AddInputs::parse(inputs)?.to_value())
}

/// Of a run's policies those that its set still lacks; none when the set is gone, complete, or has all of them by now.
pub async fn failed_only(db: &Db, scope: TenantScope, inputs: &Value) -> Result<Option<Value>, ServiceError> {
    let asked = AddInputs::parse(inputs)?;
    let set = backups::find(db, scope, asked.backup_set_id).await?;
    if set.is_none_or(|set| set.status == SetStatus::Complete) {
        return Ok(None);
    }
    let missing = backup_items::missing(db, scope, asked.backup_set_id, MOST_ADDED as i64).await?;
    let missing = missing.into_iter().map(|row| PolicyKey { family: row.family, graph_id: row.graph_id });
    let policies: Vec<PolicyKey> = missing.filter(|key| asked.policies.binary_search(key).is_ok()).collect();
    Ok((!policies.is_empty()).then(|| AddInputs { policies, ..asked }.to_value()))
}

/// The producer.
pub struct BackupAddPolicies {
    connections: Connections,
}

impl Producer for BackupAddPolicies {
    fn operation_type(&self) -> OperationType {
        OperationType::BackupSetAddPolicies
    }

    fn perform(&self, run: RunHandle) -> BoxFuture<'_, Result<(), JobError>> {
        self.add(run).boxed()
    }
}

/// A policy with the names of its groups, or why there is none.
type Read = Result<(Item, GroupNames), GraphError>;

impl BackupAddPolicies {
    pub const fn new(connections: Connections) -> Self {
        Self { connections }
    }

    async fn add(&self, run: RunHandle) -> Result<(), JobError> {
        let mut inputs = AddInputs::parse(&run.inputs().await?)
            .map_err(|error| JobError::Failed { code: ReasonCode::Internal, message: error.to_string() })?;
        let client = self.connections.client(run.scope()).await?;
        // When signing in fails, that is the failure of the run, told once.
        client.sign_in().await?;
        let total = inputs.policies.len() as u64;
        // What a former attempt has put into the set is counted already.
        let kept: HashSet<PolicyKey> = match run.attempt() {
            1 => HashSet::new(),
            _ => backup_items::kept_by(run.step().await?.tx(), run.scope(), inputs.backup_set_id, run.id())
                .await?
                .into_iter()
                .collect(),
        };
        inputs.policies.retain(|key| !kept.contains(key));
        let done = total - inputs.policies.len() as u64;
        run.record(StepResult { progress: Some(progress(done, total)), ..StepResult::default() }).await?;
        let names = Names::default();
        let (client, names) = (&client, &names);
        let reads = stream::iter(inputs.policies)
            .filter_map(async |key| policy_family(&key.family).map(|family| (family, key)))
            .map(|(family, key)| async move {
                let read = read(client, names, family, &key).await;
                (key, read)
            })
            .buffered(AT_ONCE);
        let mut reads = std::pin::pin!(reads);
        let mut waiting = Waiting { set: inputs.backup_set_id, total, done, reads: Vec::new(), bytes: 0 };
        loop {
            match next(&run, !waiting.reads.is_empty(), reads.next()).await {
                Next::Came((key, read)) => waiting.add(key, read),
                Next::Due => waiting.keep(&run).await?,
                Next::End => return waiting.keep(&run).await,
            }
            if waiting.reads.len() >= STEP || waiting.bytes >= MOST_BYTES {
                waiting.keep(&run).await?;
            }
        }
    }
}

/// What was read and waits to be written.
struct Waiting {
    set: BackupSetId,
    total: u64,
    done: u64,
    reads: Vec<(PolicyKey, Read)>,
    bytes: usize,
}

impl Waiting {
    fn add(&mut self, key: PolicyKey, read: Read) {
        self.bytes += read.as_ref().map_or(0, |(item, _)| item.body.to_string().len());
        self.reads.push((key, read));
    }

    async fn keep(&mut self, run: &RunHandle) -> Result<(), JobError> {
        if self.reads.is_empty() {
            return Ok(());
        }
        self.done += self.reads.len() as u64;
        self.bytes = 0;
        keep(run, self.set, self.reads.drain(..), progress(self.done, self.total)).await
    }
}

async fn read(client: &GraphClient, names: &Names, family: Family, key: &PolicyKey) -> Read {
    let item = client.capture(family, &key.graph_id).await?;
    let groups = names.of(client, named_groups(&item.body)).await;
    Ok((item, groups))
}

/// Writes what was read, and what could not be: one transaction with the run's counts.
async fn keep(
    run: &RunHandle,
    set: BackupSetId,
    chunk: impl Iterator<Item = (PolicyKey, Read)>,
    progress: RunProgress,
) -> Result<(), JobError> {
    let mut step = run.step().await?;
    match backups::lock(step.tx(), run.scope(), set).await? {
        None => return Err(failed(ReasonCode::NotFound, "The backup set was deleted.")),
        Some(set) if set.status == SetStatus::Complete => {
            return Err(failed(ReasonCode::Conflict, "The backup set is complete and takes no more policies."));
        }
        Some(_) => {}
    }
    let (mut succeeded, mut failures) = (0, Vec::new());
    for (key, read) in chunk {
        match read {
            Ok((item, groups)) => {
                let item = kept(key, item, groups, run);
                backup_items::put_read(step.tx(), run.scope(), set, &item).await?;
                succeeded += 1;
            }
            Err(error) => {
                warn!(run = %run.id(), family = key.family, policy = key.graph_id, error = error.detail(), "a policy could not be read");
                let name = backup_items::policy_name(step.tx(), run.scope(), &key).await?;
                let failure = error.failure(Some(name.as_deref().unwrap_or(&key.graph_id)));
                backup_items::put_missing(step.tx(), run.scope(), set, &missing(key, name, &failure, run)).await?;
                failures.push(failure);
            }
        }
    }
    let failed = failures.len() as u64;
    let counts = SummaryCounts {
        total: succeeded + failed,
        processed: succeeded + failed,
        succeeded,
        failed,
        ..SummaryCounts::default()
    };
    step.commit(StepResult { counts, failures, progress: Some(progress), ..StepResult::default() }).await
}

fn kept(key: PolicyKey, item: Item, group_names: GroupNames, run: &RunHandle) -> BackupItem {
    BackupItem {
        key,
        name: item.identity.name,
        odata_type: item.identity.odata_type,
        body: normalize(&item.body),
        assignments: item.body.get("assignments").cloned().unwrap_or_else(|| json!([])),
        group_names,
        content_hash: content_hash(&item.body),
        raw: item.body,
        run_id: Some(run.id()),
        captured_at: run.now(),
    }
}

fn missing(key: PolicyKey, name: Option<String>, failure: &RunFailure, run: &RunHandle) -> MissingRow {
    MissingRow {
        family: key.family,
        graph_id: key.graph_id,
        name,
        code: failure.code,
        message: failure.message.clone(),
        run_id: run.id(),
    }
}

fn progress(done: u64, total: u64) -> RunProgress {
    RunProgress { done, total: Some(total), unit: "policies".to_owned(), step: None }
}

fn failed(code: ReasonCode, message: &str) -> JobError {
    JobError::Failed { code, message: message.to_owned() }
}

/// The display names of groups, each asked for once. A group that cannot be looked up keeps its id alone: the policy
/// is whole without it.
#[derive(Default)]
struct Names(Mutex<GroupNames>);

impl Names {
    async fn of(&self, client: &GraphClient, ids: Vec<String>) -> GroupNames {
        let mut names = BTreeMap::new();
        for id in ids {
            let known = self.lock().get(&id).cloned();
            let name = match known {
                Some(name) => name,
                None => {
                    let found = client.group_name(&id).await;
                    if let Err(error) = &found {
                        debug!(group = id, error = error.detail(), "a group could not be looked up");
                    }
                    let name = found.ok().filter(|name| !name.is_empty());
                    self.lock().insert(id.clone(), name.clone());
                    name
                }
            };
            names.insert(id, name);
        }
        names
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, GroupNames> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
