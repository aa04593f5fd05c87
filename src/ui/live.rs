//! The live stream of a tenant: one EventSource while its pages are open, and the pages that listen to it.

use std::time::Duration;

use leptos::{ev, prelude::*, task::spawn_local};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{Event, EventSource, MessageEvent};

use super::{
    clock::{Clock, browser_millis},
    context::{CurrentTenant, ViewerResource, role_in},
};
use crate::{api::session::get_viewer, model::run::LiveEvent};

/// A stream that is back within this time was never missed.
const UNNOTICED: Duration = Duration::from_secs(2);
/// After so many milliseconds out of sight a page asks for what it may have missed.
const LONG_HIDDEN: f64 = 60_000.0;

/// Whether what is on the screen is kept up to date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LiveState {
    Connecting,
    Live,
    Reconnecting,
    /// The server is there, and hears of no change itself.
    DatabaseAway,
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

    /// Whether nothing is heard of anybody, because the stream is broken or the server hears nothing.
    pub fn is_cut_off(self) -> bool {
        // A part of the page that is drawn last, on the server, may outlive the page's signals.
        matches!(self.state.try_get(), Some(LiveState::Reconnecting | LiveState::DatabaseAway))
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
pub fn provide_live_feed(CurrentTenant(tenant): CurrentTenant, viewer: ViewerResource) {
    let feed = LiveFeed { state: RwSignal::new(LiveState::Connecting), listeners: StoredValue::new(Vec::new()) };
    let clock = expect_context::<Clock>();
    let again = Again { failures: StoredValue::new(0), now: Trigger::new(), opened: StoredValue::new(0) };
    // The tenant whose stream there is: a page that does not exist for this viewer asks for none.
    let followed = RwSignal::new(None);
    Effect::new(move |_| {
        let tenant = tenant.get();
        let member = viewer.read().as_ref().is_some_and(|viewer| role_in(viewer, &tenant).is_some());
        let now = member.then_some(tenant);
        if followed.with_untracked(|followed| *followed != now) {
            followed.set(now);
        }
    });
    Effect::new(move |_| {
        again.now.track();
        let tenant = followed.get()?;
        // Owned by this run of the effect: closed before the next run, and with the layout.
        Stream::open(tenant, feed, clock, again, followed).ok().map(StoredValue::new_local)
    });
    heed_the_browser(feed, again);
    provide_context(feed);
}

/// When a stream is opened again.
#[derive(Clone, Copy)]
struct Again {
    /// How often it has failed since it was open.
    failures: StoredValue<u32>,
    now: Trigger,
    /// How many streams were opened: who waits to open one again looks whether somebody else has.
    opened: StoredValue<u32>,
}

impl Again {
    fn at_once(self) {
        self.failures.set_value(0);
        self.now.notify();
    }

    /// Says that the connection is lost. Servers end a stream now and then: nothing is lost when the next one is there at
    /// once.
    fn say_if_lost(self, feed: LiveFeed) {
        if self.failures.get_value() > 0 {
            feed.state.set(LiveState::Reconnecting);
            return;
        }
        let lost = move || self.failures.try_get_value().is_some_and(|failures| failures > 0);
        set_timeout(move || _ = lost().then(|| feed.state.try_set(LiveState::Reconnecting)), UNNOTICED);
    }

    /// After a pause, which grows with the failures.
    fn later(self) {
        let opened = self.opened.get_value();
        let wait = back_off(self.failures.get_value(), js_sys::Math::random());
        self.failures.update_value(|count| *count = count.saturating_add(1));
        let open = move || {
            if self.opened.try_get_value() == Some(opened) {
                self.now.notify();
            }
        };
        set_timeout(open, wait);
    }
}

/// The browser knows when it is back on the network, and when its page is looked at again.
fn heed_the_browser(feed: LiveFeed, again: Again) {
    Effect::new(move |_| {
        let hidden_since = StoredValue::new(None);
        let online = window_event_listener(ev::online, move |_| again.at_once());
        let offline = window_event_listener(ev::offline, move |_| feed.state.set(LiveState::Reconnecting));
        let seen = window_event_listener(ev::visibilitychange, move |_| {
            if document().hidden() {
                hidden_since.set_value(Some(browser_millis()));
                return;
            }
            let long = hidden_since.get_value().is_some_and(|since: f64| browser_millis() - since > LONG_HIDDEN);
            hidden_since.set_value(None);
            match feed.state.get_untracked() {
                // A page that was frozen may have missed what its stream told, and knows nothing of it.
                LiveState::Live if long => feed.tell(&LiveEvent::Gap),
                LiveState::Live | LiveState::Connecting | LiveState::DatabaseAway => {}
                LiveState::Reconnecting => again.at_once(),
            }
        });
        on_cleanup(move || {
            online.remove();
            offline.remove();
            seen.remove();
        });
    });
}

/// An open EventSource with its handlers, closed on drop.
struct Stream {
    source: EventSource,
    _opened: Closure<dyn FnMut(Event)>,
    _told: Closure<dyn FnMut(MessageEvent)>,
    _failed: Closure<dyn FnMut(Event)>,
}

impl Stream {
    fn open(
        tenant: String,
        feed: LiveFeed,
        clock: Clock,
        again: Again,
        followed: RwSignal<Option<String>>,
    ) -> Result<Self, JsValue> {
        let source = EventSource::new(&format!("/t/{tenant}/events"))?;
        again.opened.update_value(|opened| *opened += 1);
        let opened = Closure::new(move |_: Event| {
            again.failures.set_value(0);
            feed.state.set(LiveState::Live);
            // What changed between the page's data and this moment was told to nobody.
            feed.tell(&LiveEvent::Gap);
        });
        let told = Closure::new(move |message: MessageEvent| {
            let text = message.data().as_string().unwrap_or_default();
            // What cannot be read comes from a newer server: ask instead of guessing.
            let event = serde_json::from_str(&text).unwrap_or(LiveEvent::Gap);
            // Taken for lost, and yet it tells something.
            let state = if event == LiveEvent::DatabaseAway { LiveState::DatabaseAway } else { LiveState::Live };
            if feed.state.get_untracked() != state {
                feed.state.set(state);
            }
            match event {
                LiveEvent::Clock { now } => clock.set(now),
                event => feed.tell(&event),
            }
        });
        let failing = source.clone();
        let failed = Closure::new(move |_: Event| {
            again.say_if_lost(feed);
            if failing.ready_state() == EventSource::CLOSED {
                // Refused. A session that ended shows itself when the page asks for its data.
                feed.tell(&LiveEvent::Gap);
                leave_if_no_member(tenant.clone(), followed);
            }
            // Left to itself, the browser would ask again at one and the same pace.
            failing.close();
            again.later();
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

/// Stops asking for the stream of a tenant that the viewer does not belong to any more.
fn leave_if_no_member(tenant: String, followed: RwSignal<Option<String>>) {
    spawn_local(async move {
        let viewer = get_viewer().await;
        if matches!(viewer, Ok(Some(_))) && role_in(&viewer, &tenant).is_none() {
            followed.try_set(None);
        }
    });
}

/// How long to wait after so many failures: about 0.3, 1, 2, 4, ... and 30 seconds, a half more or less by the dice (0 to 1),
/// so that the viewers of a server that was away do not come back all at once.
fn back_off(failures: u32, dice: f64) -> Duration {
    let mean = match failures.checked_sub(1) {
        None => Duration::from_millis(300),
        Some(again) => Duration::from_secs((1 << again.min(5)).min(30)),
    };
    mean.mul_f64(0.5 + dice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_doubles_up_to_half_a_minute() {
        assert_eq!([1, 2, 5, 6, 99].map(|failures| back_off(failures, 0.5).as_secs()), [1, 2, 16, 30, 30]);
        assert_eq!(back_off(0, 0.5).as_millis(), 300, "a stream that ended is opened again at once");
        assert_eq!([0.0, 1.0].map(|dice| back_off(99, dice).as_secs()), [15, 45]);
    }
}
