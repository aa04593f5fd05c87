//! The toasts in the corner: good news is read out politely and leaves by itself, bad news at once and stays.
//! F8 goes to them, Escape puts the one with the focus away.

use leptos::{ev, html, prelude::*};

use super::icon::{Glyph, Icon};
use crate::ui::{
    clock::hydrated,
    inbox::InboxStore,
    toast_focus::{go_on, go_to_first_toast, go_to_toasts, holds_focus, place_of_focus},
    toast_stack::Shown,
};

/// Whether something was done with the keys, so that the focus has to go somewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Keys,
    Pointer,
}

impl By {
    /// A click that the keyboard makes is the none-th.
    fn of(click: &web_sys::MouseEvent) -> Self {
        if click.detail() == 0 { Self::Keys } else { Self::Pointer }
    }
}

#[component]
pub fn Toasts(
    inbox: InboxStore,
    /// The tenant that is on the screen.
    #[prop(into)]
    tenant: Signal<String>,
) -> impl IntoView {
    let (stack, all) = (inbox.stack(), RwSignal::new(false));
    let corner = NodeRef::<html::Section>::new();
    // Without scripts nobody could put them away; the bell and its page tell the same.
    let alive = hydrated();
    let hidden = Memo::new(move |_| if alive.get() { stack.read().visible(all.get()).1 } else { 0 });
    let more = Memo::new(move |_| hidden.get() > 0);
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
            inbox.hover(false);
            inbox.focus(false);
        }
    });
    // The browser does not tell of a pointer or a focus that was on what is gone.
    on_cleanup(move || {
        inbox.hover(false);
        inbox.focus(false);
    });
    Effect::new(move |_| {
        let keys = window_event_listener(ev::keydown, move |event| {
            if event.key() == "F8" && corner.get_untracked().is_some_and(|corner| go_to_toasts(&corner)) {
                event.prevent_default();
            }
        });
        on_cleanup(move || keys.remove());
    });
    let put_away = Callback::new(move |(key, by): (u64, By)| {
        let place = corner.get_untracked().filter(|_| by == By::Keys).and_then(|corner| place_of_focus(&corner));
        inbox.put_away(key);
        request_animation_frame(move || {
            if let Some(corner) = corner.get_untracked() {
                if let Some(place) = place {
                    go_on(&corner, place);
                }
                inbox.focus(holds_focus(&corner));
            }
        });
    });
    let show_all = move |click: web_sys::MouseEvent| {
        all.set(true);
        if By::of(&click) == By::Keys {
            request_animation_frame(move || {
                if let Some(corner) = corner.get_untracked() {
                    go_to_first_toast(&corner);
                }
            });
        }
    };
    let one = move |shown: Shown| view! { <OneToast inbox shown tenant put_away/> };
    // Both regions are there before anything is said in them: only then it is read out.
    view! {
        <section
            node_ref=corner
            class="toasts"
            aria-label="Notifications (F8)"
            on:mouseenter=move |_| inbox.hover(true)
            on:mouseleave=move |_| inbox.hover(false)
            on:focusin=move |_| inbox.focus(true)
            on:focusout=move |_| inbox.focus(false)
        >
            {move || {
                more.get()
                    .then(|| {
                        view! {
                            <button type="button" class="toast-more" on:click=show_all>
                                {move || format!("{} more", hidden.get())}
                            </button>
                        }
                    })
            }}
            <div class="toast-list" role="status" aria-live="polite" aria-atomic="false">
                <For each=move || news.get() key=Shown::identity children=one/>
            </div>
            <div class="toast-list" role="alert" aria-atomic="false">
                <For each=move || alerts.get() key=Shown::identity children=one/>
            </div>
        </section>
    }
}

#[component]
fn OneToast(inbox: InboxStore, shown: Shown, tenant: Signal<String>, put_away: Callback<(u64, By)>) -> impl IntoView {
    let (key, text, (glyph, colour)) = (shown.key, shown.text.clone(), shown.sign);
    let on_key = move |event: web_sys::KeyboardEvent| {
        if event.key() == "Escape" {
            // It means this toast, not the dialog or the menu around it.
            event.prevent_default();
            event.stop_propagation();
            put_away.run((key, By::Keys));
        }
    };
    view! {
        <div class="toast" on:keydown=on_key>
            <span class=format!("toast-sign ink-{colour}")><Icon glyph/></span>
            <span class="toast-words">{move || shown.words(&tenant.read())}</span>
            {text
                .link
                .map(|(address, words)| view! { <a href=address on:click=move |_| inbox.follow(key)>{words}</a> })}
            <button
                type="button"
                class="copy copy-able"
                aria-label="Dismiss"
                on:click=move |click| put_away.run((key, By::of(&click)))
            >
                <Icon glyph=Glyph::Cross/>
            </button>
        </div>
    }
}
