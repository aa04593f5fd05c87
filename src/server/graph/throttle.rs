//! One tenant's share of Graph: so many requests at once, and none before the time that Graph named.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{GraphError, retry::Delay};
use crate::{model::reason::ReasonCode, server::clock::Clock};

/// Shared by every call of a client.
pub(super) struct Throttle {
    slots: Arc<Semaphore>,
    not_before: Mutex<Option<DateTime<Utc>>>,
    clock: Clock,
    delay: Arc<dyn Delay>,
}

impl Throttle {
    pub fn new(concurrency: usize, clock: Clock, delay: Arc<dyn Delay>) -> Self {
        Self { slots: Arc::new(Semaphore::new(concurrency.max(1))), not_before: Mutex::new(None), clock, delay }
    }

    /// A slot, once one is free and the named time has come. Dropping it frees it.
    pub async fn enter(&self) -> Result<OwnedSemaphorePermit, GraphError> {
        let slot = Arc::clone(&self.slots)
            .acquire_owned()
            .await
            .map_err(|closed| GraphError::new(ReasonCode::Internal).caused(closed))?;
        // Whoever waits keeps its slot: nobody else could go either. The time may be moved while we wait.
        let mut waited_for = None;
        while let Some((until, wait)) = self.pending() {
            if waited_for == Some(until) {
                break;
            }
            waited_for = Some(until);
            self.delay.wait(wait).await;
        }
        Ok(slot)
    }

    /// Lets no request of this tenant out for a while.
    pub fn hold(&self, time: Duration) {
        let until = TimeDelta::from_std(time).ok().and_then(|time| self.clock.now().checked_add_signed(time));
        let mut not_before = self.not_before.lock().unwrap_or_else(PoisonError::into_inner);
        *not_before = (*not_before).max(until);
    }

    /// The named time and how long it is until then.
    fn pending(&self) -> Option<(DateTime<Utc>, Duration)> {
        let until = (*self.not_before.lock().unwrap_or_else(PoisonError::into_inner))?;
        let wait = (until - self.clock.now()).to_std().ok()?;
        (!wait.is_zero()).then_some((until, wait))
    }
}
