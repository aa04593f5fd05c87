//! The way to older and newer runs, and back to the newest.

use leptos::prelude::*;

use super::icon::{Glyph, Icon};
use crate::model::{
    filter::{Place, RunFilter},
    ids::RunId,
};

#[component]
pub fn Pager(
    #[prop(into)] tenant: String,
    filter: RunFilter,
    /// The first run of this page, when there are newer ones.
    previous: Option<RunId>,
    /// The last run of this page, when there are older ones.
    next: Option<RunId>,
) -> impl IntoView {
    let at = move |place| format!("/t/{tenant}/operations?{}", filter.at(place).to_query());
    let link = |href: String, text, glyph| {
        let back = glyph == Glyph::ChevronLeft;
        view! {
            <a class="button button-plain" href=href>
                {back.then(|| view! { <Icon glyph/> })}
                {text}
                {(!back).then(|| view! { <Icon glyph/> })}
            </a>
        }
    };
    (previous.is_some() || next.is_some()).then(|| {
        view! {
            <nav class="pager" aria-label="Pages of runs">
                {previous
                    .map(|first| {
                        view! {
                            {link(at(Place::Newest), "Newest runs", Glyph::ChevronLeft)}
                            {link(at(Place::Before(first)), "Newer runs", Glyph::ChevronLeft)}
                        }
                    })}
                <span class="grow"></span>
                {next.map(|last| link(at(Place::After(last)), "Older runs", Glyph::ChevronRight))}
            </nav>
        }
    })
}
