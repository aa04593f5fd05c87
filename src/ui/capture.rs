//! A listener of the window that is asked before every other one, the router's included.

use leptos::prelude::*;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::Event;

/// Listens in the capture phase as long as the calling component is on the screen.
pub fn capture<E: JsCast + 'static>(name: &'static str, mut work: impl FnMut(E) + 'static) {
    let work = Closure::<dyn FnMut(Event)>::new(move |event: Event| work(event.unchecked_into()));
    _ = window().add_event_listener_with_callback_and_bool(name, work.as_ref().unchecked_ref(), true);
    // Owned by the reactive scope of the caller, and taken away with it.
    StoredValue::new_local(Captured { name, work });
}

struct Captured {
    name: &'static str,
    work: Closure<dyn FnMut(Event)>,
}

impl Drop for Captured {
    fn drop(&mut self) {
        let listener = self.work.as_ref().unchecked_ref();
        _ = window().remove_event_listener_with_callback_and_bool(self.name, listener, true);
    }
}
