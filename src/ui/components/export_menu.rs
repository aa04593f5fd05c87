//! The list as it is filtered, as a file.

use leptos::prelude::*;

use super::{
    icon::{Glyph, Icon},
    menu::Menu,
};
use crate::model::filter::{Place, RunFilter};

#[component]
pub fn ExportMenu(#[prop(into)] tenant: String, #[prop(into)] filter: Signal<RunFilter>) -> impl IntoView {
    let link = move |ending: &'static str, words: &'static str, note: &'static str| {
        let tenant = tenant.clone();
        let address = move || {
            let query = filter.read().at(Place::Newest).to_query();
            format!("/t/{tenant}/operations/export.{ending}{}{query}", if query.is_empty() { "" } else { "?" })
        };
        view! {
            <li>
                <a class="menu-item" href=address download rel="external">
                    <span class="grow">{words}</span>
                    <span class="quiet">{note}</span>
                </a>
            </li>
        }
    };
    let summary = || view! { <Icon glyph=Glyph::Download/> <span class="wide-only">"Export"</span> };
    view! {
        <Menu label="Export the list" class="export-menu" summary>
            <ul>{link("csv", "CSV", "for spreadsheets")} {link("ndjson", "NDJSON", "one run a line")}</ul>
        </Menu>
    }
}
