//! Items of a run, counted by result.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Items of a run by result. The first five are always there; a type adds its own (`created`, `removed`, ...).
/// `processed` = `succeeded` + `failed` + `skipped`; `total` is what is known so far, at the end equal to `processed`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SummaryCounts {
    pub total: u64,
    pub processed: u64,
    pub succeeded: u64,
    pub failed: u64,
    pub skipped: u64,
    #[serde(flatten)]
    pub own: BTreeMap<String, u64>,
}

impl SummaryCounts {
    /// Adds another set of counts, key by key.
    pub fn merge(&mut self, other: &Self) {
        self.total += other.total;
        self.processed += other.processed;
        self.succeeded += other.succeeded;
        self.failed += other.failed;
        self.skipped += other.skipped;
        for (key, count) in &other.own {
            *self.own.entry(key.clone()).or_default() += count;
        }
    }

    /// Takes off what was counted before and is not so after all.
    pub fn take_back(&mut self, other: &Self) {
        let less = |count: &mut u64, by: u64| *count = count.saturating_sub(by);
        less(&mut self.total, other.total);
        less(&mut self.processed, other.processed);
        less(&mut self.succeeded, other.succeeded);
        less(&mut self.failed, other.failed);
        less(&mut self.skipped, other.skipped);
        for (key, count) in &other.own {
            less(self.own.entry(key.clone()).or_default(), *count);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_merge_key_by_key_and_keep_the_five_in_json() {
        let mut counts = SummaryCounts { total: 2, processed: 2, succeeded: 2, ..Default::default() };
        counts.merge(&SummaryCounts {
            total: 1,
            processed: 1,
            failed: 1,
            own: BTreeMap::from([("created".to_owned(), 2)]),
            ..Default::default()
        });
        assert_eq!(
            serde_json::to_value(&counts).unwrap(),
            serde_json::json!({"total": 3, "processed": 3, "succeeded": 2, "failed": 1, "skipped": 0, "created": 2})
        );
    }
}
