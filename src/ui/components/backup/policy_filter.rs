//! Which policies are shown: a family and a search, in the address.

use leptos::prelude::*;

use crate::{model::backup::FamilyCount, ui::words};

#[component]
pub fn PolicyFilter(
    families: Vec<FamilyCount>,
    #[prop(into)] family: String,
    #[prop(into)] search: String,
    /// The path of the page.
    #[prop(into)]
    path: String,
    /// What else of the address stays, as name and value.
    #[prop(optional, into)]
    kept: Vec<(&'static str, String)>,
) -> impl IntoView {
    let filtered = !family.is_empty() || !search.is_empty();
    let total: u64 = families.iter().map(|family| family.count).sum();
    let options = families
        .into_iter()
        .map(|FamilyCount { family: word, label, count }| {
            let text = format!("{label} ({})", words::number(count));
            view! { <option value=word.clone() selected=word == family>{text}</option> }
        })
        .collect_view();
    let query = kept.iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| format!("{name}={value}"));
    let clear = format!("{path}?{}", query.collect::<Vec<_>>().join("&"));
    let hidden = kept
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| view! { <input type="hidden" name=name value=value/> })
        .collect_view();
    view! {
        <form class="policy-filter" method="get" action=path role="search">
            {hidden}
            <label class="sr-only" for="filter-family">"Family"</label>
            <select id="filter-family" name="family" class="select">
                <option value="">{format!("All families ({})", words::number(total))}</option>
                {options}
            </select>
            <label class="sr-only" for="filter-search">"Name"</label>
            <input id="filter-search" class="input" type="search" name="search" value=search placeholder="Search by name" maxlength="200"/>
            <button type="submit" class="button">"Show"</button>
            {filtered.then(|| view! { <a class="button button-plain" href=clear>"Show all"</a> })}
        </form>
    }
}
