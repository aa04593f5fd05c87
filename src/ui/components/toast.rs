//! The short answer to an action, in a corner: it is read out politely, leads to the run, and leaves by itself.

use std::time::Duration;

use leptos::prelude::*;

use super::icon::{Glyph, Icon};

/// How long an answer stays.
const STAY: Duration = Duration::from_secs(10);

/// What a toast says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToastText {
    pub words: String,
    /// Whether it is bad news.
    pub alert: bool,
    /// Where it leads, with the words of the link.
    pub link: Option<(String, &'static str)>,
}

#[component]
pub fn Toast(toast: RwSignal<Option<ToastText>>) -> impl IntoView {
    Effect::new(move |timer: Option<Option<TimeoutHandle>>| {
        if let Some(Some(timer)) = timer {
            timer.clear();
        }
        // Bad news stays until it is put away.
        let leaves = toast.read().as_ref().is_some_and(|toast| !toast.alert);
        leaves.then(|| set_timeout_with_handle(move || _ = toast.try_set(None), STAY).ok()).flatten()
    });
    let told = move |alert: bool| {
        toast.get().filter(|toast| toast.alert == alert).map(|ToastText { words, link, .. }| {
            view! {
                <div class="toast" class:toast-alert=alert>
                    <Icon glyph=if alert { Glyph::CircleCross } else { Glyph::CircleCheck }/>
                    <span>{words}</span>
                    {link.map(|(address, words)| view! { <a href=address>{words}</a> })}
                    <button type="button" class="copy copy-able" aria-label="Dismiss" on:click=move |_| toast.set(None)>
                        <Icon glyph=Glyph::Cross/>
                    </button>
                </div>
            }
        })
    };
    // Both regions are there before anything is said in them: only then it is read out.
    view! {
        <div class="toasts">
            <div role="status" aria-live="polite">{move || told(false)}</div>
            <div role="alert">{move || told(true)}</div>
        </div>
    }
}
