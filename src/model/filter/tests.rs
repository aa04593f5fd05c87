//! What addresses mean, and that each view has one.

use chrono::TimeDelta;
use proptest::{prelude::*, sample::subsequence};
use uuid::Uuid;

use super::*;

fn read(query: &str) -> RunFilter {
    let (filter, note) = RunFilter::parse(query);
    assert_eq!(note.text(), None, "{query}");
    filter
}

fn note(query: &str) -> String {
    RunFilter::parse(query).1.text().unwrap_or_default()
}

#[test]
fn a_form_says_several_values_and_not() {
    let filter =
        read("?type=inventory.sync&type=policy.sync&type_is=not&outcome=failed,cancelled&status=&q=&from=&status_is=");
    assert_eq!(filter.types, Choice::all_but([OperationType::InventorySync, OperationType::PolicySync]));
    assert_eq!(filter.outcomes, Choice::of([RunOutcome::Failed, RunOutcome::Cancelled]));
    assert_eq!(filter.statuses, Choice::default());
    let query = "type=inventory.sync&type=policy.sync&type_is=not&outcome=failed&outcome=cancelled";
    assert_eq!(filter.to_query(), query);
    assert!(read("status_is=not&zone=60&type_is=is").is_open(), "not without a value filters nothing");
    let answer = format!("started={0}&joined={0}", Uuid::nil());
    assert!(read(&answer).is_open(), "what a start button tells is no filter and no mistake");
}

#[test]
fn what_makes_no_sense_is_left_out_and_told() {
    assert_eq!(note("colour=red&outcome=failed"), "Ignored: \u{201c}colour\u{201d} is no filter.");
    assert!(note("type=wifi.sync").contains("\u{201c}wifi.sync\u{201d} is no operation type"));
    assert!(note("from=yesterday").contains("\u{201c}yesterday\u{201d} is no time"));
    assert!(note("after=garbage").contains("these are the newest runs"));
    assert!(note("q=wifi").contains("is no run id"));
    assert!(note("type_is=maybe").contains("maybe"));
    let second = format!("after={}&before={}", Uuid::nil(), Uuid::max());
    assert!(note(&second).contains("a second place"));
    let long = note(&format!("q={}", "x".repeat(10_000)));
    assert!(long.len() < 200, "{long}");
    let many = (0..200).map(|n| format!("&word{n}=1")).collect::<String>();
    assert!(note(&many).len() < 400 && note(&many).contains("195 more"), "{}", note(&many));
    let people = (0..60).map(|n| format!("initiator={}&", Uuid::from_u128(n))).collect::<String>();
    let (filter, note) = RunFilter::parse(&people);
    assert_eq!(filter.initiators.values.len(), MOST_VALUES);
    assert!(note.text().unwrap().contains("all but 50 values"));
}

fn choice<T: Ord + Clone + std::fmt::Debug + 'static>(all: Vec<T>) -> impl Strategy<Value = Choice<T>> {
    let most = all.len();
    (subsequence(all, 0..=most), any::<bool>())
        .prop_map(|(values, not)| Choice { not: not && !values.is_empty(), ..Choice::of(values) })
}

fn moment() -> impl Strategy<Value = Moment> {
    let start: DateTime<Utc> = DateTime::UNIX_EPOCH;
    prop_oneof![
        any::<u16>().prop_map(Moment::HoursAgo),
        any::<u16>().prop_map(Moment::DaysAgo),
        (0_i64..2_900_000).prop_map(move |days| Moment::Day((start + TimeDelta::days(days)).date_naive())),
        (0_i64..4_000_000_000)
            .prop_map(move |minutes| Moment::Minute((start + TimeDelta::minutes(minutes)).naive_utc())),
        (0_i64..250_000_000_000_000).prop_map(move |millis| Moment::At(start + TimeDelta::milliseconds(millis))),
    ]
}

fn filter() -> impl Strategy<Value = RunFilter> {
    let users = [1, 2, 3].map(|n| InitiatorChoice::User(UserId(Uuid::from_u128(n))));
    let initiators = [InitiatorChoice::Me, InitiatorChoice::System].into_iter().chain(users).collect();
    let id = any::<u128>().prop_map(|n| RunId(Uuid::from_u128(n)));
    let place = prop_oneof![Just(Place::Newest), id.clone().prop_map(Place::After), id.prop_map(Place::Before)];
    let choices = (
        choice(OperationType::ALL.to_vec()),
        choice(RunStatus::ALL.to_vec()),
        choice(RunOutcome::ALL.to_vec()),
        choice(initiators),
        choice(ReasonCode::ALL.to_vec()),
    );
    let search = prop::option::of("[0-9a-f]{6,32}".prop_map(|text: String| text.parse().unwrap()));
    let zone = || -WIDEST_ZONE..=WIDEST_ZONE;
    let range = (prop::option::of(moment()), prop::option::of(moment()), zone(), prop::option::of(zone()));
    (choices, range, search, place).prop_map(|(choices, (from, to, zone, to_zone), search, place)| {
        let (types, statuses, outcomes, initiators, reasons) = choices;
        let mut filter =
            RunFilter { types, statuses, outcomes, initiators, reasons, from, to, zone, to_zone, search, place };
        filter.normalize();
        filter
    })
}

#[test]
fn each_end_of_a_range_has_its_own_zone() {
    let now = DateTime::UNIX_EPOCH;
    let filter = read("from=2026-07-01&to=2026-11-20&zone=120&to_zone=60");
    let end = filter.end(now).map(|at| at.to_rfc3339());
    assert_eq!(filter.begin(now).unwrap().to_rfc3339(), "2026-06-30T22:00:00+00:00");
    assert_eq!(end.as_deref(), Some("2026-11-20T23:00:00+00:00"));
    assert_eq!(
        read("from=2026-07-01&to=2026-07-02&zone=120&to_zone=120").to_query(),
        "from=2026-07-01&to=2026-07-02&zone=120"
    );
    assert_eq!(read("from=-7d&to=2026-11-20&zone=120&to_zone=60").to_query(), "from=-7d&to=2026-11-20&zone=60");
    assert_eq!(read("from=2026-07-01&zone=120&to_zone=60").to_query(), "from=2026-07-01&zone=120");
    assert!(note("to=2026-07-01&to_zone=9000").contains("zone in minutes"));
    assert!(note("from=2026-07-01&from=-7d").contains("-7d"), "a day and a range, as a form without scripts says them");
}

proptest! {
    /// Back, forward, reload and a shared link give the same view.
    #[test]
    fn an_address_is_its_filter_and_a_filter_its_address(filter in filter()) {
        let query = filter.to_query();
        let (again, note) = RunFilter::parse(&query);
        prop_assert_eq!(note.text(), None, "{}", &query);
        prop_assert_eq!(&again, &filter, "{}", &query);
        prop_assert_eq!(again.to_query(), query);
    }

    /// Anything can stand in an address. What is understood of it reads the same the next time, without a note.
    #[test]
    fn any_address_is_a_filter(garbage in "\\PC{0,80}", name in "[a-z_]{1,12}", bytes in any::<Vec<u8>>()) {
        let escaped = bytes.iter().map(|byte| format!("%{byte:02x}")).collect::<String>();
        for query in [garbage.clone(), format!("{name}={garbage}&type={escaped}&from={garbage}"), format!("q={escaped}")] {
            let (filter, note) = RunFilter::parse(&query);
            prop_assert!(note.text().is_none_or(|text| text.len() < 1000));
            prop_assert_eq!(RunFilter::parse(&filter.to_query()).0, filter);
        }
    }
}
