//! The way through a list that goes forward only, and back to its beginning.

use leptos::prelude::*;
use leptos_router::location::Url;

use super::icon::{Glyph, Icon};

#[component]
pub fn NextPage(
    /// The page's path, with what else of its query stays: `/t/x/backups` or `/t/x/backups/new?family=y`.
    #[prop(into)]
    path: String,
    /// Whether this is not the first page.
    deep: bool,
    next: Option<String>,
    /// What is listed, in the plural.
    what: &'static str,
) -> impl IntoView {
    let joint = if path.contains('?') { '&' } else { '?' };
    let following = next.map(|next| format!("{path}{joint}after={}", Url::escape(&next)));
    (deep || following.is_some()).then(|| {
        view! {
            <nav class="pager" aria-label="Pages">
                {deep
                    .then(|| {
                        view! {
                            <a class="button button-plain" href=path.clone()>
                                <Icon glyph=Glyph::ChevronLeft/>
                                {format!("First {what}")}
                            </a>
                        }
                    })}
                <span class="grow"></span>
                {following
                    .map(|address| {
                        view! {
                            <a class="button button-plain" href=address>
                                {format!("More {what}")}
                                <Icon glyph=Glyph::ChevronRight/>
                            </a>
                        }
                    })}
            </nav>
        }
    })
}
