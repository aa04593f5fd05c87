//! The theme of the page as the browser has it: read from the document that the server rendered, changed at once.

use leptos::prelude::*;

use crate::model::theme::Theme;

/// The reader's choice, for everything below.
#[derive(Clone, Copy)]
pub struct ThemeChoice(RwSignal<Theme>);

impl ThemeChoice {
    /// On the server the request says it, in the browser the document.
    pub fn provide() {
        let theme = use_context::<Theme>().unwrap_or_else(of_document);
        provide_context(Self(RwSignal::new(theme)));
    }

    pub fn get(self) -> Theme {
        self.0.get()
    }

    /// Takes effect on the page that is open.
    pub fn set(self, theme: Theme) {
        let Some(root) = document().document_element() else { return };
        // Only an attribute with a bad name is refused.
        _ = match theme.attribute() {
            Some(value) => root.set_attribute("data-theme", value),
            None => root.remove_attribute("data-theme"),
        };
        self.0.set(theme);
    }
}

fn of_document() -> Theme {
    Theme::of(document().document_element().and_then(|root| root.get_attribute("data-theme")).as_deref())
}
