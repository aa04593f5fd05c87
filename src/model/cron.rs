//! Cron expressions of five fields, as administrators write them: minute, hour, day of the month, month, day of the week
//! (0 and 7 are Sunday). Where both days are restricted, either is enough. Source: crontab(5).

use chrono::{Datelike, NaiveDate};

/// When something happens, by the clock on the wall.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cron {
    minutes: Field,
    hours: Field,
    days: Field,
    months: Field,
    weekdays: Field,
}

/// The numbers of a field, one a bit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Field {
    set: u64,
    /// Whether it begins with `*`: it then does not restrict the days.
    any: bool,
}

/// What a field is called and may hold.
struct Kind {
    name: &'static str,
    least: u32,
    most: u32,
    /// Names in place of numbers, from `least` on.
    names: &'static [&'static str],
}

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const MINUTE: Kind = Kind { name: "minute", least: 0, most: 59, names: &[] };
const HOUR: Kind = Kind { name: "hour", least: 0, most: 23, names: &[] };
const DAY: Kind = Kind { name: "day of the month", least: 1, most: 31, names: &[] };
const MONTH: Kind = Kind { name: "month", least: 1, most: 12, names: &MONTHS };
const WEEKDAY: Kind = Kind { name: "day of the week", least: 0, most: 7, names: &WEEKDAYS };

/// Why a text is no cron expression, as a sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CronError {
    #[error(
        "A cron expression has five fields: minute, hour, day of the month, month and day of the week. This one has {0}."
    )]
    Fields(usize),
    #[error(
        "\"{text}\" is no {name}. Write {least} to {most}, * for every, a list (1,15), a range (1-5) or a step (*/2)."
    )]
    Field { text: String, name: &'static str, least: u32, most: u32 },
}

impl std::str::FromStr for Cron {
    type Err = CronError;

    fn from_str(text: &str) -> Result<Self, CronError> {
        let fields: Vec<&str> = text.split_whitespace().collect();
        let [minutes, hours, days, months, weekdays] = fields.as_slice() else {
            return Err(CronError::Fields(fields.len()));
        };
        let mut weekdays = field(weekdays, &WEEKDAY)?;
        // Sunday is both the first and the last.
        weekdays.set = (weekdays.set | weekdays.set >> 7) & 0x7f;
        Ok(Self {
            minutes: field(minutes, &MINUTE)?,
            hours: field(hours, &HOUR)?,
            days: field(days, &DAY)?,
            months: field(months, &MONTH)?,
            weekdays,
        })
    }
}

fn field(text: &str, kind: &Kind) -> Result<Field, CronError> {
    let no = || CronError::Field {
        text: text.chars().take(40).collect(),
        name: kind.name,
        least: kind.least,
        most: kind.most,
    };
    let mut set = 0;
    for part in text.split(',') {
        let (range, step) = match part.split_once('/') {
            None => (part, None),
            Some((range, step)) => {
                (range, Some(step.parse().ok().filter(|step| (1..=59).contains(step)).ok_or_else(no)?))
            }
        };
        let (from, to) = match range.split_once('-') {
            _ if range == "*" => (kind.least, kind.most),
            Some((from, to)) => (number(from, kind).ok_or_else(no)?, number(to, kind).ok_or_else(no)?),
            None => {
                let from = number(range, kind).ok_or_else(no)?;
                (from, if step.is_some() { kind.most } else { from })
            }
        };
        if from > to {
            return Err(no());
        }
        set = (from..=to).step_by(step.unwrap_or(1)).fold(set, |set, number| set | 1 << number);
    }
    Ok(Field { set, any: text.starts_with('*') })
}

fn number(text: &str, kind: &Kind) -> Option<u32> {
    let named = kind.names.iter().position(|name| name.eq_ignore_ascii_case(text));
    let named = named.and_then(|place| u32::try_from(place).ok()).map(|place| place + kind.least);
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = named.or_else(|| text.parse().ok().filter(|_| digits))?;
    (kind.least..=kind.most).contains(&number).then_some(number)
}

impl Field {
    const fn has(self, number: u32) -> bool {
        self.set >> number & 1 == 1
    }

    fn numbers(self) -> impl Iterator<Item = u32> {
        (0..64).filter(move |number| self.has(*number))
    }
}

impl Cron {
    /// Whether it happens on this day.
    pub fn is_on(&self, date: NaiveDate) -> bool {
        let day = self.days.has(date.day());
        let weekday = self.weekdays.has(date.weekday().num_days_from_sunday());
        let days = if self.days.any || self.weekdays.any { day && weekday } else { day || weekday };
        self.months.has(date.month()) && days
    }

