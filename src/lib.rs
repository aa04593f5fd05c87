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
    leptos::mount::hydrate_lazy(app::App);
}
