//! The toasts in the corner: good news is read out politely and leaves by itself, bad news at once and stays.
//! F8 goes to them, Escape puts the one with the focus away.

use leptos::{ev, html, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use super::icon::{Glyph, Icon};
use crate::ui::{clock::hydrated, inbox::InboxStore, toast_stack::Shown};

#[component]
pub fn Toasts(inbox: InboxStore) -> impl IntoView {
    let (stack, all) = (inbox.stack(), RwSignal::new(false));
    let corner = NodeRef::<html::Section>::new();
    // Without scripts nobody could put them away; the bell and its page tell the same.
    let alive = hydrated();
    let hidden = Memo::new(move |_| if alive.get() { stack.read().visible(all.get()).1 } else { 0 });
    let of = move |alert: bool| {
        Memo::new(move |_| {
            if !alive.get() {
                return Vec::new();
            }
            let stack = stack.read();
            stack.visible(all.get()).0.iter().filter(|shown| shown.text.alert == alert).cloned().collect::<Vec<_>>()
        })
    };
    let (news, alerts) = (of(false), of(true));
    Effect::new(move |_| {
        if stack.read().is_empty() {
            all.set(false);
            inbox.pause(false);
        }
    });
    Effect::new(move |_| {
        let keys = window_event_listener(ev::keydown, move |event| {
            if event.key() == "F8"
                && let Some(corner) = corner.get_untracked()
                && let Ok(Some(first)) = corner.query_selector("a, button")
            {
                event.prevent_default();
                _ = first.unchecked_into::<HtmlElement>().focus();
            }
        });
        on_cleanup(move || keys.remove());
    });
    // Both regions are there before anything is said in them: only then it is read out.
    view! {
        <section
            node_ref=corner
            class="toasts"
            aria-label="Notifications (F8)"
            on:mouseenter=move |_| inbox.pause(true)
            on:mouseleave=move |_| inbox.pause(false)
            on:focusin=move |_| inbox.pause(true)
            on:focusout=move |_| inbox.pause(false)
        >
            {move || {
                (hidden.get() > 0)
                    .then(|| {
                        view! {
                            <button type="button" class="toast-more" on:click=move |_| all.set(true)>
                                {move || format!("{} more", hidden.get())}
                            </button>
                        }
                    })
            }}
            <div class="toast-list" role="status" aria-live="polite" aria-atomic="false">
                <For each=move || news.get() key=Shown::identity children=move |shown| view! { <OneToast inbox shown/> }/>
            </div>
            <div class="toast-list" role="alert" aria-atomic="false">
                <For each=move || alerts.get() key=Shown::identity children=move |shown| view! { <OneToast inbox shown/> }/>
            </div>
        </section>
    }
}

#[component]
fn OneToast(inbox: InboxStore, shown: Shown) -> impl IntoView {
    let Shown { key, text, .. } = shown;
    let on_key = move |event: web_sys::KeyboardEvent| {
        if event.key() == "Escape" {
            event.stop_propagation();
            inbox.put_away(key);
        }
    };
    view! {
        <div class="toast" class:toast-alert=text.alert on:keydown=on_key>
            <Icon glyph=if text.alert { Glyph::CircleCross } else { Glyph::CircleCheck }/>
            <span class="toast-words">{text.words}</span>
            {text
                .link
                .map(|(address, words)| view! { <a href=address on:click=move |_| inbox.follow(key)>{words}</a> })}
            <button
                type="button"
                class="copy copy-able"
                aria-label="Dismiss"
                on:click=move |_| inbox.put_away(key)
            >
                <Icon glyph=Glyph::Cross/>
            </button>
        </div>
    }
}
