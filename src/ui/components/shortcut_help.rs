//! The keys and what they do, in a dialog; and the switch for those whom they disturb.

use leptos::{html, prelude::*};

use super::icon::{Glyph, Icon};
use crate::ui::shortcuts::{KEYS, Shortcuts};

#[component]
pub fn ShortcutHelp(shortcuts: Shortcuts) -> impl IntoView {
    let dialog = NodeRef::<html::Dialog>::new();
    Effect::new(move |_| {
        let open = shortcuts.help.get();
        let Some(dialog) = dialog.get() else { return };
        match (open, dialog.open()) {
            (true, false) => _ = dialog.show_modal(),
            (false, true) => dialog.close(),
            _ => {}
        }
    });
    let rows = KEYS.map(|(key, does)| view! { <div><dt>{does}</dt><dd><kbd>{key}</kbd></dd></div> }).collect_view();
    view! {
        <dialog node_ref=dialog class="help" aria-labelledby="help-title" on:close=move |_| shortcuts.help.set(false)>
            <div class="help-title">
                <h2 id="help-title">"Keyboard shortcuts"</h2>
                <span class="grow"></span>
                <button
                    type="button"
                    class="icon-button"
                    aria-label="Close"
                    autofocus
                    on:click=move |_| shortcuts.help.set(false)
                >
                    <Icon glyph=Glyph::Cross/>
                </button>
            </div>
            <dl class="keys">{rows}</dl>
            <label class="menu-item help-switch">
                <input
                    type="checkbox"
                    checked
                    prop:checked=shortcuts.on
                    on:change=move |event| shortcuts.switch(event_target_checked(&event))
                />
                "Use single-key shortcuts"
            </label>
        </dialog>
    }
}
