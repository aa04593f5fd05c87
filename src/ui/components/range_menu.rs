//! The filter of the time in which runs were created: the last days, or days of one's own.

use leptos::{ev, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;

use super::filter_menu::{Apply, FilterPill, address};
use crate::{
    model::{filter::RunFilter, moment::Moment},
    ui::{
        clock::zone_offset,
        range_words::{
            PRESETS, day_of, preset, range_cleared, range_summary, unseen_from, unseen_to, zone_at_end, zone_at_start,
        },
    },
};

#[component]
pub fn RangeMenu(#[prop(into)] filter: Signal<RunFilter>, #[prop(into)] tenant: String) -> impl IntoView {
    let summary = Memo::new(move |_| range_summary(&filter.read()));
    let clear = Memo::new(move |_| address(&tenant, &range_cleared(&filter.read())));
    let chosen = Memo::new(move |_| preset(&filter.read()));
    let radio = move |value: &'static str, words: &'static str| {
        let holds = move || chosen.read().as_deref() == Some(value);
        view! {
            <label class="menu-item">
                <input
                    type="radio"
                    name="from"
                    value=value
                    checked=untrack(holds)
                    prop:checked=holds
                    on:change=move |event| empty(
                        &event,
                        "[type=date], [type=hidden][name=from], [type=hidden][name=to]",
                    )
                />
                <span>{words}</span>
            </label>
        }
    };
    view! {
        <FilterPill label="Created" summary clear>
            <div class="days" role="group" aria-label="Days">
                <Day filter end=End::From/>
                <Day filter end=End::To/>
            </div>
            <div class="menu-choices" role="group" aria-label="Ranges">
                {radio("", "Any time")} {PRESETS.map(|(value, words)| radio(value, words)).collect_view()}
            </div>
            <Apply/>
        </FilterPill>
    }
}

/// An end of the range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    From,
    To,
}

impl End {
    /// Its field, its field for the zone, and its words.
    const fn names(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::From => ("from", "zone", "From"),
            Self::To => ("to", "to_zone", "To"),
        }
    }

    fn of(self, filter: &RunFilter) -> Option<Moment> {
        if self == Self::From { filter.from } else { filter.to }
    }

    /// What the form has to carry along, because none of its fields says it.
    fn unseen(self, filter: &RunFilter) -> Option<String> {
        if self == Self::From { unseen_from(filter.from) } else { unseen_to(filter.to) }
    }

    /// Days of an address are those of its zone.
    fn zone(self, filter: &RunFilter) -> String {
        let zone = if self == Self::From { filter.zone } else { filter.zone_of_end() };
        self.of(filter).filter(|moment| moment.is_on_a_wall()).map(|_| zone.to_string()).unwrap_or_default()
    }

    /// Days that are chosen are the reader's.
    fn zone_of_reader(self, day: &str) -> String {
        let zone = if self == Self::From { zone_at_start(day, zone_offset) } else { zone_at_end(day, zone_offset) };
        zone.map(|zone| zone.to_string()).unwrap_or_default()
    }
}

/// The day at one end of the range. What stands at that end otherwise gives way to it.
#[component]
fn Day(#[prop(into)] filter: Signal<RunFilter>, end: End) -> impl IntoView {
    let (name, zone_name, words) = end.names();
    let value = move || day_of(end.of(&filter.read()));
    let zone = move || end.zone(&filter.read());
    let change = move |event: ev::Event| {
        let field: HtmlInputElement = event_target(&event);
        if !is_half_a_day(&field) {
            empty(&event, &format!("[type=radio][name={name}], [type=hidden][name={name}]"));
            fill(&event, &format!("[type=hidden][name={zone_name}]"), &end.zone_of_reader(&field.value()));
        }
    };
    view! {
        <label class="day">
            <span>{words}</span>
            <input type="date" name=name value=untrack(value) prop:value=value on:change=change/>
        </label>
        {move || end.unseen(&filter.read()).map(|value| view! { <input type="hidden" name=name value=value/> })}
        <input type="hidden" name=zone_name value=untrack(zone) prop:value=zone/>
    }
}

/// Empties other fields of the form that was changed, before it is read.
fn empty(event: &ev::Event, fields: &str) {
    for input in fields_beside(event, fields) {
        if input.type_() == "radio" { input.set_checked(false) } else { input.set_value("") }
    }
}

fn fill(event: &ev::Event, fields: &str, value: &str) {
    for input in fields_beside(event, fields) {
        input.set_value(value);
    }
}

fn fields_beside(event: &ev::Event, fields: &str) -> Vec<HtmlInputElement> {
    let form = event_target::<web_sys::Element>(event).closest("form").ok().flatten();
    let Some(found) = form.and_then(|form| form.query_selector_all(fields).ok()) else { return Vec::new() };
    (0..found.length()).filter_map(|index| found.get(index)?.dyn_into().ok()).collect()
}

/// Whether a day is still being typed: on the way to the year 2026 browsers tell of the years 2, 20 and 202.
pub fn is_half_a_day(field: &HtmlInputElement) -> bool {
    field.type_() == "date" && !field.value().is_empty() && field.value().parse::<Moment>().is_err()
}
