//! The signed-in person, and the way out.

use leptos::prelude::*;

use super::{
    icon::{Glyph, Icon},
    menu::Menu,
    theme_switch::ThemeSwitch,
};
use crate::{
    api::session::SignOut,
    ui::{clock::hydrated, shortcuts::Shortcuts, words},
};

#[component]
pub fn PersonMenu(#[prop(into)] name: String, #[prop(into)] email: String) -> impl IntoView {
    // Outside of a tenant there is nothing to steer.
    let shortcuts = use_context::<Shortcuts>();
    let alive = hydrated();
    let sign_out = ServerAction::<SignOut>::new();
    let (initials, short) = (words::initials(&name), name.clone());
    let summary = move || {
        view! {
            <span class="avatar" aria-hidden="true">{initials.clone()}</span>
            <span class="person-name clip">{short.clone()}</span>
            <Icon glyph=Glyph::ChevronDown/>
        }
    };
    view! {
        <Menu label="Account" class="person-menu" summary>
            <div class="menu-person">
                <strong class="clip">{name}</strong>
                <span class="quiet clip">{email}</span>
            </div>
            <ThemeSwitch/>
            {shortcuts
                .map(|shortcuts| {
                    view! {
                        <button
                            type="button"
                            class="menu-item scripted"
                            class:able=alive
                            on:click=move |_| shortcuts.help.set(true)
                        >
                            <span class="grow">"Keyboard shortcuts"</span>
                            <kbd>"?"</kbd>
                        </button>
                    }
                })}
            <ActionForm action=sign_out>
                <button type="submit" class="menu-item">"Sign out"</button>
            </ActionForm>
        </Menu>
    }
}
