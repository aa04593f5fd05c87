//! One filter: a button that tells what is chosen, a menu to choose, and a way to take it away.

use leptos::{html, prelude::*};

use super::{
    icon::{Glyph, Icon},
    menu::Menu,
};
use crate::{
    model::{filter::RunFilter, moment::Moment},
    ui::{
        clock::{Clock, hydrated, zone_offset},
        filter_words::{Field, Offer, PRESETS, day_of, range_cleared, range_summary, unseen},
    },
};

#[component]
pub fn FieldMenu(
    field: Field,
    #[prop(into)] filter: Signal<RunFilter>,
    offers: Vec<Offer>,
    #[prop(into)] tenant: String,
) -> impl IntoView {
    let named = offers.clone();
    let summary = Memo::new(move |_| field.summary(&filter.read(), &named));
    let clear = Memo::new(move |_| address(&tenant, &field.cleared(&filter.read())));
    let not = Memo::new(move |_| field.chosen(&filter.read()).1);
    let side = move |value: &'static str, words: &'static str, holds: bool| {
        view! {
            <label class="side">
                <input
                    type="radio"
                    name=field.is_name()
                    value=value
                    checked=not.get_untracked() == holds
                    prop:checked=move || not.get() == holds
                />
                <span>{words}</span>
            </label>
        }
    };
    let choices = offers
        .into_iter()
        .map(|Offer { value, words }| {
            let of = value.clone();
            let has = Memo::new(move |_| field.chosen(&filter.read()).0.contains(&of));
            view! {
                <label class="menu-item">
                    <input
                        type="checkbox"
                        name=field.name()
                        value=value
                        checked=has.get_untracked()
                        prop:checked=has
                    />
                    <span class="clip" title=words.clone()>{words.clone()}</span>
                </label>
            }
        })
        .collect_view();
    view! {
        <FilterPill label=field.label() summary clear>
            <div class="sides" role="group" aria-label="Is or is not">{side("is", "Is", false)} {side("not", "Is not", true)}</div>
            <div class="menu-choices" role="group" aria-label=field.label()>{choices}</div>
            <Apply/>
        </FilterPill>
    }
}

#[component]
pub fn RangeMenu(#[prop(into)] filter: Signal<RunFilter>, #[prop(into)] tenant: String) -> impl IntoView {
    let clock = expect_context::<Clock>();
    let alive = hydrated();
    let (from, to) = (NodeRef::<html::Input>::new(), NodeRef::<html::Input>::new());
    let summary = Memo::new(move |_| range_summary(&filter.read()));
    let clear = Memo::new(move |_| address(&tenant, &range_cleared(&filter.read())));
    // Days of an address are those of its zone; days to be chosen are the reader's.
    let zone = Memo::new(move |_| {
        let filter = filter.read();
        let wall =
            [filter.from, filter.to].iter().any(|moment| matches!(moment, Some(Moment::Day(_) | Moment::Minute(_))));
        if wall { filter.zone } else { alive.get().then(|| clock.now()).flatten().map_or(0, zone_offset) }
    });
    let preset = Memo::new(move |_| {
        let filter = filter.read();
        filter.from.map(|from| from.to_string()).filter(|_| filter.to.is_none()).unwrap_or_default()
    });
    let radio = move |value: &'static str, words: &'static str| {
        view! {
            <label class="menu-item">
                <input
                    type="radio"
                    name="from"
                    value=value
                    checked=preset.get_untracked() == value
                    prop:checked=move || preset.read().as_str() == value
                    on:change=move |_| {
                        for day in [from, to].into_iter().filter_map(|day| day.get_untracked()) {
                            day.set_value("");
                        }
                    }
                />
                <span>{words}</span>
            </label>
        }
    };
    let day = move |place: NodeRef<html::Input>,
                    name: &'static str,
                    words: &'static str,
                    get: fn(&RunFilter) -> Option<Moment>| {
        view! {
            <label class="day">
                <span>{words}</span>
                <input
                    node_ref=place
                    type="date"
                    name=name
                    value=day_of(get(&filter.read_untracked()))
                    prop:value=move || day_of(get(&filter.read()))
                />
            </label>
            {move || unseen(get(&filter.read())).map(|value| view! { <input type="hidden" name=name value=value/> })}
        }
    };
    view! {
        <FilterPill label="Created" summary clear>
            <div class="days" role="group" aria-label="Days">
                {day(from, "from", "From", |filter| filter.from)} {day(to, "to", "To", |filter| filter.to)}
                <input type="hidden" name="zone" value=zone.get_untracked() prop:value=move || zone.get().to_string()/>
            </div>
            <div class="menu-choices" role="group" aria-label="Ranges">
                {radio("", "Any time")} {PRESETS.map(|(value, words)| radio(value, words)).collect_view()}
            </div>
            <Apply/>
        </FilterPill>
    }
}

/// The button with its menu; what is chosen can be taken away beside it.
#[component]
fn FilterPill(
    label: &'static str,
    summary: Memo<Option<String>>,
    clear: Memo<String>,
    children: Children,
) -> impl IntoView {
    let shown = move || {
        view! {
            <span>{label}</span>
            {move || summary.get().map(|text| view! { <strong class="filter-value clip">{text}</strong> })}
            <Icon glyph=Glyph::ChevronDown/>
        }
    };
    view! {
        <div class="filter" class:filter-on=move || summary.read().is_some()>
            <Menu label="Filter:" class="filter-menu" summary=shown stays=true>
                {children()}
            </Menu>
            {move || {
                summary
                    .read()
                    .is_some()
                    .then(|| {
                        let words = format!("Clear {}", label.to_lowercase());
                        view! {
                            <a class="filter-clear" href=clear.get() aria-label=words.clone() title=words>
                                <Icon glyph=Glyph::Cross/>
                            </a>
                        }
                    })
            }}
        </div>
    }
}

/// Without scripts a form has to be sent; with them it has gone already.
#[component]
fn Apply() -> impl IntoView {
    let alive = hydrated();
    view! { <button type="submit" class="button apply" class:needless=alive>"Apply"</button> }
}

fn address(tenant: &str, filter: &RunFilter) -> String {
    match filter.to_query() {
        query if query.is_empty() => format!("/t/{tenant}/operations"),
        query => format!("/t/{tenant}/operations?{query}"),
    }
}
