//! A menu that opens without scripts; with them it also closes on Escape, on a click elsewhere and after a choice.

use leptos::{ev, html, prelude::*};
use wasm_bindgen::JsCast;

#[component]
pub fn Menu(
    /// What the closed menu shows.
    #[prop(into)]
    summary: ViewFn,
    /// What the menu is for, for those who do not see where it stands.
    label: &'static str,
    #[prop(optional)] class: &'static str,
    /// Called with whether the menu is open when it is opened or closed, by whatever means.
    #[prop(optional)]
    on_turn: Option<Callback<bool>>,
    /// Whether it stays open when something in it is clicked.
    #[prop(optional)]
    stays: bool,
    children: Children,
) -> impl IntoView {
    let details = NodeRef::<html::Details>::new();
    let close = move || {
        if let Some(details) = details.get_untracked() {
            details.set_open(false);
        }
    };
    let holds = move |event: &web_sys::Event| {
        let target = event.target().and_then(|target| target.dyn_into::<web_sys::Node>().ok());
        details.get_untracked().is_some_and(|details| details.contains(target.as_ref()))
    };
    Effect::new(move |_| {
        let clicks = window_event_listener(ev::click, move |event| {
            if !holds(&event) {
                close();
            }
        });
        let keys = window_event_listener(ev::keydown, move |event| {
            if event.key() == "Escape" {
                close();
            }
        });
        on_cleanup(move || {
            clicks.remove();
            keys.remove();
        });
    });
    let on_toggle = move |_| {
        if let (Some(on_turn), Some(details)) = (on_turn, details.get_untracked()) {
            on_turn.run(details.open());
        }
    };
    view! {
        <details node_ref=details class=format!("menu {class}") name="menu" on:toggle=on_toggle>
            <summary><span class="sr-only">{label}</span>{summary.run()}</summary>
            <div class="menu-panel" on:click=move |_| {
                if !stays {
                    close();
                }
            }>{children()}</div>
        </details>
    }
}
