//! Times and durations as people read them. Pure: "now" is always given.

use chrono::{DateTime, TimeDelta, Utc};

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
}
