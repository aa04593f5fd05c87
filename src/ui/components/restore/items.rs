//! The policies of a restore by family: what is planned, what would change, and what became of each.

use leptos::prelude::*;

use super::badges::ItemMark;
use crate::{
    model::restore::{RestoreItem, RestoreState},
    ui::{
        components::{
            comparison::Comparison,
            icon::{Glyph, Icon},
        },
        restore_words,
    },
};

#[component]
pub fn RestoreItems(
    items: Vec<RestoreItem>,
    /// Whether the restore was let write.
    begun: bool,
) -> impl IntoView {
    let mut family = String::new();
    let mut rows = Vec::new();
    for item in items {
        if item.family_label != family {
            family.clone_from(&item.family_label);
            rows.push(view! { <li class="restore-family"><h3>{family.clone()}</h3></li> }.into_any());
        }
        rows.push(view! { <Item item begun/> }.into_any());
    }
    view! { <ul class="restore-items">{rows}</ul> }
}

#[component]
fn Item(item: RestoreItem, begun: bool) -> impl IntoView {
    let name = if item.name.is_empty() { item.key.graph_id.clone() } else { item.name.clone() };
    // A policy that was restored has nothing more to say of why it could not be.
    let trouble = item.message.clone().filter(|_| !matches!(item.state, RestoreState::Created | RestoreState::Updated));
    let trace = item.code.map(|code| view! { <code>{code.as_str()}</code> });
    let new = item
        .new_id
        .clone()
        .filter(|_| item.state == RestoreState::Created)
        .map(|id| view! { <p class="restore-note">"Its id here is " <code>{id}</code></p> });
    let changes = item.changes.clone();
    let compared = (!changes.is_empty()).then(|| {
        view! {
            <details class="fold restore-changes">
                <summary><Icon glyph=Glyph::ChevronRight/>{restore_words::changes(changes.len())}</summary>
                <Comparison changes/>
            </details>
        }
    });
    view! {
        <li class="restore-item">
            <div class="restore-line">
                <span class="policy-name" title=item.key.graph_id.clone()>{name}</span>
                <ItemMark item begun/>
            </div>
            {trouble.map(|text| view! { <p class="restore-note">{text} " " {trace}</p> })}
            {new}
            {compared}
        </li>
    }
}
