//! The ledger: creating runs once, moving them through their life, tracking the jobs that do them.

pub mod change;
pub mod failure;
pub mod handle;
pub mod identity;
mod listen;
pub mod retention;
mod running;
pub mod service;
pub mod tracker;

pub use change::{Refusal, RunChange};
pub use failure::JobError;
pub use handle::RunHandle;
pub use listen::{RunListener, RunMoment};
pub use running::Running;
pub use service::{Ensured, NewRun, OperationRunService, RunMirror, UpdateError};
pub use tracker::{TrackOperationRun, TrackerSettings};