    /// The times of such a day: hour and minute, in order.
    pub fn times(&self) -> impl Iterator<Item = (u32, u32)> {
        let minutes = self.minutes;
        self.hours.numbers().flat_map(move |hour| minutes.numbers().map(move |minute| (hour, minute)))
    }

    /// Whether it is meant for every hour, whatever the clock shows.
    pub const fn is_hourly(&self) -> bool {
        self.hours.any
    }

    /// In words: `Every day at 02:00`.
    pub fn words(&self) -> String {
        let days = self.day_words();
        let months = if self.months.any {
            String::new()
        } else {
            format!(" in {}", list(self.months.numbers().map(|month| MONTH_WORDS[month as usize - 1].to_owned())))
        };
        let (times, within_day) = self.time_words();
        match (days.as_str(), within_day) {
            ("Every day", false) => format!("{times}{months}"),
            (_, false) => format!("{times}, {}{months}", uncapitalised(&days)),
            (_, true) => format!("{days} {times}{months}"),
        }
    }

    /// The times, and whether they read after the day (`at 02:00`) or by themselves (`Every 15 minutes`).
    fn time_words(&self) -> (String, bool) {
        let minutes: Vec<u32> = self.minutes.numbers().collect();
        let hours: Vec<u32> = self.hours.numbers().collect();
        match (minutes.as_slice(), hours.as_slice()) {
            (_, all) if all.len() == 24 && minutes.len() == 60 => ("Every minute".to_owned(), false),
            ([0], all) if all.len() == 24 => ("Every hour".to_owned(), false),
            ([minute], all) if all.len() == 24 => (format!("Every hour at {minute} minutes past"), false),
            (_, all) if all.len() == 24 && step(&minutes, 60).is_some() => {
                (format!("Every {} minutes", step(&minutes, 60).unwrap_or_default()), false)
            }
            ([0], some) if some.len() > 4 && step(some, 24).is_some() => {
                (format!("Every {} hours", step(some, 24).unwrap_or_default()), false)
            }
            _ if minutes.len() * hours.len() <= 4 => {
                (format!("at {}", list(self.times().map(|(hour, minute)| format!("{hour:02}:{minute:02}")))), true)
            }
            _ => (format!("at {} times of the day", minutes.len() * hours.len()), true),
        }
    }

    fn day_words(&self) -> String {
        let weekdays: Vec<u32> = self.weekdays.numbers().collect();
        let of_week = match weekdays.as_slice() {
            [1, 2, 3, 4, 5] => "Monday to Friday".to_owned(),
            [0, 6] => "Saturday and Sunday".to_owned(),
            [one] => format!("Every {}", WEEKDAY_WORDS[*one as usize]),
            some => list(some.iter().map(|day| WEEKDAY_WORDS[*day as usize].to_owned())),
        };
        let days: Vec<String> = self.days.numbers().map(|day| day.to_string()).collect();
        let of_month = match days.as_slice() {
            [one] => format!("On day {one} of the month"),
            some => format!("On days {} of the month", list(some.iter().cloned())),
        };
        let all_days = days.len() == 31;
        match (all_days, weekdays.len() == 7) {
            (true, true) => "Every day".to_owned(),
            (true, false) => of_week,
            (false, true) => of_month,
            (false, false) if self.days.any || self.weekdays.any => format!("{of_month}, if {of_week}"),
            (false, false) => format!("{of_month} and {}", uncapitalised(&of_week)),
        }
    }
}

const MONTH_WORDS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const WEEKDAY_WORDS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// The step of numbers that begin at zero and go round evenly.
fn step(numbers: &[u32], round: u32) -> Option<u32> {
    let step = *numbers.get(1)?;
    let even = round.is_multiple_of(step) && numbers.iter().copied().eq((0..round).step_by(step as usize));
    even.then_some(step)
}

fn list(words: impl Iterator<Item = String>) -> String {
    let words: Vec<String> = words.collect();
    match words.as_slice() {
        [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        other => other.concat(),
    }
}

fn uncapitalised(text: &str) -> String {
    match text.strip_prefix("Every ") {
        Some(rest) => format!("every {rest}"),
        None => text.strip_prefix("On ").map_or_else(|| text.to_owned(), |rest| format!("on {rest}")),
    }
}

#[cfg(test)]
mod tests;
