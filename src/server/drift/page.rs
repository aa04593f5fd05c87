//! What a page of policies came to: what differs, what failed, and the counts of both.

use super::{draft::Draft, matching::Matched};
use crate::{
    model::{
        reason::ReasonCode,
        run::{RunFailure, SummaryCounts},
    },
    server::runs::failure::plain,
};

/// What a page came to.
#[derive(Default)]
pub struct Page {
    pub drafts: Vec<Draft>,
    pub failures: Vec<RunFailure>,
    pub counts: SummaryCounts,
    pub unknown_targets: u64,
}

impl Page {
    pub const fn count(&mut self, succeeded: u64, failed: u64, skipped: u64) {
        self.counts.total += succeeded + failed + skipped;
        self.counts.processed += succeeded + failed + skipped;
        self.counts.succeeded += succeeded;
        self.counts.failed += failed;
        self.counts.skipped += skipped;
    }

    /// Adds what another page of the same family came to.
    pub fn add(&mut self, other: Self) {
        self.drafts.extend(other.drafts);
        self.failures.extend(other.failures);
        self.counts.merge(&other.counts);
        self.unknown_targets += other.unknown_targets;
    }

    /// A policy that cannot be told from another one.
    pub fn ambiguous(&mut self, matched: &Matched, here: usize, there: usize, sides: [&str; 2]) {
        let message = format!(
            "{here} in {} and {there} in {} have this name and kind, so nobody can say which belongs to which.",
            sides[0], sides[1]
        );
        let failure = plain(ReasonCode::Conflict, &message);
        self.failures.push(RunFailure { item: Some(matched.head.name.clone()), ..failure });
        self.count(0, 1, 0);
    }
}

/// Counts of the type's own.
pub fn own<const N: usize>(counts: [(&str, u64); N]) -> SummaryCounts {
    let own = counts.into_iter().map(|(key, count)| (key.to_owned(), count)).collect();
    SummaryCounts { own, ..SummaryCounts::default() }
}
