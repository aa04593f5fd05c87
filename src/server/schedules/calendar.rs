//! The times of a schedule: a cron expression on the clock on the wall of a time zone.
//!
//! Where clocks go forward, a time of day that does not exist is made up for as soon as the clock goes on; where they go
//! back, a time of day that comes twice counts the first time. What is meant for every hour happens in every hour that there
//! is. Source: cron(8) on local time changes.

use chrono::{DateTime, Days, LocalResult, NaiveDate, NaiveDateTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

use crate::model::cron::{Cron, CronError};

/// A 29th of February may be eight years away.
const FARTHEST_DAYS: u64 = 9 * 366;
/// No clock goes forward by more.
const WIDEST_GAP_MINUTES: i64 = 24 * 60;

/// Why there are no times.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TimesError {
    #[error(transparent)]
    Cron(#[from] CronError),
    #[error("\"{0}\" is no time zone. Write it as Europe/Berlin, America/New_York or UTC.")]
    Zone(String),
    #[error("No such day ever comes. Choose another day or month.")]
    Never,
}

/// When something happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Times {
    expression: String,
    cron: Cron,
    zone: Tz,
}

impl Times {
    pub fn parse(cron: &str, zone: &str) -> Result<Self, TimesError> {
        let parsed = cron.parse()?;
        let expression = cron.split_whitespace().collect::<Vec<_>>().join(" ");
        Ok(Self { expression, cron: parsed, zone: parse_zone(zone)? })
    }

    pub fn expression(&self) -> String {
        self.expression.clone()
    }

    pub fn zone_name(&self) -> &'static str {
        self.zone.name()
    }

    pub fn words(&self) -> String {
        self.cron.words()
    }

    /// The first time after `after`.
    pub fn next(&self, after: DateTime<Utc>) -> Result<DateTime<Utc>, TimesError> {
        // A day before: what a gap has put off may still be to come.
        let first = after.with_timezone(&self.zone).date_naive() - TimeDelta::days(1);
        (0..FARTHEST_DAYS)
            .filter_map(|days| first.checked_add_days(Days::new(days)))
            .filter(|date| self.cron.is_on(*date))
            .find_map(|date| self.on(date).filter(|at| *at > after).min())
            .ok_or(TimesError::Never)
    }

    /// The next `count` times.
    pub fn upcoming(&self, after: DateTime<Utc>, count: usize) -> Vec<DateTime<Utc>> {
        let mut times = Vec::with_capacity(count);
        let mut last = after;
        while times.len() < count
            && let Ok(next) = self.next(last)
        {
            times.push(next);
            last = next;
        }
        times
    }

    /// A time as the zone's own clock shows it: `Tue 2026-11-24 02:00 CET`.
    pub fn on_the_wall(&self, at: DateTime<Utc>) -> String {
        at.with_timezone(&self.zone).format("%a %Y-%m-%d %H:%M %Z").to_string()
    }

    /// All times of a day, in no order.
    fn on(&self, date: NaiveDate) -> impl Iterator<Item = DateTime<Utc>> {
        self.cron.times().filter_map(move |(hour, minute)| date.and_hms_opt(hour, minute, 0)).flat_map(|wall| {
            let hourly = self.cron.is_hourly();
            let (first, second) = match self.zone.from_local_datetime(&wall) {
                LocalResult::Single(at) => (Some(at), None),
                LocalResult::Ambiguous(first, second) => (Some(first), Some(second).filter(|_| hourly)),
                LocalResult::None => (self.after_gap(wall).filter(|_| !hourly), None),
            };
            [first, second].into_iter().flatten().map(|at| at.with_timezone(&Utc))
        })
    }

    /// The first time on the wall after one that does not exist.
    fn after_gap(&self, wall: NaiveDateTime) -> Option<DateTime<Tz>> {
        (1..=WIDEST_GAP_MINUTES)
            .find_map(|minutes| self.zone.from_local_datetime(&(wall + TimeDelta::minutes(minutes))).earliest())
    }
}

pub fn parse_zone(name: &str) -> Result<Tz, TimesError> {
    let name = name.trim();
    let known = chrono_tz::TZ_VARIANTS.iter().find(|zone| zone.name().eq_ignore_ascii_case(name));
    known.copied().ok_or_else(|| TimesError::Zone(name.chars().take(60).collect()))
}

/// Every zone there is, by name.
pub fn zones() -> Vec<String> {
    chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(cron: &str, zone: &str, after: &str) -> String {
        let after: DateTime<Utc> = after.parse().unwrap();
        Times::parse(cron, zone).unwrap().next(after).unwrap().format("%Y-%m-%dT%H:%MZ").to_string()
    }

    #[test]
    fn a_time_of_day_follows_the_clock_on_the_wall() {
        assert_eq!(next("0 2 * * *", "Europe/Berlin", "2026-01-15T08:00:00Z"), "2026-01-16T01:00Z");
        assert_eq!(next("0 2 * * *", "Europe/Berlin", "2026-07-15T08:00:00Z"), "2026-07-16T00:00Z");
        assert_eq!(next("0 2 * * *", "UTC", "2026-01-15T02:00:00Z"), "2026-01-16T02:00Z", "strictly after");
        assert_eq!(next("0 2 29 2 *", "UTC", "2026-01-15T02:00:00Z"), "2028-02-29T02:00Z");
        assert_eq!(next("30 23 * * 0", "Pacific/Auckland", "2026-01-15T00:00:00Z"), "2026-01-18T10:30Z");
    }

    #[test]
    fn a_time_that_clocks_skip_is_made_up_for_once() {
        // On 29 March 2026 the clock goes from 02:00 to 03:00, which is 01:00 UTC.
        let zone = "Europe/Berlin";
        assert_eq!(next("30 2 * * *", zone, "2026-03-28T12:00:00Z"), "2026-03-29T01:00Z");
        assert_eq!(next("30 2 * * *", zone, "2026-03-29T01:00:00Z"), "2026-03-30T00:30Z");
        assert_eq!(next("30 * * * *", zone, "2026-03-29T00:30:00Z"), "2026-03-29T01:30Z", "every hour there is");
    }

    #[test]
    fn a_time_that_comes_twice_counts_once() {
        // On 25 October 2026 the clock goes from 03:00 back to 02:00, at 01:00 UTC.
        let zone = "Europe/Berlin";
        assert_eq!(next("30 2 * * *", zone, "2026-10-24T12:00:00Z"), "2026-10-25T00:30Z");
        assert_eq!(next("30 2 * * *", zone, "2026-10-25T00:30:00Z"), "2026-10-26T01:30Z");
        assert_eq!(next("30 * * * *", zone, "2026-10-25T00:30:00Z"), "2026-10-25T01:30Z", "every hour there is");
    }

    #[test]
    fn what_never_comes_and_what_is_no_zone_is_said() {
        let error = |cron: &str, zone: &str| {
            let times = Times::parse(cron, zone).and_then(|times| times.next(DateTime::UNIX_EPOCH));
            times.unwrap_err().to_string()
        };
        assert!(error("0 2 30 2 *", "UTC").starts_with("No such day ever comes."));
        assert!(error("0 2 * * *", "Mars/Olympus").starts_with("\"Mars/Olympus\" is no time zone."));
        assert_eq!(Times::parse("0  2 * * *", " europe/berlin ").unwrap().zone_name(), "Europe/Berlin");
    }
}
