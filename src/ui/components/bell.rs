//! The bell: how much is unread, the newest of it, and the way to all of it.

use leptos::prelude::*;

use super::{
    icon::{Glyph, Icon},
    menu::Menu,
    notification_row::NotificationRow,
};
use crate::{model::notification::MOST_UNREAD, ui::inbox::InboxStore};

/// How many the bell shows.
const NEWEST: usize = 8;

#[component]
pub fn Bell(#[prop(into)] tenant: Signal<String>, inbox: InboxStore) -> impl IntoView {
    let newest = inbox.newest();
    on_cleanup(move || inbox.look_at_bell(false));
    let summary = move || {
        view! {
            <Icon glyph=Glyph::Bell/>
            {move || {
                (inbox.unread() > 0)
                    .then(|| {
                        view! {
                            <span class="bell-count">
                                {count_text(inbox.unread())} <span class="sr-only">" unread"</span>
                            </span>
                        }
                    })
            }}
        }
    };
    let list = move || match newest.get() {
        None => view! { <p class="bell-empty quiet">"Loading"</p> }.into_any(),
        Some(newest) if newest.is_empty() => {
            view! { <p class="bell-empty quiet">"Nothing yet. You hear here of the runs that you start or join."</p> }
                .into_any()
        }
        Some(newest) => newest
            .into_iter()
            .take(NEWEST)
            .map(|notification| {
                let id = notification.id;
                view! { <li on:click=move |_| inbox.read(Some(id))><NotificationRow notification/></li> }
            })
            .collect_view()
            .into_any(),
    };
    view! {
        <Menu label="Notifications" class="bell" summary on_turn=Callback::new(move |open| inbox.look_at_bell(open))>
            <div class="bell-panel">
                <div class="bell-head">
                    <strong>"Notifications"</strong>
                    <span class="grow"></span>
                    {move || {
                        (inbox.unread() > 0)
                            .then(|| {
                                view! {
                                    <button type="button" class="link-button" on:click=move |_| inbox.read(None)>
                                        "Mark all read"
                                    </button>
                                }
                            })
                    }}
                </div>
                <ul class="bell-list">{list}</ul>
                <a class="menu-item bell-all" href=move || format!("/t/{}/notifications", tenant.get())>
                    "All notifications"
                </a>
            </div>
        </Menu>
    }
}

/// "7", or "99+".
fn count_text(unread: u64) -> String {
    if unread > MOST_UNREAD { format!("{MOST_UNREAD}+") } else { unread.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_unread_are_not_counted_to_the_end() {
        assert_eq!([1, 99, 100].map(count_text), ["1", "99", "99+"]);
    }
}
