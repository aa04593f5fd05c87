//! What the person is told while a page is open: the bell and the toasts, kept the same on all their pages.

use leptos::{prelude::*, task::spawn_local};

use super::{components::toast::ToastText, live::LiveFeed, throttle::once_a_second, toast_stack::Stack};
use crate::{
    api::notifications::{get_inbox, list_notifications, put_away_toasts, read_notifications},
    model::{
        ids::NotificationId,
        notification::{Inbox, Notification},
        run::LiveEvent,
    },
};

/// The person's inbox as every page has it.
#[derive(Clone, Copy)]
pub struct InboxStore {
    unread: RwSignal<u64>,
    /// What the bell lists, once somebody has looked.
    newest: RwSignal<Option<Vec<Notification>>>,
    stack: RwSignal<Stack>,
    /// Whether somebody looks at the bell's list now.
    looking: RwSignal<bool>,
    /// While the pointer or the focus is on a toast, none leaves.
    hovered: RwSignal<bool>,
    focused: RwSignal<bool>,
    /// Put away elsewhere meanwhile: they leave afterwards.
    put_off: StoredValue<Vec<NotificationId>>,
}

impl InboxStore {
    /// For everything below, fed by the live stream.
    pub fn provide(feed: LiveFeed) -> Self {
        let store = Self {
            unread: RwSignal::new(0),
            newest: RwSignal::new(None),
            stack: RwSignal::new(Stack::default()),
            looking: RwSignal::new(false),
            hovered: RwSignal::new(false),
            focused: RwSignal::new(false),
            put_off: StoredValue::new(Vec::new()),
        };
        let look_again = once_a_second(move || store.load_newest());
        feed.listen(move |event| {
            let news = !matches!(event, LiveEvent::Run { .. } | LiveEvent::Clock { .. } | LiveEvent::DatabaseAway);
            store.hear(event);
            if news && store.looking.get_untracked() {
                look_again();
            }
        });
        store.keep_time();
        provide_context(store);
        store
    }

    fn hear(self, event: LiveEvent) {
        match event {
            LiveEvent::Notification { notification } => self.told(&notification),
            LiveEvent::Inbox { unread, toasted } => {
                self.unread.set(unread);
                if self.is_held() {
                    self.put_off.update_value(|ids| ids.extend(toasted));
                } else {
                    self.stack.update(|stack| stack.put_away(&toasted));
                }
            }
            LiveEvent::Gap => spawn_local(async move {
                if let Ok(inbox) = get_inbox().await {
                    self.heal(&inbox);
                }
            }),
            LiveEvent::Run { .. } | LiveEvent::Clock { .. } | LiveEvent::DatabaseAway => {}
        }
    }

    pub fn unread(self) -> u64 {
        self.unread.get()
    }

    pub fn newest(self) -> ReadSignal<Option<Vec<Notification>>> {
        self.newest.read_only()
    }

    /// Somebody looks at the bell, or away: as long as they look it shows how it is now.
    pub fn look_at_bell(self, looking: bool) {
        self.looking.try_set(looking);
        if looking {
            self.load_newest();
        }
    }

    fn load_newest(self) {
        spawn_local(async move {
            if let Ok(page) = list_notifications(false, None, None).await {
                self.newest.try_set(Some(page.items));
            }
        });
    }

    /// One is read, or all.
    pub fn read(self, which: Option<NotificationId>) {
        self.newest.update(|newest| {
            let all = newest.iter_mut().flatten();
            all.filter(|one| which.is_none_or(|id| id == one.id)).for_each(|one| one.read = true);
        });
        self.stack.update(|stack| match which {
            Some(id) => stack.put_away(&[id]),
            None => stack.put_all_away(),
        });
        spawn_local(async move {
            // Not reached: it stays unread, which is true enough.
            if let Ok(unread) = read_notifications(which).await {
                self.unread.try_set(unread);
            }
        });
    }

    pub fn stack(self) -> ReadSignal<Stack> {
        self.stack.read_only()
    }

    /// Whether the pointer is on a toast.
    pub fn hover(self, hovered: bool) {
        self.hovered.try_set(hovered);
    }

    /// Whether the focus is on a toast.
    pub fn focus(self, focused: bool) {
        self.focused.try_set(focused);
    }

    /// How it is on the server.
    pub fn heal(self, inbox: &Inbox) {
        self.unread.set(inbox.unread);
        let over = self.stack.try_update(|stack| stack.heal(&inbox.toasts));
        self.say_put_away(over.unwrap_or_default());
    }

    fn told(self, notification: &Notification) {
        // A quiet member hears it from the bell alone, whose number the server sends.
        let over = self.stack.try_update(|stack| match notification.toasted {
            true => {
                stack.put_away(&[notification.id]);
                None
            }
            false => stack.tell(notification),
        });
        self.say_put_away(over.flatten().into_iter().collect());
    }

    /// The answer to something that the person did on this page.
    pub fn answer(self, text: ToastText) {
        self.stack.update(|stack| stack.answer(text));
    }

    /// Takes a toast away, on every device.
    pub fn put_away(self, key: u64) {
        let told = self.stack.try_update(|stack| stack.take(key)).flatten();
        self.say_put_away(told.into_iter().collect());
    }

    /// The person goes where the toast leads: what it says is read.
    pub fn follow(self, key: u64) {
        if let Some(id) = self.stack.try_update(|stack| stack.take(key)).flatten() {
            self.read(Some(id));
        }
    }

    fn say_put_away(self, ids: Vec<NotificationId>) {
        if !ids.is_empty() {
            spawn_local(async move {
                _ = put_away_toasts(ids).await;
            });
        }
    }

    /// Whether somebody is at the toasts.
    fn is_held(self) -> bool {
        self.hovered.get_untracked() || self.focused.get_untracked()
    }

    /// Toasts leave by themselves, but not while somebody is at them or nobody sees the page.
    fn keep_time(self) {
        let held = Memo::new(move |_| self.hovered.get() || self.focused.get());
        let waiting = Memo::new(move |_| !self.stack.read().is_empty() && !held.get());
        Effect::new(move |_| {
            if !held.get() {
                let ids = self.put_off.try_update_value(std::mem::take).unwrap_or_default();
                if !ids.is_empty() {
                    self.stack.update(|stack| stack.put_away(&ids));
                }
            }
        });
        Effect::new(move |before: Option<Option<IntervalHandle>>| {
            if let Some(Some(clock)) = before {
                clock.clear();
            }
            let look = move || {
                if !document().hidden() {
                    let gone = self.stack.try_update(Stack::look).unwrap_or_default();
                    self.say_put_away(gone);
                }
            };
            waiting.get().then(|| set_interval_with_handle(look, std::time::Duration::from_millis(500)).ok()).flatten()
        });
    }
}
