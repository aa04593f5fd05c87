//! Signs of life of restores, as one process sees them. It counts them by its own steady clock: a wall clock that jumps,
//! here or on another node, makes nobody look dead.

use std::{collections::HashMap, time::Duration};

use tokio::time::Instant;

use crate::model::ids::RestoreRunId;

/// What was seen of restores, and since when it stands still.
#[derive(Debug, Default)]
pub(super) struct Signs {
    seen: HashMap<RestoreRunId, (i64, Instant)>,
}

impl Signs {
    /// For how long each of these restores has stood still, told by its version. One look proves nothing.
    pub fn still_for(&mut self, found: &[(RestoreRunId, i64)], now: Instant) -> Vec<Duration> {
        let mut seen = HashMap::with_capacity(found.len());
        let mut still = Vec::with_capacity(found.len());
        for (id, version) in found {
            let before = self.seen.get(id).filter(|(before, _)| before == version);
            let since = before.map_or(now, |(_, since)| *since);
            still.push(now.duration_since(since));
            seen.insert(*id, (*version, since));
        }
        self.seen = seen;
        still
    }

    /// The database was away: nobody could give a sign, and nobody is to blame for it.
    pub fn forget(&mut self) {
        self.seen.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_restore_stands_still_for_as_long_as_its_version_does() {
        let (mut signs, start) = (Signs::default(), Instant::now());
        let id = RestoreRunId(uuid::Uuid::nil());
        let mut looks = [(1, 0), (1, 29), (2, 30), (2, 59)].into_iter().map(|(version, seconds)| {
            signs.still_for(&[(id, version)], start + Duration::from_secs(seconds))[0].as_secs()
        });
        assert!(looks.by_ref().eq([0, 29, 0, 29]));
        signs.forget();
        assert_eq!(signs.still_for(&[(id, 2)], start + Duration::from_secs(90)), [Duration::ZERO]);
    }
}
