//! The line at the top of a page: its title, what is beside it, and its one primary action.

use leptos::prelude::*;

#[component]
pub fn PageHeader(
    title: &'static str,
    /// Beside the title: the state of the connection, later the filters.
    #[prop(into)]
    beside: ViewFn,
    /// At the end of the line: the primary action.
    children: Children,
) -> impl IntoView {
    view! {
        <header class="page-header">
            <h1>{title}</h1>
            {beside.run()}
            <span class="grow"></span>
            {children()}
        </header>
    }
}
