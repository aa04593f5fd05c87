//! Lets something happen at most once in a while, and never forgets the last request.

use std::time::Duration;

use leptos::prelude::*;

use super::clock::browser_millis;

/// What to do with a request.
#[derive(Debug, PartialEq, Eq)]
enum Turn {
    Now,
    /// In so many milliseconds.
    Later(u32),
    /// One is waiting already; it will do for this request too.
    Covered,
}

#[derive(Debug, Default)]
struct Throttle {
    last: Option<f64>,
    waiting: bool,
}

impl Throttle {
    fn ask(&mut self, now: f64, every: f64) -> Turn {
        if self.waiting {
            return Turn::Covered;
        }
        match self.last.map(|last| last + every - now).filter(|rest| *rest > 0.0) {
            None => {
                self.last = Some(now);
                Turn::Now
            }
            Some(rest) => {
                self.waiting = true;
                Turn::Later(rest.ceil() as u32)
            }
        }
    }

    fn ran(&mut self, now: f64) {
        *self = Self { last: Some(now), waiting: false };
    }
}

/// At most once a second, in the browser: the first call at once, later ones together when their second is over.
pub fn once_a_second(work: impl Fn() + Send + Sync + 'static) -> impl Fn() + Copy + Send + Sync + 'static {
    at_most_every(Duration::from_secs(1), work)
}

/// The same with a pause of any length.
pub fn at_most_every(
    pause: Duration,
    work: impl Fn() + Send + Sync + 'static,
) -> impl Fn() + Copy + Send + Sync + 'static {
    let every = pause.as_secs_f64() * 1000.0;
    let work = StoredValue::new(Callback::new(move |()| work()));
    let throttle = StoredValue::new(Throttle::default());
    move || {
        let Some(turn) = throttle.try_update_value(|throttle| throttle.ask(browser_millis(), every)) else { return };
        match turn {
            Turn::Now => work.get_value().run(()),
            Turn::Covered => {}
            Turn::Later(millis) => set_timeout(
                move || {
                    // The page may be gone by now, and its values with it.
                    if let Some(work) = work.try_get_value() {
                        throttle.update_value(|throttle| throttle.ran(browser_millis()));
                        work.run(());
                    }
                },
                Duration::from_millis(millis.into()),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_runs_at_once_and_the_rest_of_a_second_runs_once_at_its_end() {
        let mut throttle = Throttle::default();
        assert_eq!(throttle.ask(10.0, 1000.0), Turn::Now);
        assert_eq!(throttle.ask(110.0, 1000.0), Turn::Later(900));
        assert_eq!(throttle.ask(500.0, 1000.0), Turn::Covered);
        throttle.ran(1010.0);
        assert_eq!(throttle.ask(1510.0, 1000.0), Turn::Later(500));
        throttle.ran(2010.0);
        assert_eq!(throttle.ask(5000.0, 1000.0), Turn::Now);
    }
}
