//! Listeners of the window that are asked before every other one, the router's included.

use std::{cell::RefCell, rc::Rc};

use leptos::prelude::*;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{MouseEvent, PopStateEvent};

type Traveller = Rc<dyn Fn(&PopStateEvent)>;

thread_local! {
    /// Who is asked first when the reader goes back or forward.
    static TRAVELLER: RefCell<Option<Traveller>> = const { RefCell::new(None) };
}

/// Called once, before the router exists: the window tells its own events in the order of asking, so that capturing
/// does not help there.
pub fn hear_history_first() {
    let listener = Closure::<dyn FnMut(PopStateEvent)>::new(move |event: PopStateEvent| {
        // Not held on to while it is called: it may lead to another page.
        let traveller = TRAVELLER.with_borrow(Clone::clone);
        if let Some(traveller) = traveller {
            traveller(&event);
        }
    });
    _ = window().add_event_listener_with_callback("popstate", listener.as_ref().unchecked_ref());
    // It lives as long as the page.
    listener.forget();
}

/// Is asked first about each way through the history, as long as the calling component is on the screen.
pub fn on_travel(work: impl Fn(&PopStateEvent) + 'static) {
    TRAVELLER.set(Some(Rc::new(work)));
    on_cleanup(|| TRAVELLER.set(None));
}

/// Is asked first about each click, as long as the calling component is on the screen.
pub fn on_any_click(work: impl Fn(&MouseEvent) + 'static) {
    let work = Closure::<dyn FnMut(MouseEvent)>::new(move |event: MouseEvent| work(&event));
    _ = window().add_event_listener_with_callback_and_bool("click", work.as_ref().unchecked_ref(), true);
    // Owned by the reactive scope of the caller, and taken away with it.
    StoredValue::new_local(Clicks(work));
}

struct Clicks(Closure<dyn FnMut(MouseEvent)>);

impl Drop for Clicks {
    fn drop(&mut self) {
        _ = window().remove_event_listener_with_callback_and_bool("click", self.0.as_ref().unchecked_ref(), true);
    }
}
