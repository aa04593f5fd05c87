//! The items of a family, one a row; a policy leads to its own page.

use leptos::prelude::*;
use leptos_router::location::Url;

use super::{
    badge::Tag,
    icon::Glyph,
    when::{Exact, When},
};
use crate::{model::item::ItemLine, ui::words};

#[component]
pub fn ItemTable(
    items: Vec<ItemLine>,
    /// The family's name.
    caption: String,
    /// The address below which each item has a page of its own.
    base: Option<String>,
) -> impl IntoView {
    let versions = items.iter().any(|item| item.version.is_some());
    // A column that says the same in every row says nothing.
    let typed = items.windows(2).any(|pair| pair[0].odata_type != pair[1].odata_type);
    let head = |name, class| view! { <th role="columnheader" scope="col" class=class>{name}</th> };
    view! {
        <table role="table" class="runs item-table">
            <caption class="sr-only">{caption} ", by name"</caption>
            <thead role="rowgroup">
                <tr role="row">
                    {head("Name", "cell-item")} {typed.then(|| head("Type", "cell-type"))}
                    {versions.then(|| head("Version", "cell-version"))} {head("Last change", "cell-change")}
                    {head("First seen", "cell-first")}
                </tr>
            </thead>
            <tbody role="rowgroup">
                {items.into_iter().map(|item| view! { <Row item typed versions base=base.clone()/> }).collect_view()}
            </tbody>
        </table>
    }
}

#[component]
fn Row(item: ItemLine, typed: bool, versions: bool, base: Option<String>) -> impl IntoView {
    let gone = item.removed_at.is_some();
    let title = item.title().to_owned();
    let name = match base {
        Some(base) => {
            let address = format!("{base}/{}", Url::escape(&item.id));
            view! { <a class="row-link item-name" href=address>{title}</a> }.into_any()
        }
        None => view! { <span class="item-name" title=item.id.clone()>{title}</span> }.into_any(),
    };
    let kind = item.odata_type.as_deref().map(words::type_name);
    view! {
        <tr role="row" class="run" class:item-gone=gone>
            <td role="cell" class="cell-item">
                {name}
                {gone
                    .then(|| view! { <Tag glyph=Glyph::CircleSlash text="Removed" title="Not in the tenant any more"/> })}
            </td>
            {typed.then(|| view! { <td role="cell" class="cell-type">{kind}</td> })}
            {versions
                .then(|| {
                    view! {
                        <td role="cell" class="cell-version"><span class="card-label">"Version "</span>{item.version}</td>
                    }
                })}
            <td role="cell" class="cell-change">
                <span class="card-label">"Last change "</span>
                <When at=item.last_changed_at exact=Exact::Minute/>
            </td>
            <td role="cell" class="cell-first"><When at=item.first_seen_at exact=Exact::Minute/></td>
        </tr>
    }
}
