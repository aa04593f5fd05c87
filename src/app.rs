//! The HTML shell and the route table.

use leptos::prelude::*;

pub fn shell(_options: LeptosOptions) -> impl IntoView {
    view! { <p>"Runledger"</p> }
}

#[component]
pub fn App() -> impl IntoView {
    view! { <p>"Runledger"</p> }
}
