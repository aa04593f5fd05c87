//! The ledger: creating runs once, moving them through their life, tracking the jobs that do them.

mod aside;
pub mod cancel;
pub mod change;
pub mod claim;
mod ensure;
pub mod failure;
mod gather;
pub mod handle;
pub mod identity;
pub mod list;
mod listen;
mod mirror;
mod pending;
pub mod repair;
pub mod retention;
mod running;
pub mod service;
mod shadow;
pub mod tracker;
mod update;
pub mod watchdog;

pub use change::{Refusal, ReleaseReason, RunChange};
pub use claim::Limits;
pub use failure::JobError;
pub use handle::RunHandle;
pub use listen::{RunListener, RunMoment};
pub use mirror::RunMirror;
pub use running::Running;
pub use service::{Ensured, NewRun, OperationRunService};
pub use tracker::{TrackOperationRun, TrackerSettings};
pub use update::UpdateError;
