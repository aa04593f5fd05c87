//! One filter: a button that tells what is chosen, a menu to choose, and a way to take it away.

use leptos::prelude::*;

use super::{
    icon::{Glyph, Icon},
    menu::Menu,
};
use crate::{
    model::filter::RunFilter,
    ui::{
        clock::hydrated,
        filter_words::{Field, Offer},
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
            <label class="is-or-not">
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
        .map(|offer| {
            let Offer { value, words, .. } = offer.clone();
            let has = Memo::new(move |_| field.chosen(&filter.read()).0.iter().any(|value| offer.is(value)));
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

/// The button with its menu; what is chosen can be taken away beside it.
#[component]
pub fn FilterPill(
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
pub fn Apply() -> impl IntoView {
    let alive = hydrated();
    view! { <button type="submit" class="button apply" class:needless=alive>"Apply"</button> }
}

/// The list of this filter.
pub fn address(tenant: &str, filter: &RunFilter) -> String {
    match filter.to_query() {
        query if query.is_empty() => format!("/t/{tenant}/operations"),
        query => format!("/t/{tenant}/operations?{query}"),
    }
}
