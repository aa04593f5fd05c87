//! The browser's clock and time zone. The server has neither: there, and at the first render, times are in UTC.

use std::time::Duration;

use chrono::{DateTime, Utc};
use leptos::prelude::*;

/// The time in the browser, second by second; none on the server and until the page is alive.
#[derive(Clone, Copy)]
pub struct Clock(RwSignal<Option<DateTime<Utc>>>);

impl Clock {
    /// Starts the clock for everything below.
    pub fn provide() {
        let now = RwSignal::new(None);
        Effect::new(move |_| {
            now.set(browser_now());
            _ = set_interval_with_handle(move || now.set(browser_now()), Duration::from_secs(1));
        });
        provide_context(Self(now));
    }

    /// Now, and again every second.
    pub fn now(self) -> Option<DateTime<Utc>> {
        self.0.get()
    }
}

/// Turns true once this component is alive in the browser, so that its first render equals the server's.
pub fn hydrated() -> ReadSignal<bool> {
    let (alive, set_alive) = signal(false);
    Effect::new(move |_| set_alive.set(true));
    alive
}

/// Milliseconds since 1970 by the browser's clock.
pub fn browser_millis() -> f64 {
    js_sys::Date::now()
}

/// Minutes that the viewer's zone was ahead of UTC at a time.
pub fn zone_offset(at: DateTime<Utc>) -> i32 {
    let date = js_sys::Date::new(&(at.timestamp_millis() as f64).into());
    -(date.get_timezone_offset() as i32)
}

/// Now by the browser's clock.
pub fn browser_now() -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_millis(browser_millis() as i64)
}
