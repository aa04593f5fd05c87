//! The button of a form that is busy until there is an answer: pressed again it does nothing.

use leptos::prelude::*;

use super::icon::{Glyph, Icon};

#[component]
pub fn BusyButton(
    #[prop(into)] busy: Signal<bool>,
    class: &'static str,
    glyph: Glyph,
    #[prop(into)] words: String,
    /// What it does, where the words alone do not say it.
    #[prop(optional, into)]
    label: Option<String>,
) -> impl IntoView {
    // Not `disabled`: the button keeps the focus while it is busy.
    view! {
        <button
            type="submit"
            class=class
            aria-label=label
            aria-disabled=move || busy.get().then_some("true")
            aria-busy=move || busy.get().then_some("true")
            on:click=move |event| {
                if busy.get_untracked() {
                    event.prevent_default();
                }
            }
        >
            {move || view! { <Icon glyph=if busy.get() { Glyph::Arc } else { glyph }/> }}
            {words}
        </button>
    }
}
