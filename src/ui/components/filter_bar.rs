//! The filters of the list: a plain form that goes to an address. With scripts it goes there at each change.

use leptos::{ev, html, prelude::*};
use leptos_router::{NavigateOptions, hooks::use_navigate};
use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;

use super::{
    filter_menu::FieldMenu,
    get_form::said,
    icon::{Glyph, Icon},
    range_menu::{RangeMenu, is_half_a_day},
};
use crate::{
    model::{filter::RunFilter, page::ListChoices},
    ui::filter_words::{Field, query_of_form},
};

#[component]
pub fn FilterBar(
    #[prop(into)] tenant: String,
    #[prop(into)] filter: Signal<RunFilter>,
    choices: ListChoices,
    /// What was typed into the search and is no run id is still there to be mended.
    #[prop(into)]
    typed: Signal<String>,
    /// At the end of the line: how many runs there are.
    #[prop(into)]
    beside: ViewFn,
) -> impl IntoView {
    let list = format!("/t/{tenant}/operations");
    let form = NodeRef::<html::Form>::new();
    let navigate = use_navigate();
    let go = {
        let list = list.clone();
        move || {
            let Some(said) = form.get_untracked().and_then(|form| said(&form)) else { return };
            let query = query_of_form(&said);
            if query != filter.with_untracked(RunFilter::to_query) {
                let address = if query.is_empty() { list.clone() } else { format!("{list}?{query}") };
                navigate(&address, NavigateOptions { scroll: false, ..Default::default() });
            }
        }
    };
    let submit = {
        let go = go.clone();
        move |event: ev::SubmitEvent| {
            event.prevent_default();
            go();
        }
    };
    let change = move |event: ev::Event| {
        let target = event_target::<web_sys::Element>(&event);
        // The search goes when it is sent; half an id is none, and neither is half a day.
        let waits = target.get_attribute("name").as_deref() == Some("q")
            || target.dyn_ref::<HtmlInputElement>().is_some_and(is_half_a_day);
        if !waits {
            go();
        }
    };
    let clear = list.clone();
    view! {
        <form
            node_ref=form
            class="filters"
            method="get"
            action=list
            role="search"
            aria-label="Runs"
            on:submit=submit
            on:change=change
        >
            <label class="search-field">
                <Icon glyph=Glyph::Search/>
                <span class="sr-only">"Search by run id"</span>
                <input
                    type="search"
                    name="q"
                    placeholder="Run id"
                    autocomplete="off"
                    spellcheck="false"
                    value=typed.get_untracked()
                    prop:value=typed
                />
            </label>
            {Field::ALL
                .map(|field| view! { <FieldMenu field filter offers=field.offers(&choices) tenant=tenant.clone()/> })
                .collect_view()}
            <RangeMenu filter tenant=tenant.clone()/>
            {move || {
                (!filter.read().is_open()).then(|| view! { <a class="filter-clear-all" href=clear.clone()>"Clear"</a> })
            }}
            <span class="grow"></span>
            {beside.run()}
        </form>
    }
}
