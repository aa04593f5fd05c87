//! Times and durations as people read them. Pure: "now" is always given.

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};

/// A duration as a clock that can tick: `0:07`, `12:30`, `1:02:03`, `2d 03:00`.
pub fn duration(span: TimeDelta) -> String {
    let seconds = span.num_seconds().max(0);
    let (days, hours, minutes, rest) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    match (days, hours) {
        (0, 0) => format!("{minutes}:{rest:02}"),
        (0, _) => format!("{hours}:{minutes:02}:{rest:02}"),
        _ => format!("{days}d {hours:02}:{minutes:02}"),
    }
}

/// How long ago: `just now`, `5 min ago`, `3 h ago`, `yesterday`, `12 days ago`.
pub fn ago(then: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let seconds = (now - then).num_seconds();
    match seconds {
        ..60 => "just now".to_owned(),
        60..3600 => format!("{} min ago", seconds / 60),
        3600..86_400 => format!("{} h ago", seconds / 3600),
        86_400..172_800 => "yesterday".to_owned(),
        _ => format!("{} days ago", seconds / 86_400),
    }
}

/// A point in time in UTC, to the second: `2026-11-23 14:02:09 UTC`.
pub fn absolute(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// A point in time in UTC, to the minute: `2026-11-23 14:02 UTC`.
pub fn minute(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}

/// The time of day in UTC, to the second: `14:02:09 UTC`.
pub fn time_of_day(at: DateTime<Utc>) -> String {
    at.format("%H:%M:%S UTC").to_string()
}

/// As a machine reads it, for `<time datetime>`: `2026-11-23T14:02:09Z`.
pub fn machine(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The clock on the wall of a zone that is `east` minutes ahead of UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WallClock(NaiveDateTime);

impl WallClock {
    pub fn new(at: DateTime<Utc>, east: i32) -> Self {
        Self((at + TimeDelta::minutes(east.into())).naive_utc())
    }

    /// `2026-11-23 15:02`
    pub fn minute(self) -> String {
        self.0.format("%Y-%m-%d %H:%M").to_string()
    }

    /// `2026-11-23 15:02:09`
    pub fn second(self) -> String {
        self.0.format("%Y-%m-%d %H:%M:%S").to_string()
    }

    /// `15:02:09`
    pub fn time_of_day(self) -> String {
        self.0.format("%H:%M:%S").to_string()
    }

    /// Whether both show the same date.
    pub fn is_same_day(self, other: Self) -> bool {
        self.0.date() == other.0.date()
    }

    /// `15:02`
    pub fn short(self) -> String {
        self.0.format("%H:%M").to_string()
    }
}

/// The time between two marks of a history: `0.4 s`, `12 s`, `3:20`.
pub fn span(span: TimeDelta) -> String {
    match span.num_milliseconds().max(0) {
        millis @ ..10_000 => format!("{}.{} s", millis / 1000, millis / 100 % 10),
        millis @ ..60_000 => format!("{} s", millis / 1000),
        _ => duration(span),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_reads_like_a_clock() {
        let text = |seconds| duration(TimeDelta::seconds(seconds));
        assert_eq!(text(-3), "0:00");
        assert_eq!(text(7), "0:07");
        assert_eq!(text(750), "12:30");
        assert_eq!(text(3723), "1:02:03");
        assert_eq!(text(2 * 86_400 + 3 * 3600), "2d 03:00");
    }

    #[test]
    fn how_long_ago_is_told_in_the_largest_unit() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(30);
        let text = |seconds| ago(now - TimeDelta::seconds(seconds), now);
        assert_eq!(text(10), "just now");
        assert_eq!(text(300), "5 min ago");
        assert_eq!(text(7300), "2 h ago");
        assert_eq!(text(90_000), "yesterday");
        assert_eq!(text(400_000), "4 days ago");
    }

    #[test]
    fn a_point_in_time_is_told_in_utc_and_on_the_wall_of_a_zone() {
        let at = DateTime::UNIX_EPOCH + TimeDelta::seconds(82_929);
        assert_eq!(minute(at), "1970-01-01 23:02 UTC");
        assert_eq!(time_of_day(at), "23:02:09 UTC");
        assert_eq!(machine(at), "1970-01-01T23:02:09Z");
        let wall = WallClock::new(at, 60);
        assert_eq!(wall.minute(), "1970-01-02 00:02");
        assert_eq!(wall.second(), "1970-01-02 00:02:09");
        assert_eq!(wall.time_of_day(), "00:02:09");
        assert_eq!(WallClock::new(at, -300).short(), "18:02");
        let later = at + TimeDelta::hours(1);
        assert!(!WallClock::new(at, 0).is_same_day(WallClock::new(later, 0)));
        assert!(wall.is_same_day(WallClock::new(later, 60)), "the day is that of the wall");
    }

    #[test]
    fn a_span_is_as_exact_as_it_is_short() {
        let text = |millis| span(TimeDelta::milliseconds(millis));
        assert_eq!([text(-5), text(420), text(9_990)], ["0.0 s", "0.4 s", "9.9 s"]);
        assert_eq!([text(12_300), text(200_000)], ["12 s", "3:20"]);
    }
}
