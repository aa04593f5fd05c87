//! Runledger: one ledger for every long-running operation of a Microsoft 365 / Intune tenant.
//!
//! The same crate is compiled twice: with `ssr` for the server, with `hydrate` to WebAssembly for the browser.

#![recursion_limit = "512"]

pub mod api;
pub mod app;
pub mod error;
pub mod model;
#[cfg(feature = "ssr")]
pub mod server;
pub mod ui;

/// The browser's entry point: takes over the page that the server rendered.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    std::panic::set_hook(Box::new(|info| {
        console_error_panic_hook::hook(info);
        ui::stopped::tell();
    }));
    ui::capture::hear_history_first();
    wasm_bindgen_futures::spawn_local(async {
        // What the page needs is there before it comes to life: else parts of it would live while others are still to be
        // found in what the server wrote.
        ui::pages::parts::load_for(&leptos::prelude::location().pathname().unwrap_or_default()).await;
        leptos::mount::hydrate_body(app::App);
    });
}
