//! The short answer to something that the person did on a page; the stack in the corner shows it.

use leptos::prelude::*;

use crate::ui::inbox::InboxStore;

/// What a toast says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToastText {
    pub words: String,
    /// Whether it is bad news.
    pub alert: bool,
    /// Where it leads, with the words of the link.
    pub link: Option<(String, &'static str)>,
}

/// Hands each text that is set to the stack.
#[component]
pub fn Toast(toast: RwSignal<Option<ToastText>>) -> impl IntoView {
    let inbox = expect_context::<InboxStore>();
    Effect::new(move |_| {
        if let Some(text) = toast.get() {
            toast.set(None);
            inbox.answer(text);
        }
    });
}
