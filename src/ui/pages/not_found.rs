//! What an address shows that leads nowhere.

use leptos::prelude::*;

use crate::{
    error::AppError,
    ui::components::{error_panel::ErrorPanel, logo::Logo},
};

#[component]
pub fn NotFoundPage() -> impl IntoView {
    let way_out = ("/".to_owned(), "Go to operations");
    view! {
        <header class="top-bar"><a class="home-link" href="/" aria-label="Runledger, home"><Logo/></a></header>
        <main class="alone">
            <ErrorPanel error=AppError::not_found("This page") way_out/>
        </main>
    }
}
