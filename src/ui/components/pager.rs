//! The way to older runs and back to the newest.

use leptos::prelude::*;

use super::icon::{Glyph, Icon};
use crate::model::ids::RunId;

#[component]
pub fn Pager(
    #[prop(into)] tenant: String,
    /// Whether this is not the first page.
    deep: bool,
    next: Option<RunId>,
) -> impl IntoView {
    let list = format!("/t/{tenant}/operations");
    (deep || next.is_some()).then(|| {
        view! {
            <nav class="pager" aria-label="Pages of runs">
                {deep
                    .then(|| {
                        view! {
                            <a class="button button-plain" href=list.clone()>
                                <Icon glyph=Glyph::ChevronLeft/>
                                "Newest runs"
                            </a>
                        }
                    })}
                <span class="grow"></span>
                {next
                    .map(|next| {
                        view! {
                            <a class="button button-plain" href=format!("{list}?after={next}")>
                                "Older runs"
                                <Icon glyph=Glyph::ChevronRight/>
                            </a>
                        }
                    })}
            </nav>
        }
    })
}
