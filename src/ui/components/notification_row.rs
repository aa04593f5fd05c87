//! One notification: what happened, where, when, and the way there.

use leptos::prelude::*;

use super::{
    icon::{Glyph, Icon},
    when::{Exact, When},
};
use crate::model::{
    notification::{Notification, NotificationKind},
    run::RunState,
};

/// The icon of a notification with the name of its colour, the same in the bell and on a toast.
pub const fn sign_of(notification: &Notification) -> (Glyph, &'static str) {
    match (notification.kind, notification.outcome) {
        (NotificationKind::ScheduleLate, _) => (Glyph::Clock, "partial"),
        (NotificationKind::RunStarted, _) | (_, None) => (Glyph::Play, "running"),
        (_, Some(outcome)) => (Glyph::of(RunState::Ended(outcome)), RunState::Ended(outcome).token()),
    }
}

#[component]
pub fn NotificationRow(notification: Notification) -> impl IntoView {
    let (glyph, token) = sign_of(&notification);
    let by = (notification.initiator_name != "system").then(|| format!("asked for by {}", notification.initiator_name));
    let facts: Vec<String> =
        [Some(notification.tenant_name.clone()), notification.counts(), by].into_iter().flatten().collect();
    view! {
        <a class="notification" class:notification-unread=!notification.read href=notification.address()>
            <span class=format!("notification-icon ink-{token}")><Icon glyph/></span>
            <span class="notification-words">
                <span class="notification-title">
                    {notification.title()} {(!notification.read).then(|| view! { <span class="sr-only">" (unread)"</span> })}
                </span>
                <span class="quiet">{facts.join(" \u{b7} ")}</span>
            </span>
            <span class="quiet notification-when"><When at=notification.created_at exact=Exact::Minute/></span>
        </a>
    }
}
