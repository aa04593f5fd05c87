//! Where the focus goes among the toasts: F8 leads to them, and the last one that is put away leads back.

use std::cell::RefCell;

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

thread_local! {
    /// Where the focus was when F8 took it away. The page has one corner of toasts.
    static CAME_FROM: RefCell<Option<HtmlElement>> = const { RefCell::new(None) };
}

const REACHABLE: &str = "a, button";
const TOAST: &str = ".toast";

/// Goes to the first thing in the corner; false when there is none.
pub fn go_to_toasts(corner: &HtmlElement) -> bool {
    let here = document().active_element().and_then(|here| here.dyn_into::<HtmlElement>().ok());
    let gone = focus_first(corner, REACHABLE);
    if let Some(here) = here.filter(|here| gone && !corner.contains(Some(here))) {
        CAME_FROM.set(Some(here));
    }
    gone
}

/// Goes to the first toast.
pub fn go_to_first_toast(corner: &HtmlElement) {
    go_on(corner, 0);
}

/// Which toast, counted from above, the focus is on.
pub fn place_of_focus(corner: &HtmlElement) -> Option<u32> {
    let toast = document().active_element()?.closest(TOAST).ok()??;
    let all = corner.query_selector_all(TOAST).ok()?;
    (0..all.length()).find(|place| all.get(*place).is_some_and(|one| one.is_same_node(Some(&toast))))
}

/// The toast at this place has gone: the focus goes to the one that has come there, or to the last one, or back to where
/// it came from.
pub fn go_on(corner: &HtmlElement, place: u32) {
    let all = corner.query_selector_all(TOAST).ok();
    let last = all.as_ref().and_then(|all| all.length().checked_sub(1));
    let next = last.and_then(|last| all?.get(place.min(last))).and_then(|next| next.dyn_into::<Element>().ok());
    if !next.is_some_and(|next| focus_first(&next, REACHABLE)) {
        go_back();
    }
}

pub fn holds_focus(corner: &HtmlElement) -> bool {
    document().active_element().is_some_and(|here| corner.contains(Some(&here)))
}

fn go_back() {
    match CAME_FROM.take().filter(|before| before.is_connected()) {
        Some(before) => _ = before.focus(),
        None => {
            if let Some(page) = document().document_element() {
                focus_first(&page, "dialog[open] button, #main");
            }
        }
    }
}

fn focus_first(within: &Element, what: &str) -> bool {
    let first = within.query_selector(what).ok().flatten().and_then(|first| first.dyn_into::<HtmlElement>().ok());
    first.is_some_and(|first| first.focus().is_ok())
}
