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
    #[prop(into)]
    next: Signal<Option<RunId>>,
) -> impl IntoView {
    let at = move |place| format!("/t/{tenant}/operations?{}", filter.at(place).to_query());
    let newer = previous.map(|first| {
        let (newest, newer) = (at(Place::Newest), at(Place::Before(first)));
        view! {
            <a class="button button-plain" href=newest>"Newest runs"</a>
            <a class="button button-plain" href=newer rel="prev"><Icon glyph=Glyph::ChevronLeft/>"Newer"</a>
        }
    });
    let older = move || {
        next.get().map(|last| {
            view! {
                <a class="button button-plain" href=at(Place::After(last)) rel="next">
                    "Older"
                    <Icon glyph=Glyph::ChevronRight/>
                </a>
            }
        })
    };
    view! {
        <nav class="pager" aria-label="Pages of runs">
            <span class="grow"></span>
            {newer}
            {older}
        </nav>
    }
}
