//! Who else hears of a run: listeners write what follows from a change in the transaction of the change.

use futures::future::BoxFuture;

use crate::{
    model::{ids::UserId, run::Run},
    server::{
        clock::Clock,
        db::{DbResult, Tx},
    },
};

/// A moment in the life of a run that others may want to hear of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunMoment {
    /// It was created; its initiator is in the run.
    Created,
    /// This user asked for the same work.
    Joined(UserId),
    /// It has ended; how, is in the run.
    Completed,
}

/// Hears of every run. What it writes is committed with the change or not at all, so it must be quick, and safe to
/// repeat.
pub trait RunListener: Send + Sync {
    /// Whether it may have something to write of this moment.
    fn heeds(&self, moment: RunMoment, run: &Run) -> bool;

    fn hear<'a>(
        &'a self,
        tx: &'a mut Tx,
        clock: &'a Clock,
        moment: RunMoment,
        run: &'a Run,
    ) -> BoxFuture<'a, DbResult<()>>;
}
