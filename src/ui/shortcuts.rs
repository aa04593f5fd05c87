//! The keys of the pages: what each does, and whether they are listened to. One can switch them off, because a single
//! letter is easily said to a computer that takes dictation.

use leptos::{ev, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::KeyboardEvent;

const KEPT: &str = "runledger_shortcuts";
const OFF: &str = "off";

/// What a key asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    NextRow,
    PreviousRow,
    Search,
    Help,
}

/// The keys with what they do, for the help.
pub const KEYS: [(&str, &str); 6] = [
    ("j", "Next run"),
    ("k", "Previous run"),
    ("Enter", "Open the run"),
    ("/", "Search"),
    ("Esc", "Close what is open"),
    ("?", "Show this help"),
];

/// Whether the keys are listened to, and whether their help is open.
#[derive(Clone, Copy)]
pub struct Shortcuts {
    pub on: RwSignal<bool>,
    pub help: RwSignal<bool>,
}

impl Shortcuts {
    /// For every page below; `?` works on all of them.
    pub fn provide() -> Self {
        let shortcuts = Self { on: RwSignal::new(true), help: RwSignal::new(false) };
        provide_context(shortcuts);
        Effect::new(move |_| {
            let kept =
                window().local_storage().ok().flatten().and_then(|storage| storage.get_item(KEPT).ok().flatten());
            shortcuts.on.set(kept.as_deref() != Some(OFF));
        });
        shortcuts.listen(move |command| {
            if command == Command::Help {
                shortcuts.help.set(true);
            }
            command == Command::Help
        });
        shortcuts
    }

    /// Switches them on or off, on this browser.
    pub fn switch(self, on: bool) {
        self.on.set(on);
        if let Ok(Some(storage)) = window().local_storage() {
            // Without room for it, it holds until the page is left.
            _ = if on { storage.remove_item(KEPT) } else { storage.set_item(KEPT, OFF) };
        }
    }

    /// Calls `work` for every key that asks for something; its answer says whether it did it.
    pub fn listen(self, work: impl Fn(Command) -> bool + Copy + 'static) {
        Effect::new(move |_| {
            let keys = window_event_listener(ev::keydown, move |event| {
                let asked = command(&event.key(), modified(&event), typing(&event));
                if let Some(asked) = asked.filter(|_| self.on.get_untracked() && !dialog_is_open())
                    && work(asked)
                {
                    event.prevent_default();
                }
            });
            on_cleanup(move || keys.remove());
        });
    }
}

fn command(key: &str, modified: bool, typing: bool) -> Option<Command> {
    match key {
        _ if modified || typing => None,
        "j" => Some(Command::NextRow),
        "k" => Some(Command::PreviousRow),
        "/" => Some(Command::Search),
        "?" => Some(Command::Help),
        _ => None,
    }
}

fn modified(event: &KeyboardEvent) -> bool {
    event.ctrl_key() || event.meta_key() || event.alt_key() || event.is_composing()
}

fn typing(event: &KeyboardEvent) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    let field = target.and_then(|target| target.closest("input, textarea, select, [contenteditable]").ok().flatten());
    field.is_some()
}

fn dialog_is_open() -> bool {
    document().query_selector("dialog[open]").ok().flatten().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_asks_for_something_only_by_itself_and_outside_of_fields() {
        assert_eq!(command("j", false, false), Some(Command::NextRow));
        assert_eq!(command("?", false, false), Some(Command::Help));
        assert_eq!([command("j", true, false), command("/", false, true), command("x", false, false)], [None; 3]);
    }
}
