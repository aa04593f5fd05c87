//! A point in time as a filter's address says it: a moment, a day, or so long ago.

use std::{fmt, str::FromStr};

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, SecondsFormat, SubsecRound, TimeDelta, Utc};

/// Zones lie at most this many minutes from UTC.
pub const WIDEST_ZONE: i32 = 14 * 60;

/// `-24h`, `-7d`, `2026-11-23`, `2026-11-23T14:02` or RFC 3339. Days and minutes are those on the reader's wall.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    HoursAgo(u16),
    DaysAgo(u16),
    Day(NaiveDate),
    Minute(NaiveDateTime),
    /// To the millisecond, like the ids of runs.
    At(DateTime<Utc>),
}

/// The text says no time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoMoment;

impl Moment {
    /// Whether it depends on the zone of the wall that it is read from.
    pub const fn is_on_a_wall(self) -> bool {
        matches!(self, Self::Day(_) | Self::Minute(_))
    }

    /// The first millisecond that belongs to it, on a wall `east` minutes ahead of UTC.
    pub fn start(self, east: i32, now: DateTime<Utc>) -> DateTime<Utc> {
        match self {
            Self::HoursAgo(hours) => now - TimeDelta::hours(hours.into()),
            Self::DaysAgo(days) => now - TimeDelta::days(days.into()),
            Self::Day(day) => utc(day.and_time(chrono::NaiveTime::MIN), east),
            Self::Minute(minute) => utc(minute, east),
            Self::At(at) => at,
        }
    }

    /// The first millisecond after it: a day as the end of a range belongs to the range.
    pub fn end(self, east: i32, now: DateTime<Utc>) -> DateTime<Utc> {
        let lasts = match self {
            Self::Day(_) => TimeDelta::days(1),
            Self::Minute(_) => TimeDelta::minutes(1),
            Self::HoursAgo(_) | Self::DaysAgo(_) | Self::At(_) => TimeDelta::milliseconds(1),
        };
        self.start(east, now) + lasts
    }
}

fn utc(wall: NaiveDateTime, east: i32) -> DateTime<Utc> {
    wall.and_utc() - TimeDelta::minutes(east.clamp(-WIDEST_ZONE, WIDEST_ZONE).into())
}

impl FromStr for Moment {
    type Err = NoMoment;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let moment = if let Some(ago) = text.strip_prefix('-') {
            let number = |unit| ago.strip_suffix(unit).and_then(|number: &str| number.parse().ok());
            number('h').map(Self::HoursAgo).or_else(|| number('d').map(Self::DaysAgo))
        } else if let Ok(day) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
            Some(Self::Day(day))
        } else if let Ok(minute) = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M") {
            Some(Self::Minute(minute))
        } else {
            // A plus that was not escaped has become a space.
            let text = text.replace(' ', "+");
            DateTime::parse_from_rfc3339(&text).ok().map(|at| Self::At(at.to_utc().trunc_subsecs(3)))
        };
        moment.filter(|moment| moment.is_of_our_days()).ok_or(NoMoment)
    }
}

impl Moment {
    /// Runs began with computers, and ids end in the year 10,889.
    fn is_of_our_days(self) -> bool {
        let year = match self {
            Self::HoursAgo(_) | Self::DaysAgo(_) => return true,
            Self::Day(day) => day.year(),
            Self::Minute(minute) => minute.year(),
            Self::At(at) => at.year(),
        };
        (1970..=9999).contains(&year)
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HoursAgo(hours) => write!(f, "-{hours}h"),
            Self::DaysAgo(days) => write!(f, "-{days}d"),
            Self::Day(day) => write!(f, "{}", day.format("%Y-%m-%d")),
            Self::Minute(minute) => write!(f, "{}", minute.format("%Y-%m-%dT%H:%M")),
            Self::At(at) => f.write_str(&at.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(text: &str, east: i32) -> (String, String) {
        let now = "2026-11-23T14:02:09Z".parse().unwrap();
        let moment: Moment = text.parse().unwrap();
        assert_eq!(moment.to_string().parse(), Ok(moment), "{text}");
        let text = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::AutoSi, true);
        (text(moment.start(east, now)), text(moment.end(east, now)))
    }

    #[test]
    fn a_day_is_the_readers_day_and_belongs_to_the_range_whole() {
        assert_eq!(range("2026-11-23", 0), ("2026-11-23T00:00:00Z".into(), "2026-11-24T00:00:00Z".into()));
        assert_eq!(range("2026-11-23", 60), ("2026-11-22T23:00:00Z".into(), "2026-11-23T23:00:00Z".into()));
        assert_eq!(range("2026-11-23T09:30", -300), ("2026-11-23T14:30:00Z".into(), "2026-11-23T14:31:00Z".into()));
    }

    #[test]
    fn a_moment_is_exact_and_a_preset_counts_back_from_now() {
        let exact = ("2026-11-23T12:00:00Z".to_owned(), "2026-11-23T12:00:00.001Z".to_owned());
        assert_eq!(range("2026-11-23T14:00:00+02:00", 0), exact);
        assert_eq!(range("2026-11-23T14:00:00 02:00", 0), exact);
        assert_eq!(range("-24h", 0).0, "2026-11-22T14:02:09Z");
        assert_eq!(range("-30d", 600).0, "2026-10-24T14:02:09Z");
    }

    #[test]
    fn anything_else_is_no_time() {
        for text in
            ["", "yesterday", "-7", "-h", "-99999999d", "2026-13-01", "2026-02-30", "0001-01-01", "+262000-01-01"]
        {
            assert_eq!(text.parse::<Moment>(), Err(NoMoment), "{text}");
        }
    }
}
