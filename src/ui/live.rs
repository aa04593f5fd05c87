//! The live stream of a tenant: one EventSource while its pages are open, and the pages that listen to it.

use std::time::Duration;

use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{Event, EventSource, MessageEvent};

use super::context::CurrentTenant;
use crate::model::run::LiveEvent;

/// Whether what is on the screen is kept up to date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LiveState {
    Connecting,
    Live,
    Reconnecting,
}

/// The stream as pages see it: its state, and who listens.
#[derive(Clone, Copy)]
pub struct LiveFeed {
    state: RwSignal<LiveState>,
    listeners: StoredValue<Vec<(u64, Callback<LiveEvent>)>>,
}

impl LiveFeed {
    pub fn state(self) -> LiveState {
        self.state.get()
    }

    /// Calls `listener` for every event, as long as the calling component is on the screen.
    pub fn listen(self, listener: impl Fn(LiveEvent) + Send + Sync + 'static) {
        let listener = Callback::new(listener);
        Effect::new(move |_| {
            let mut id = 0;
            self.listeners.update_value(|all| {
                id = all.last().map_or(0, |(last, _)| last + 1);
                all.push((id, listener));
            });
            let listeners = self.listeners;
            on_cleanup(move || _ = listeners.try_update_value(|all| all.retain(|(other, _)| *other != id)));
        });
    }

    fn tell(self, event: &LiveEvent) {
        // A listener may leave while it is being told; so the list is not held on to.
        for (_, listener) in self.listeners.try_get_value().unwrap_or_default() {
            listener.run(event.clone());
        }
    }
}

/// Opens the stream of the current tenant for everything below, again whenever the tenant changes, and closes it when
/// the layout leaves. Nothing happens on the server: effects do not run there.
pub fn provide_live_feed(CurrentTenant(tenant): CurrentTenant) {
    let feed = LiveFeed { state: RwSignal::new(LiveState::Connecting), listeners: StoredValue::new(Vec::new()) };
    let (refusals, retry) = (RwSignal::new(0_u32), Trigger::new());
    Effect::new(move |_| {
        retry.track();
        // Owned by this run of the effect: closed before the next run, and with the layout.
        StoredValue::new_local(Stream::open(&tenant.get(), feed, refusals, retry).ok());
    });
    provide_context(feed);
}

/// An open EventSource with its handlers, closed on drop.
struct Stream {
    source: EventSource,
    _opened: Closure<dyn FnMut(Event)>,
    _told: Closure<dyn FnMut(MessageEvent)>,
    _failed: Closure<dyn FnMut(Event)>,
}

impl Stream {
    fn open(tenant: &str, feed: LiveFeed, refusals: RwSignal<u32>, retry: Trigger) -> Result<Self, JsValue> {
        let source = EventSource::new(&format!("/t/{tenant}/events"))?;
        let opened = Closure::new(move |_: Event| {
            refusals.set(0);
            feed.state.set(LiveState::Live);
            // What changed between the page's data and this moment was told to nobody.
            feed.tell(&LiveEvent::Gap);
        });
        let told = Closure::new(move |message: MessageEvent| {
            let text = message.data().as_string().unwrap_or_default();
            // What cannot be read comes from a newer server: ask instead of guessing.
            feed.tell(&serde_json::from_str(&text).unwrap_or(LiveEvent::Gap));
        });
        let failing = source.clone();
        let failed = Closure::new(move |_: Event| {
            feed.state.set(LiveState::Reconnecting);
            // The browser itself reconnects a broken stream, but not one that the server refused.
            if failing.ready_state() == EventSource::CLOSED {
                let wait = back_off(refusals.get_untracked());
                refusals.update(|count| *count = count.saturating_add(1));
                // A session that ended shows itself when the page asks for its data.
                feed.tell(&LiveEvent::Gap);
                set_timeout(move || retry.notify(), wait);
            }
        });
        source.set_onopen(Some(opened.as_ref().unchecked_ref()));
        source.set_onmessage(Some(told.as_ref().unchecked_ref()));
        source.set_onerror(Some(failed.as_ref().unchecked_ref()));
        Ok(Self { source, _opened: opened, _told: told, _failed: failed })
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.source.set_onopen(None);
        self.source.set_onmessage(None);
        self.source.set_onerror(None);
        self.source.close();
    }
}

/// How long to wait after so many refusals: 1, 2, 4, ... and at most 30 seconds.
fn back_off(refusals: u32) -> Duration {
    Duration::from_secs(1 << refusals.min(5)).min(Duration::from_secs(30))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_doubles_up_to_half_a_minute() {
        assert_eq!([0, 1, 4, 5, 99].map(|refusals| back_off(refusals).as_secs()), [1, 2, 16, 30, 30]);
    }
}
