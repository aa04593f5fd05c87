//! The producers: one file each, registered here.

mod backup_add_policies;
mod directory_groups_sync;
mod drift_generate;
mod families;
mod family_rows;
mod family_sync;
mod gather;
mod inventory_sync;
mod policy_sync;

use std::{
    collections::HashMap,
    sync::Arc,
    task::{Context, Poll},
};

use futures::{FutureExt, future::BoxFuture};
use serde_json::Value;
use tower::Service;
use uuid::Uuid;

use super::{
    backup::SettleBackupSet,
    connections::Connections,
    db::{
        Db, DbResult, Tx,
        rows::FullRun,
        run_tables::{RUN_TABLES, RunTable},
        scope::TenantScope,
    },
    error::ServiceError,
    runs::{JobError, RunHandle, RunMirror},
};
use crate::{
    error::AppError,
    model::{
        operation::OperationType,
        reason::ReasonCode,
        run::{Initiator, RunFailure},
    },
};

/// A job that does runs of one type. It carries no tracking code: the tracker claims, beats and closes.
pub trait Producer: Send + Sync {
    fn operation_type(&self) -> OperationType;

    /// Does the run. May be called again for the same run, with a higher attempt.
    /// `Ok` closes it by its items, an error as failed.
    fn perform(&self, run: RunHandle) -> BoxFuture<'_, Result<(), JobError>>;
}

/// The registration list.
pub fn producers(connections: &Connections) -> Vec<Arc<dyn Producer>> {
    vec![
        Arc::new(inventory_sync::InventorySync::new(connections.clone())),
        Arc::new(directory_groups_sync::DirectoryGroupsSync::new(connections.clone())),
        Arc::new(backup_add_policies::BackupAddPolicies::new(connections.clone())),
        Arc::new(policy_sync::PolicySync::new(connections.clone())),
        Arc::new(drift_generate::DriftGenerate),
    ]
}

/// What can be started, and with what: the inputs in their normal form, which the run's identity is made of. Refused
/// here is what no job could do, before there is a run.
pub fn accept(operation_type: OperationType, inputs: &Value) -> Result<Value, AppError> {
    match operation_type {
        OperationType::InventorySync => inventory_sync::accept(inputs),
        OperationType::DirectoryGroupsSync => directory_groups_sync::accept(inputs),
        OperationType::BackupSetAddPolicies => backup_add_policies::accept(inputs),
        OperationType::PolicySync => policy_sync::accept(inputs),
        OperationType::DriftGenerate => drift_generate::accept(inputs),
        other => Err(AppError::invalid(format!("{} cannot be started yet.", other.label()))),
    }
}

/// The inputs of a run that does only what failed in one with these inputs and failures; none for types that cannot.
/// Which types can is also said by [`OperationType::retries_failed_items`].
pub async fn failed_only(
    db: &Db,
    scope: TenantScope,
    operation_type: OperationType,
    inputs: &Value,
    failures: &[RunFailure],
) -> Result<Option<Value>, ServiceError> {
    match operation_type {
        OperationType::InventorySync => Ok(inventory_sync::failed_only(inputs, failures)),
        OperationType::PolicySync => Ok(policy_sync::failed_only(inputs, failures)),
        OperationType::BackupSetAddPolicies => backup_add_policies::failed_only(db, scope, inputs).await,
        _ => Ok(None),
    }
}

/// What has to be there for the run that is asked for; `inputs` are accepted already.
pub async fn check(
    db: &Db,
    scope: TenantScope,
    operation_type: OperationType,
    inputs: &Value,
    initiator: &Initiator,
) -> Result<(), ServiceError> {
    match operation_type {
        OperationType::DriftGenerate => drift_generate::check(db, scope, initiator, inputs).await,
        _ => Ok(()),
    }
}

/// For operations that always do the whole of it.
fn no_input(inputs: &Value, sentence: &str) -> Result<Value, AppError> {
    match inputs {
        Value::Object(members) if members.is_empty() => Ok(inputs.clone()),
        _ => Err(AppError::invalid(sentence)),
    }
}

/// What is written beside the ledger: the producers' own run tables, and what a backup run makes of its set.
pub fn mirrors() -> Vec<Box<dyn RunMirror>> {
    let tables = RUN_TABLES.iter().map(|table| Box::new(Mirror(table)) as Box<dyn RunMirror>);
    tables.chain([Box::new(SettleBackupSet) as Box<dyn RunMirror>]).collect()
}

/// Writes a run table of the common form.
struct Mirror(&'static RunTable);

impl RunMirror for Mirror {
    fn operation_type(&self) -> OperationType {
        self.0.operation_type
    }

    fn write<'a>(&'a self, tx: &'a mut Tx, id: Uuid, run: &'a FullRun) -> BoxFuture<'a, DbResult<()>> {
        self.0.write(tx, id, run).boxed()
    }

    fn heeds_new(&self) -> bool {
        false
    }
}

/// The service at the bottom of the worker: gives each run to the producer of its type.
#[derive(Clone)]
pub struct JobRouter {
    producers: Arc<HashMap<OperationType, Arc<dyn Producer>>>,
}

impl JobRouter {
    pub fn new(producers: Vec<Arc<dyn Producer>>) -> Self {
        Self { producers: Arc::new(producers.into_iter().map(|job| (job.operation_type(), job)).collect()) }
    }
}

impl Service<RunHandle> for JobRouter {
    type Response = ();
    type Error = JobError;
    type Future = BoxFuture<'static, Result<(), JobError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), JobError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, run: RunHandle) -> Self::Future {
        let producer = self.producers.get(&run.run().operation_type).cloned();
        Box::pin(async move {
            match producer {
                Some(producer) => producer.perform(run).await,
                None => Err(JobError::Failed {
                    code: ReasonCode::Internal,
                    message: format!(
                        "This version of Runledger does not know how to do \"{}\".",
                        run.run().operation_type
                    ),
                }),
            }
        })
    }
}
