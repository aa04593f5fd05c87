//! Choosing among items: the families with their counts, a search by name, the way to more.

use leptos::prelude::*;
use leptos_router::location::Url;

use super::{
    get_form::GetForm,
    icon::{Glyph, Icon},
};
use crate::{
    model::item::{FamilyCount, FamilyQuery},
    ui::words,
};

/// The families with their counts; at the left, or above on a phone.
#[component]
pub fn Families(families: Vec<FamilyCount>, current: String, address: String) -> impl IntoView {
    view! {
        <nav class="families" aria-label="Families">
            {families
                .into_iter()
                .map(|FamilyCount { key, label, items }| {
                    let here = (key == current).then_some("page");
                    view! {
                        <a
                            href=format!("{address}?family={key}")
                            aria-current=here
                            class:family-empty=items == 0
                        >
                            <span class="clip">{label}</span>
                            <span class="family-count">{words::number(items)}</span>
                        </a>
                    }
                })
                .collect_view()}
        </nav>
    }
}

/// A form whose field is the address.
#[component]
pub fn ItemSearch(family: String, q: Option<String>, address: String) -> impl IntoView {
    let all = q.is_some().then(|| format!("{address}?family={family}"));
    view! {
        <GetForm action=address class="group-filters" role="search">
            <input type="hidden" name="family" value=family/>
            <label class="field-inline">
                <span class="sr-only">"Name contains"</span>
                <input type="search" name="q" placeholder="Search by name" value=q autocomplete="off"/>
            </label>
            <button type="submit" class="button">"Search"</button>
            {all.map(|href| view! { <a class="button button-plain" href=href>"Show all"</a> })}
        </GetForm>
    }
}

/// The way to more items, and back to the first.
#[component]
pub fn MoreItems(query: FamilyQuery, next: Option<String>, address: String) -> impl IntoView {
    let deep = query.after.is_some();
    let to = move |after: Option<&str>| {
        let pairs = [("family", query.family.as_deref()), ("q", query.q.as_deref()), ("after", after)];
        let query: Vec<String> =
            pairs.into_iter().filter_map(|(name, value)| Some(format!("{name}={}", Url::escape(value?)))).collect();
        format!("{address}?{}", query.join("&"))
    };
    (deep || next.is_some()).then(|| {
        view! {
            <nav class="pager" aria-label="Pages of the family">
                {deep
                    .then(|| {
                        view! {
                            <a class="button button-plain" href=to(None)>
                                <Icon glyph=Glyph::ChevronLeft/>
                                "First page"
                            </a>
                        }
                    })}
                <span class="grow"></span>
                {next
                    .map(|next| {
                        view! {
                            <a class="button button-plain" href=to(Some(&next))>
                                "Next page"
                                <Icon glyph=Glyph::ChevronRight/>
                            </a>
                        }
                    })}
            </nav>
        }
    })
}
