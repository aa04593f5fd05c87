//! A quiet band over the content: something to know, or something that went wrong with a form.

use leptos::prelude::*;

use super::icon::{Glyph, Icon};

/// Something to know.
#[component]
pub fn Notice(#[prop(into)] text: String) -> impl IntoView {
    view! {
        <p class="notice">
            <Icon glyph=Glyph::Info/>
            {text}
        </p>
    }
}

/// Something that went wrong, told at once to screen readers.
#[component]
pub fn Alert(#[prop(into)] text: String) -> impl IntoView {
    view! {
        <p class="notice notice-alert" role="alert">
            <Icon glyph=Glyph::CircleCross/>
            {text}
        </p>
    }
}
