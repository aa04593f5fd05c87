//! How a job fails, and the one way in which a failure reaches the ledger.

use std::error::Error;

use crate::{
    model::{reason::ReasonCode, run::RunFailure},
    server::{graph::GraphError, redact::redact},
};

/// Why a job ended without finishing its work.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    #[error(transparent)]
    Graph(#[from] GraphError),
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// The run belongs to somebody else now, or has ended: stop, and write nothing more.
    #[error("the run is no longer this worker's")]
    Stopped,
    /// The work as a whole failed for a known reason.
    #[error("{message}")]
    Failed { code: ReasonCode, message: String },
    /// A mistake of ours.
    #[error("{0}")]
    Internal(#[source] Box<dyn Error + Send + Sync>),
}

/// Turns an error into a reason code and a redacted message. Everything that fails goes through here.
pub fn failure_of(error: &JobError) -> RunFailure {
    match error {
        JobError::Graph(error) => error.failure(None),
        JobError::Database(_) => plain(ReasonCode::Internal, "Runledger's database failed while the run was going on."),
        JobError::Stopped => plain(ReasonCode::WorkerLost, ReasonCode::WorkerLost.sentence()),
        JobError::Failed { code, message } => plain(*code, message),
        JobError::Internal(_) => plain(ReasonCode::Internal, ReasonCode::Internal.sentence()),
    }
}

/// A failure without facts of Microsoft Graph.
pub fn plain(code: ReasonCode, message: &str) -> RunFailure {
    RunFailure { code, message: redact(message), item: None, http_status: None, request_id: None }
}
