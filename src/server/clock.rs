//! The one source of time and of ids. Tests hold the hands of a manual clock.

use std::sync::{Arc, Mutex};

use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use uuid::{ContextV7, Timestamp, Uuid};

/// Tells the time, to the microsecond (what PostgreSQL keeps), and makes ids that sort by it.
#[derive(Clone)]
pub struct Clock {
    source: Source,
    ids: Arc<Mutex<ContextV7>>,
}

#[derive(Clone)]
enum Source {
    System,
    Manual(Arc<Mutex<DateTime<Utc>>>),
}

impl Clock {
    pub fn system() -> Self {
        Self::of(Source::System)
    }

    /// A clock that stands at `start` until it is moved.
    pub fn manual(start: DateTime<Utc>) -> Self {
        Self::of(Source::Manual(Arc::new(Mutex::new(start))))
    }

    fn of(source: Source) -> Self {
        Self { source, ids: Arc::new(Mutex::new(ContextV7::new())) }
    }

    #[allow(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    pub fn now(&self) -> DateTime<Utc> {
        let now = match &self.source {
            Source::System => Utc::now(),
            Source::Manual(hands) => *lock(hands),
        };
        now.duration_trunc(TimeDelta::microseconds(1)).unwrap_or(now)
    }

    /// Moves a manual clock; does nothing to the system's.
    pub fn advance(&self, by: TimeDelta) {
        if let Source::Manual(hands) = &self.source {
            *lock(hands) += by;
        }
    }

    /// A new UUIDv7 of this moment; ids of one process never go backwards within a moment.
    pub fn new_id(&self) -> Uuid {
        uuid_at(self.now(), &lock(&self.ids))
    }

    /// A new UUIDv7 of another moment, for rows that are made with a past (samples, seeds).
    pub fn id_at(&self, at: DateTime<Utc>) -> Uuid {
        // A context of its own: the shared one never goes back in time.
        uuid_at(at, &ContextV7::new())
    }
}

fn uuid_at(at: DateTime<Utc>, context: &ContextV7) -> Uuid {
    let seconds = u64::try_from(at.timestamp()).unwrap_or_default();
    Uuid::new_v7(Timestamp::from_unix(context, seconds, at.timestamp_subsec_nanos()))
}

/// A poisoned lock only means that another thread panicked between two assignments of a plain value.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_carry_their_moment_and_do_not_go_backwards() {
        let clock = Clock::manual(DateTime::UNIX_EPOCH + TimeDelta::days(20_000));
        let made: Vec<_> = (0..100).map(|_| clock.new_id()).collect();
        assert!(made.is_sorted());
        let past = clock.now() - TimeDelta::days(40);
        let (seconds, _) = clock.id_at(past).get_timestamp().unwrap().to_unix();
        assert_eq!(seconds, u64::try_from(past.timestamp()).unwrap());
    }
}
