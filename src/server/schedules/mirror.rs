//! Notes in a schedule that its work has succeeded, in the transaction that ends the run, whoever started it.

use futures::{FutureExt, future::BoxFuture};
use serde_json::json;
use uuid::Uuid;

use super::schedulable;
use crate::{
    model::{operation::OperationType, run::RunOutcome},
    server::{
        db::{DbResult, Tx, rows::FullRun, schedules},
        jobs,
        runs::{RunMirror, identity::run_identity_hash},
    },
};

/// One for each operation that can start by itself.
pub fn mirrors() -> Vec<Box<dyn RunMirror>> {
    schedulable()
        .filter_map(|operation_type| {
            let inputs = jobs::accept(operation_type, &json!({})).ok()?;
            let identity = run_identity_hash(operation_type, &inputs).ok()?;
            Some(Box::new(Success { operation_type, identity }) as Box<dyn RunMirror>)
        })
        .collect()
}

struct Success {
    operation_type: OperationType,
    /// Of the work that the schedule asks for; the type may do other work as well.
    identity: String,
}

impl RunMirror for Success {
    fn operation_type(&self) -> OperationType {
        self.operation_type
    }

    fn heeds_new(&self) -> bool {
        false
    }

    fn write<'a>(&'a self, tx: &'a mut Tx, _: Uuid, full: &'a FullRun) -> BoxFuture<'a, DbResult<()>> {
        async move {
            let run = &full.run;
            match (run.outcome, run.completed_at) {
                (Some(RunOutcome::Succeeded), Some(at)) if full.run_identity_hash == self.identity => {
                    schedules::note_success(tx, run.tenant_id, run.operation_type, at).await
                }
                _ => Ok(()),
            }
        }
        .boxed()
    }
}
