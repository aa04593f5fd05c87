//! Values that look random and are always the same: each is the hash of a key and a label.

use chrono::{DateTime, SecondsFormat};
use sha2::{Digest, Sha256};

/// A source of values for one key, such as a seed and a tenant. The order of the questions does not matter.
pub struct Seeded {
    key: String,
}

impl Seeded {
    pub fn new(key: impl Into<String>) -> Self {
        Self { key: key.into() }
    }

    /// A GUID that looks like any other (version 4).
    pub fn guid(&self, label: &str) -> String {
        uuid::Builder::from_random_bytes(self.hash(label).to_be_bytes()).into_uuid().to_string()
    }

    /// A number below `limit`; zero where the limit is zero.
    pub fn below(&self, limit: usize, label: &str) -> usize {
        usize::try_from(self.hash(label) % (limit.max(1) as u128)).unwrap_or_default()
    }

    pub fn between(&self, low: usize, high: usize, label: &str) -> usize {
        low + self.below(high.saturating_sub(low) + 1, label)
    }

    pub fn chance(&self, percent: usize, label: &str) -> bool {
        self.below(100, label) < percent
    }

    pub fn pick<'a>(&self, words: &[&'a str], label: &str) -> &'a str {
        words.get(self.below(words.len(), label)).copied().unwrap_or_default()
    }

    /// When something was created, and when it was last changed, as Graph writes them.
    pub fn created_and_modified(&self, label: &str) -> (String, String) {
        const START_OF_2023: usize = 1_672_531_200;
        const DAY: usize = 86_400;
        let created = START_OF_2023 + self.below(700 * DAY, &format!("{label}/created"));
        let modified = created + self.below(200 * DAY, &format!("{label}/modified"));
        (graph_time(created), graph_time(modified))
    }

    fn hash(&self, label: &str) -> u128 {
        let digest = Sha256::new().chain_update(&self.key).chain_update([0]).chain_update(label).finalize();
        digest.iter().take(16).fold(0, |all, byte| all << 8 | u128::from(*byte))
    }
}

fn graph_time(seconds: usize) -> String {
    let seconds = i64::try_from(seconds).unwrap_or_default();
    DateTime::from_timestamp(seconds, 0).unwrap_or_default().to_rfc3339_opts(SecondsFormat::Secs, true)
}
