//! Slows down guessing: a few failed sign-ins for one address, then a pause.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use chrono::{DateTime, TimeDelta, Utc};

use crate::server::clock::Clock;

const FAILURES: u32 = 10;
const PAUSE: TimeDelta = TimeDelta::minutes(5);
/// More addresses than this are not remembered at once; while there are as many, new ones wait.
const REMEMBERED: usize = 10_000;

/// How often signing in failed for an address, and when last.
type Failures = HashMap<String, (u32, DateTime<Utc>)>;

#[derive(Clone)]
pub(super) struct Limiter {
    clock: Clock,
    failures: Arc<Mutex<Failures>>,
}

impl Limiter {
    pub(super) fn new(clock: Clock) -> Self {
        Self { clock, failures: Arc::default() }
    }

    /// Counts a try as failed before it is made, so that many at once are counted too; else says in how many seconds
    /// the next one is admitted.
    pub(super) fn admit(&self, email: &str) -> Result<(), u64> {
        let now = self.clock.now();
        let mut failures = self.lock();
        if failures.len() >= REMEMBERED && !failures.contains_key(email) {
            failures.retain(|_, (_, last)| *last + PAUSE > now);
            if failures.len() >= REMEMBERED {
                return Err(PAUSE.num_seconds().unsigned_abs());
            }
        }
        let (count, last) = failures.entry(email.to_owned()).or_insert((0, now));
        if *last + PAUSE <= now {
            *count = 0;
        }
        if *count >= FAILURES {
            return Err((*last + PAUSE - now).num_seconds().max(1).unsigned_abs());
        }
        *count += 1;
        *last = now;
        Ok(())
    }

    pub(super) fn succeeded(&self, email: &str) {
        self.lock().remove(email);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Failures> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_failures_bring_a_pause_that_ends() {
        let clock = Clock::manual(DateTime::UNIX_EPOCH);
        let limiter = Limiter::new(clock.clone());
        for _ in 0..FAILURES {
            assert_eq!(limiter.admit("a@b"), Ok(()));
        }
        assert_eq!(limiter.admit("a@b"), Err(300));
        assert_eq!(limiter.admit("other@b"), Ok(()));
        clock.advance(PAUSE);
        assert_eq!(limiter.admit("a@b"), Ok(()));
        limiter.succeeded("a@b");
        assert_eq!(limiter.admit("a@b"), Ok(()));
    }
}
