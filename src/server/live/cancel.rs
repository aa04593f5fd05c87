//! The word to stop, brought from whoever cancels a run to the job of this process that does it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use tokio_util::sync::CancellationToken;

use crate::model::{ids::RunId, run::Run};

/// The runs that this process does now. Cheap to clone.
#[derive(Clone, Default)]
pub(super) struct CancelBoard(Arc<Mutex<HashMap<RunId, (usize, CancellationToken)>>>);

/// Held while a run is done: hears that somebody wants it to stop.
pub struct CancelWatch {
    board: CancelBoard,
    run: RunId,
    asked: CancellationToken,
}

impl CancelBoard {
    pub(super) fn watch(&self, run: RunId) -> CancelWatch {
        let asked = {
            let mut runs = self.runs();
            // Two attempts of one run may meet in a process: both are meant.
            let (watchers, asked) = runs.entry(run).or_default();
            *watchers += 1;
            asked.clone()
        };
        CancelWatch { board: self.clone(), run, asked }
    }

    /// A run has changed: passes the word on when it is to be cancelled.
    pub(super) fn heed(&self, run: &Run) {
        if run.cancel_requested.is_some()
            && let Some((_, asked)) = self.runs().get(&run.id)
        {
            asked.cancel();
        }
    }

    fn runs(&self) -> std::sync::MutexGuard<'_, HashMap<RunId, (usize, CancellationToken)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CancelWatch {
    /// Passes on what the run's own row said.
    pub fn heed(&self, run: &Run) {
        if run.cancel_requested.is_some() {
            self.asked.cancel();
        }
    }

    pub fn is_asked(&self) -> bool {
        self.asked.is_cancelled()
    }

    /// Waits until somebody asks.
    pub async fn asked(&self) {
        self.asked.cancelled().await;
    }
}

impl Drop for CancelWatch {
    fn drop(&mut self) {
        let mut runs = self.board.runs();
        if let Some((watchers, _)) = runs.get_mut(&self.run) {
            *watchers -= 1;
            if *watchers == 0 {
                runs.remove(&self.run);
            }
        }
    }
}
