//! The range of time of the list as its menu shows it, and the zones of its days.

use chrono::{DateTime, NaiveDateTime, NaiveTime, TimeDelta, Utc};

use crate::model::{
    filter::{Place, RunFilter},
    moment::Moment,
};

/// The ranges that are offered, as the address says them.
pub const PRESETS: [(&str, &str); 5] = [
    ("-1h", "Last hour"),
    ("-24h", "Last 24 hours"),
    ("-7d", "Last 7 days"),
    ("-30d", "Last 30 days"),
    ("-90d", "Last 90 days"),
];

/// The range of time in a few words; nothing when there is none.
pub fn range_summary(filter: &RunFilter) -> Option<String> {
    let text = |moment: Moment| match moment {
        Moment::Minute(minute) => minute.format("%Y-%m-%d %H:%M").to_string(),
        Moment::At(at) => at.format("%Y-%m-%d %H:%M UTC").to_string(),
        other => other.to_string(),
    };
    match (filter.from, filter.to) {
        (None, None) => None,
        (Some(from), None) => Some(preset_of(from).map_or_else(|| format!("from {}", text(from)), str::to_owned)),
        (None, Some(to)) => Some(format!("until {}", text(to))),
        (Some(from), Some(to)) => Some(match preset_of(from) {
            Some(words) => format!("{words} until {}", text(to)),
            None => format!("{} to {}", text(from), text(to)),
        }),
    }
}

/// The list of any time.
pub fn range_cleared(filter: &RunFilter) -> RunFilter {
    RunFilter { from: None, to: None, zone: 0, to_zone: None, ..filter.at(Place::Newest) }
}

fn preset_of(from: Moment) -> Option<&'static str> {
    let value = from.to_string();
    PRESETS.iter().find(|(preset, _)| *preset == value).map(|(_, words)| *words)
}

/// The value of a field for a day; other moments have no place in it.
pub fn day_of(moment: Option<Moment>) -> String {
    match moment {
        Some(day @ Moment::Day(_)) => day.to_string(),
        _ => String::new(),
    }
}

/// The value of the range that is chosen: empty for any time, none for what is no range that is offered.
pub fn preset(filter: &RunFilter) -> Option<String> {
    match (filter.from, filter.to) {
        (None, None) => Some(String::new()),
        (None, Some(_)) => None,
        (Some(from), _) => preset_of(from).map(|_| from.to_string()),
    }
}

/// A beginning that no part of the form can say: it is carried along unseen.
pub fn unseen_from(moment: Option<Moment>) -> Option<String> {
    unseen_to(moment.filter(|moment| preset_of(*moment).is_none()))
}

/// The same for the end, which has a field for days only.
pub fn unseen_to(moment: Option<Moment>) -> Option<String> {
    moment.filter(|moment| !matches!(moment, Moment::Day(_))).map(|moment| moment.to_string())
}

/// Minutes by which the reader's clock is ahead of UTC when a day begins; `offset` tells them of a moment.
pub fn zone_at_start(day: &str, offset: impl Fn(DateTime<Utc>) -> i32) -> Option<i32> {
    Some(zone_of(midnight(day)?, offset))
}

/// The same for the moment at which the day ends.
pub fn zone_at_end(day: &str, offset: impl Fn(DateTime<Utc>) -> i32) -> Option<i32> {
    Some(zone_of(midnight(day)? + TimeDelta::days(1), offset))
}

fn midnight(day: &str) -> Option<NaiveDateTime> {
    match day.parse() {
        Ok(Moment::Day(day)) => Some(day.and_time(NaiveTime::MIN)),
        _ => None,
    }
}

/// What the clock on the wall is ahead of UTC when it shows this: looked up near it first, then at the moment itself.
fn zone_of(wall: NaiveDateTime, offset: impl Fn(DateTime<Utc>) -> i32) -> i32 {
    let near = offset(wall.and_utc());
    offset(wall.and_utc() - TimeDelta::minutes(near.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(query: &str) -> RunFilter {
        RunFilter::parse(query).0
    }

    #[test]
    fn a_range_is_told_by_its_preset_or_its_days() {
        let told = |query| range_summary(&filter(query));
        assert_eq!(told("from=-7d").as_deref(), Some("Last 7 days"));
        assert_eq!(told("from=2026-11-01&to=2026-11-23").as_deref(), Some("2026-11-01 to 2026-11-23"));
        assert_eq!(told("from=2026-11-01").as_deref(), Some("from 2026-11-01"));
        assert_eq!(told("to=2026-11-23T14:02").as_deref(), Some("until 2026-11-23 14:02"));
        assert_eq!(told("from=-7d&to=2026-11-23").as_deref(), Some("Last 7 days until 2026-11-23"));
        assert_eq!(told(""), None);
    }

    #[test]
    fn the_form_says_each_range_again() {
        let both = filter("from=-7d&to=2026-11-23");
        assert_eq!(preset(&both).as_deref(), Some("-7d"), "an end takes no preset away");
        assert_eq!([unseen_from(both.from), unseen_to(both.to)], [None, None]);
        assert_eq!(preset(&filter("")).as_deref(), Some(""));
        assert_eq!([preset(&filter("to=2026-11-23")), preset(&filter("from=2026-11-01"))], [None, None]);
        assert_eq!(unseen_from(filter("from=-3h").from).as_deref(), Some("-3h"));
        assert_eq!(
            unseen_to(filter("to=-7d").to).as_deref(),
            Some("-7d"),
            "presets are offered for the beginning only"
        );
        assert_eq!(unseen_to(filter("to=2026-11-23T14:02").to).as_deref(), Some("2026-11-23T14:02"));
    }

    #[test]
    fn a_range_can_be_taken_away_by_itself() {
        let both = filter("type=policy.sync&from=2026-11-01&zone=60&after=0199a0c0-0000-7000-8000-000000000001");
        assert_eq!(range_cleared(&both).to_query(), "type=policy.sync");
    }

    #[test]
    fn days_are_those_of_the_reader_on_either_side_of_a_change_of_the_clock() {
        // Two hours ahead of UTC until 2026-10-25T01:00Z, one hour after.
        let change: DateTime<Utc> = "2026-10-25T01:00:00Z".parse().unwrap();
        let berlin = |at| if at < change { 120 } else { 60 };
        let zones = |day| [zone_at_start(day, berlin), zone_at_end(day, berlin)];
        assert_eq!(zones("2026-10-24"), [Some(120), Some(120)]);
        assert_eq!(zones("2026-10-25"), [Some(120), Some(60)]);
        assert_eq!(zones("2026-10-26"), [Some(60), Some(60)]);
        assert_eq!(zones("0026-10-26"), [None, None]);
    }
}
