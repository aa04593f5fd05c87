//! What a cron expression means, and what it says when it is none.

use proptest::prelude::*;

use super::*;

fn cron(text: &str) -> Cron {
    text.parse().unwrap()
}

#[test]
fn expressions_read_like_sentences() {
    for (text, words) in [
        ("0 2 * * *", "Every day at 02:00"),
        ("30 6 * * 1", "Every Monday at 06:30"),
        ("0 2,14 * * *", "Every day at 02:00 and 14:00"),
        ("0 2 * * 1-5", "Monday to Friday at 02:00"),
        ("0 2 * * MON,wed,5", "Monday, Wednesday and Friday at 02:00"),
        ("0 2 * * 6,7", "Saturday and Sunday at 02:00"),
        ("*/15 * * * *", "Every 15 minutes"),
        ("* * * * *", "Every minute"),
        ("0 * * * *", "Every hour"),
        ("5 * * * 1", "Every hour at 5 minutes past, every Monday"),
        ("0 */2 * * *", "Every 2 hours"),
        ("0 3 1 * *", "On day 1 of the month at 03:00"),
        ("0 3 1,15 jan,7 *", "On days 1 and 15 of the month at 03:00 in January and July"),
        ("0 3 1 * 1", "On day 1 of the month and every Monday at 03:00"),
        ("1-7 3 * * *", "Every day at 7 times of the day"),
    ] {
        assert_eq!(cron(text).words(), words, "{text}");
    }
}

#[test]
fn what_is_no_expression_says_why() {
    let why = |text: &str| text.parse::<Cron>().unwrap_err().to_string();
    assert!(why("0 2 * *").ends_with("This one has 4."));
    assert!(why("").ends_with("This one has 0."));
    assert!(why("0 0 2 * * *").ends_with("This one has 6."), "no seconds");
    assert!(why("61 2 * * *").starts_with("\"61\" is no minute. Write 0 to 59"));
    assert!(why("0 24 * * *").starts_with("\"24\" is no hour."));
    assert!(why("0 2 0 * *").starts_with("\"0\" is no day of the month."));
    assert!(why("0 2 * 13 *").starts_with("\"13\" is no month."));
    assert!(why("0 2 * * 8").starts_with("\"8\" is no day of the week."));
    for text in ["5-1 2 * * *", "*/0 2 * * *", "1,,2 2 * * *", "-1 2 * * *", "+1 2 * * *", "a 2 * * *", "1/ 2 * * *"] {
        assert!(text.parse::<Cron>().is_err(), "{text}");
    }
}

#[test]
fn sunday_is_zero_and_seven_and_days_add_up() {
    let date = |day| NaiveDate::from_ymd_opt(2026, 11, day).unwrap();
    for text in ["0 2 * * 0", "0 2 * * 7", "0 2 * * sun"] {
        assert!(cron(text).is_on(date(22)) && !cron(text).is_on(date(23)), "{text}");
    }
    let either = cron("0 2 13 * 1");
    assert!(either.is_on(date(13)) && either.is_on(date(23)) && !either.is_on(date(14)));
}

proptest! {
    /// Whatever somebody types: no panic, and what is taken has words and at least one time a day.
    #[test]
    fn anything_typed_is_taken_or_told(text in "[0-9*/, a-z-]{0,40}") {
        if let Ok(cron) = text.parse::<Cron>() {
            prop_assert!(cron.times().next().is_some());
            prop_assert!(!cron.words().is_empty());
        }
    }

    #[test]
    fn lists_of_numbers_mean_those_numbers(minutes in prop::collection::btree_set(0_u32..60, 1..20)) {
        let text = minutes.iter().map(u32::to_string).collect::<Vec<_>>().join(",");
        let times: Vec<u32> = cron(&format!("{text} 4 * * *")).times().map(|(_, minute)| minute).collect();
        prop_assert_eq!(times, minutes.into_iter().collect::<Vec<_>>());
    }
}
