//! When to try again, and how long to wait before.

use std::{fmt, sync::Arc, time::Duration};

use futures::future::BoxFuture;

use super::GraphError;

/// Waits. The real one sleeps; a test's notes the wait and returns.
pub trait Delay: Send + Sync {
    fn wait(&self, time: Duration) -> BoxFuture<'static, ()>;
}

/// Gives a number from 0.0 to 1.0 that spreads the tries of many callers.
pub trait Jitter: Send + Sync {
    fn fraction(&self) -> f64;
}

/// How often and how patiently a request is repeated.
#[derive(Clone)]
pub struct RetryPolicy {
    /// The first try counts.
    pub tries: u32,
    /// Before the second try; it doubles with each one after.
    pub first_wait: Duration,
    /// No single wait is longer, whatever Graph asks for.
    pub longest_wait: Duration,
    pub delay: Arc<dyn Delay>,
    pub jitter: Arc<dyn Jitter>,
}

impl RetryPolicy {
    /// Five tries, at most a minute apart, with real sleep and real chance.
    pub fn system() -> Self {
        Self {
            tries: 5,
            first_wait: Duration::from_secs(1),
            longest_wait: Duration::from_secs(60),
            delay: Arc::new(Sleep),
            jitter: Arc::new(Chance),
        }
    }

    pub(super) fn begin(&self) -> Tries<'_> {
        Tries { policy: self, done: 0 }
    }

    /// Between half of the step and all of it, so that callers that failed together do not return together.
    fn back_off(&self, tries_done: u32) -> Duration {
        let doubled = self.first_wait.saturating_mul(2_u32.saturating_pow(tries_done.saturating_sub(1)));
        let step = doubled.min(self.longest_wait);
        step.mul_f64(0.5 + 0.5 * self.jitter.fraction().clamp(0.0, 1.0))
    }
}

impl fmt::Debug for RetryPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RetryPolicy").field("tries", &self.tries).finish_non_exhaustive()
    }
}

struct Sleep;

impl Delay for Sleep {
    fn wait(&self, time: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(time))
    }
}

struct Chance;

impl Jitter for Chance {
    fn fraction(&self) -> f64 {
        rand::random()
    }
}

/// One failed try: the error, should it be the last, and whether another may help.
pub(super) struct Failed {
    pub error: GraphError,
    pub again: Again,
}

pub(super) enum Again {
    Never,
    /// After a while of our own choosing.
    BackOff,
    /// The other side named the time.
    After(Duration),
}

impl Failed {
    pub fn for_good(error: GraphError) -> Self {
        Self { error, again: Again::Never }
    }
}

/// What to wait before the next try.
pub(super) enum Wait {
    /// This request alone.
    Alone(Duration),
    /// Whoever talks to the same tenant.
    Together(Duration),
}

/// The tries of one request.
pub(super) struct Tries<'a> {
    policy: &'a RetryPolicy,
    done: u32,
}

impl Tries<'_> {
    /// Takes note of a failed try.
    ///
    /// # Errors
    /// The try's own error when no other try may follow.
    pub fn after(&mut self, failed: Failed) -> Result<Wait, GraphError> {
        self.done += 1;
        tracing::debug!(tried = self.done, error = %failed.error, "a call to Graph failed");
        match failed.again {
            Again::Never => Err(failed.error),
            _ if self.done >= self.policy.tries => Err(failed.error),
            Again::BackOff => Ok(Wait::Alone(self.policy.back_off(self.done))),
            Again::After(time) => Ok(Wait::Together(time.min(self.policy.longest_wait))),
        }
    }
}
