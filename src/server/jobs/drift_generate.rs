//! `drift.generate`: compares the newest policies with a baseline and keeps what differs as findings.

use futures::{FutureExt, future::BoxFuture};

use super::Producer;
use crate::{
    model::operation::OperationType,
    server::{
        drift,
        runs::{JobError, RunHandle},
    },
};

pub use crate::server::drift::baseline::{accept, check};

/// The producer.
pub struct DriftGenerate;

impl Producer for DriftGenerate {
    fn operation_type(&self) -> OperationType {
        OperationType::DriftGenerate
    }

    fn perform(&self, run: RunHandle) -> BoxFuture<'_, Result<(), JobError>> {
        async move { drift::generate(&run).await }.boxed()
    }
}
