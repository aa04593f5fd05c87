//! System, light or dark: a form of three buttons; with scripts the page changes where it stands.

use leptos::{prelude::*, server_fn::ServerFn};

use super::icon::{Glyph, Icon};
use crate::{api::session::ChooseTheme, model::theme::Theme, ui::theme::ThemeChoice};

#[component]
pub fn ThemeSwitch() -> impl IntoView {
    let choice = expect_context::<ThemeChoice>();
    let keep = ServerAction::<ChooseTheme>::new();
    let button = move |theme: Theme| {
        view! {
            <button
                type="submit"
                name="theme"
                value=theme.as_str()
                class="segment-button"
                aria-pressed=move || if choice.get() == theme { "true" } else { "false" }
                on:click=move |event| {
                    event.prevent_default();
                    // The menu stays, so that one can look at the other themes.
                    event.stop_propagation();
                    choice.set(theme);
                    keep.dispatch(ChooseTheme { theme });
                }
            >
                <Icon glyph=glyph(theme)/>
                {theme.label()}
            </button>
        }
    };
    view! {
        <form method="post" action=ChooseTheme::PATH class="theme-switch" role="group" aria-label="Theme">
            {Theme::ALL.iter().copied().map(button).collect_view()}
        </form>
    }
}

const fn glyph(theme: Theme) -> Glyph {
    match theme {
        Theme::System => Glyph::Screen,
        Theme::Light => Glyph::Sun,
        Theme::Dark => Glyph::Moon,
    }
}
