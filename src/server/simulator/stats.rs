//! How often the simulator was asked, and for what.

use std::collections::BTreeMap;
use std::sync::Mutex;

use serde::Serialize;

use super::collection::Collection;
use super::lock::lock;

#[derive(Default)]
pub struct Stats {
    counts: Mutex<Counts>,
}

/// Requests of the control pages are not counted.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Counts {
    /// Everything: Graph, sign-in and what was not understood.
    requests: u64,
    token_requests: u64,
    /// Each counts once here; what is in them counts as if it had come alone.
    batches: u64,
    /// Requests that were answered 429, and of these the ones in a batch.
    throttled: u64,
    throttled_in_batches: u64,
    /// Requests with a good token, failed ones too, by the collection's last path segment.
    collections: BTreeMap<Collection, u64>,
}

impl Stats {
    pub fn request(&self) {
        lock(&self.counts).requests += 1;
    }

    pub fn token_request(&self) {
        lock(&self.counts).token_requests += 1;
    }

    pub fn batch(&self) {
        lock(&self.counts).batches += 1;
    }

    pub fn throttled(&self, in_batch: bool) {
        let mut counts = lock(&self.counts);
        counts.throttled += 1;
        counts.throttled_in_batches += u64::from(in_batch);
    }

    pub fn collection(&self, collection: Collection) {
        *lock(&self.counts).collections.entry(collection).or_default() += 1;
    }

    pub fn current(&self) -> Counts {
        lock(&self.counts).clone()
    }
}
