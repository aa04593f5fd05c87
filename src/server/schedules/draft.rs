//! The form of a schedule: what stands in it at first, and whether what was typed makes sense.

use chrono::{DateTime, Utc};

use super::calendar::{Times, TimesError, parse_zone, zones};
use crate::{
    model::{
        cron::Cron,
        operation::OperationType,
        schedule::{ScheduleDraft, ScheduleForm},
    },
    server::db::schedules::ScheduleRow,
};

/// How many of the next times are shown.
const PREVIEWED: usize = 3;
/// How many of the next times tell how far they are apart: a year of months.
const COMPARED: usize = 13;
/// A year and a day.
const MOST_HOURS: i32 = 366 * 24;
const EXPECTED_AT_FIRST: i32 = 26;

/// A draft that makes sense.
pub struct Checked {
    pub times: Times,
    pub next: DateTime<Utc>,
    pub expected_hours: i32,
}

/// What the form shows at first: what is stored, or a proposal in the zone of the tenant's other schedules.
pub fn of(operation_type: OperationType, stored: Option<&ScheduleRow>, other: Option<&ScheduleRow>) -> ScheduleDraft {
    match stored {
        Some(row) => ScheduleDraft {
            operation_type,
            cron: row.cron.clone(),
            time_zone: row.time_zone.clone(),
            expected_hours: row.expected_hours.to_string(),
            enabled: row.enabled_at.is_some(),
        },
        None => ScheduleDraft {
            operation_type,
            cron: "0 2 * * *".to_owned(),
            time_zone: other.map_or("UTC", |row| &row.time_zone).to_owned(),
            expected_hours: EXPECTED_AT_FIRST.to_string(),
            enabled: true,
        },
    }
}

/// # Errors
/// It makes no sense; [`form`] says at which field and why.
pub fn check(draft: &ScheduleDraft, now: DateTime<Utc>) -> Result<Checked, ()> {
    let times = Times::parse(&draft.cron, &draft.time_zone).map_err(drop)?;
    let next = times.next(now).map_err(drop)?;
    let expected_hours = expected(&draft.expected_hours, Some((&times, now))).map_err(drop)?;
    Ok(Checked { times, next, expected_hours })
}

/// The form with what was typed, what it means and what is wrong with it.
pub fn form(draft: ScheduleDraft, now: DateTime<Utc>) -> ScheduleForm {
    let times = Times::parse(&draft.cron, &draft.time_zone);
    let never = times.as_ref().ok().and_then(|times| times.next(now).err());
    let cron_error = draft.cron.parse::<Cron>().err().map(|error| error.to_string());
    let usable = times.as_ref().ok().filter(|_| never.is_none());
    let upcoming = usable.map(|times| times.upcoming(now, PREVIEWED)).unwrap_or_default();
    ScheduleForm {
        words: usable.map(Times::words).unwrap_or_default(),
        next: usable.map(|times| upcoming.iter().map(|at| times.on_the_wall(*at)).collect()).unwrap_or_default(),
        cron_error: cron_error.or_else(|| never.as_ref().map(TimesError::to_string)),
        time_zone_error: parse_zone(&draft.time_zone).err().map(|error| error.to_string()),
        expected_error: expected(&draft.expected_hours, usable.map(|times| (times, now))).err(),
        zones: zones(),
        draft,
    }
}

/// The number of hours, or a sentence that says why it is none. Not less than the schedule itself leaves between two runs.
fn expected(text: &str, times: Option<(&Times, DateTime<Utc>)>) -> Result<i32, String> {
    let hours = text
        .trim()
        .parse()
        .ok()
        .filter(|hours| (1..=MOST_HOURS).contains(hours))
        .ok_or_else(|| format!("Write a whole number of hours, from 1 to {MOST_HOURS}."))?;
    let widest = times.map_or(0, |(times, now)| widest_gap(&times.upcoming(now, COMPARED)));
    if i64::from(hours) < widest {
        return Err(format!(
            "This schedule leaves up to {widest} hours between two runs. Write at least that many, so that it is not late all the time."
        ));
    }
    Ok(hours)
}

/// In full hours.
fn widest_gap(times: &[DateTime<Utc>]) -> i64 {
    times.windows(2).map(|pair| (pair[1] - pair[0]).num_hours()).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(cron: &str, time_zone: &str, expected_hours: &str) -> ScheduleForm {
        let draft = ScheduleDraft {
            operation_type: OperationType::InventorySync,
            cron: cron.to_owned(),
            time_zone: time_zone.to_owned(),
            expected_hours: expected_hours.to_owned(),
            enabled: true,
        };
        let now = "2026-01-15T08:00:00Z".parse().unwrap();
        let form = form(draft.clone(), now);
        assert_eq!(check(&draft, now).is_ok(), form.error().is_none(), "{form:?}");
        form
    }

    #[test]
    fn a_good_form_shows_the_next_times_on_the_zones_clock() {
        let form = typed("0 2 * * 1-5", "Europe/Berlin", "80");
        assert_eq!(form.words, "Monday to Friday at 02:00");
        assert_eq!(form.next, ["Fri 2026-01-16 02:00 CET", "Mon 2026-01-19 02:00 CET", "Tue 2026-01-20 02:00 CET"]);
        assert_eq!(form.error(), None);
    }

    #[test]
    fn each_mistake_stands_at_its_field() {
        assert!(typed("soon", "UTC", "30").cron_error.is_some_and(|error| error.contains("five fields")));
        assert!(typed("0 2 30 2 *", "UTC", "30").cron_error.is_some_and(|error| error.contains("ever comes")));
        assert!(typed("0 2 * * *", "Berlin", "30").time_zone_error.is_some());
        for hours in ["", "0", "-3", "1.5", "99999999999"] {
            assert!(typed("0 2 * * *", "UTC", hours).expected_error.is_some(), "{hours}");
        }
        assert!(typed("0 2 * * *", "UTC", "12").expected_error.is_some_and(|error| error.contains("24 hours")));
        assert_eq!(typed("soon", "UTC", "12").expected_error, None);
    }
}
