//! The server's time, second by second, and the browser's time zone. At the first render, on both sides, it is the moment
//! in which the server made the page, and times are in UTC.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use leptos::prelude::*;

use crate::model::{page_time::PageTime, run::SILENT_AFTER};

/// The time as the server has it: how long ago something was must not depend on the clock of somebody's computer.
#[derive(Clone, Copy)]
pub struct Clock {
    now: RwSignal<Option<DateTime<Utc>>>,
    /// By how much the browser's clock is ahead of the server's.
    ahead: RwSignal<TimeDelta>,
    page: Option<PageTime>,
}

impl Clock {
    /// Starts the clock for everything below.
    pub fn provide() {
        let page = SharedValue::new(use_context::<PageTime>).into_inner();
        let clock = Self { now: RwSignal::new(None), ahead: RwSignal::new(TimeDelta::zero()), page };
        Effect::new(move |_| {
            // Late by as long as the page took to get here; the stream's word corrects it.
            match page {
                Some(page) => clock.set(page.now),
                None => clock.tick(),
            }
            _ = set_interval_with_handle(move || clock.tick(), Duration::from_secs(1));
        });
        provide_context(clock);
    }

    /// Now, and again every second; none on the server and until the page is alive.
    pub fn now(self) -> Option<DateTime<Utc>> {
        self.now.get()
    }

    /// When the server made the page: the one time that both sides have at the first render.
    pub fn rendered(self) -> Option<DateTime<Utc>> {
        self.page.map(|page| page.now)
    }

    /// From when on a run is called silent.
    pub fn silent_after(self) -> TimeDelta {
        self.page.map_or(SILENT_AFTER, |page| page.silent_after())
    }

    /// The server says that it is this time now.
    pub fn set(self, server: DateTime<Utc>) {
        if let Some(browser) = browser_now() {
            self.ahead.set(browser - server);
            self.tick();
        }
    }

    fn tick(self) {
        self.now.set(browser_now().map(|browser| browser - self.ahead.get_untracked()));
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
