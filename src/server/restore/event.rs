//! What happens to restores, told to whoever wants to know. A restore knows of nobody else.

use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};

use crate::{
    model::restore::RestoreRun,
    server::db::{DbResult, Tx},
};

/// A restore was made, or changed; with the restore as it is after it. `version` of the restore puts them in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum RestoreEvent {
    Created { run: Box<RestoreRun> },
    Updated { run: Box<RestoreRun> },
}

impl RestoreEvent {
    pub const fn run(&self) -> &RestoreRun {
        match self {
            Self::Created { run } | Self::Updated { run } => run,
        }
    }
}

/// Hears of every event, in order, in the transaction of the change: what it writes is committed with it or not at all.
pub trait RestoreListener: Send + Sync {
    fn hear<'a>(&'a self, tx: &'a mut Tx, event: &'a RestoreEvent) -> BoxFuture<'a, DbResult<()>>;

    /// The change is committed: time to tell those who look on.
    fn committed(&self, event: &RestoreEvent);
}
