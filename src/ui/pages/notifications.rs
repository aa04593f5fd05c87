//! `/t/{tenant}/notifications`: what the person was told, of all their tenants, newest first; `show=unread` of the
//! address leaves out what was read, `kind=failures` what is something else.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::{hooks::use_query_map, location::Url};

use crate::{
    api::notifications::{ReadNotifications, get_notification_settings, list_notifications},
    model::{
        listing::Listing,
        notification::{Notification, NotificationTopic},
        run::LiveEvent,
    },
    ui::{
        components::{
            error_panel::ErrorPanel,
            icon::{Glyph, Icon},
            notice::{Alert, Notice},
            notification_row::NotificationRow,
            page_header::PageHeader,
        },
        context::{CurrentTenant, action_error},
        inbox::InboxStore,
        live::LiveFeed,
        throttle::once_a_second,
    },
};

/// What the address asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Wanted {
    unread: bool,
    /// A `NotificationTopic`, as far as the address makes sense.
    topic: Option<String>,
}

impl Wanted {
    /// The query of the same list with other wishes.
    fn query(unread: bool, topic: Option<&str>) -> String {
        let unread = unread.then(|| "show=unread".to_owned());
        let topic = topic.map(|topic| format!("kind={}", Url::escape(topic)));
        let all: Vec<String> = [unread, topic].into_iter().flatten().collect();
        if all.is_empty() { String::new() } else { format!("?{}", all.join("&")) }
    }

    fn address(&self, here: &str) -> String {
        format!("{here}{}", Self::query(self.unread, self.topic.as_deref()))
    }

    fn topic(&self) -> Option<NotificationTopic> {
        self.topic.as_deref()?.parse().ok()
    }
}

#[component]
pub fn NotificationsPage() -> impl IntoView {
    let CurrentTenant(tenant) = expect_context();
    let query = use_query_map();
    let wanted = Memo::new(move |_| {
        let query = query.read();
        Wanted { unread: query.get_str("show") == Some("unread"), topic: query.get("kind") }
    });
    let after = Memo::new(move |_| query.read().get_str("after").map(str::to_owned));
    let page = Resource::new(
        move || (wanted.get(), after.get()),
        |(Wanted { unread, topic }, after)| list_notifications(unread, topic, after),
    );
    // The list is the person's own, its address a tenant's: for whoever is no member there, it does not exist.
    let place = Resource::new(move || tenant.get(), get_notification_settings);
    let read = ServerAction::<ReadNotifications>::new();
    let error = action_error(read);
    let refresh = once_a_second(move || page.refetch());
    expect_context::<LiveFeed>().listen(move |event| match event {
        LiveEvent::Notification { .. } | LiveEvent::Inbox { .. } | LiveEvent::Gap => refresh(),
        LiveEvent::Run { .. } | LiveEvent::Clock { .. } | LiveEvent::DatabaseAway => {}
    });
    let here = move || format!("/t/{}/notifications", tenant.get());
    view! {
        <Title text="Notifications"/>
        <PageHeader title="Notifications" beside=move || view! { <Filter here=here() wanted=wanted.get()/> }>
            <a class="button" href=move || format!("{}/settings", here())>"Settings"</a>
            <ActionForm action=read>
                <button type="submit" class="button">"Mark all read"</button>
            </ActionForm>
        </PageHeader>
        {move || view! { <Kinds here=here() wanted=wanted.get()/> }}
        {move || error.get().map(|error| view! { <Alert text=error.to_string()/> })}
        <Transition>
            {move || Suspend::new(async move {
                if let Err(error) = place.await {
                    return view! { <ErrorPanel error/> }.into_any();
                }
                match page.await {
                    Err(error) => view! { <ErrorPanel error/> }.into_any(),
                    Ok(page) => view! { <Page page wanted=wanted.get_untracked() here=here() read/> }.into_any(),
                }
            })}
        </Transition>
    }
}

#[component]
fn Filter(here: String, wanted: Wanted) -> impl IntoView {
    let to = |unread: bool| format!("{here}{}", Wanted::query(unread, wanted.topic.as_deref()));
    view! {
        <nav class="segments" aria-label="Which notifications">
            <a href=to(false) aria-current=current(!wanted.unread)>"All"</a>
            <a href=to(true) aria-current=current(wanted.unread)>"Unread"</a>
        </nav>
    }
}

#[component]
fn Kinds(here: String, wanted: Wanted) -> impl IntoView {
    let to = |topic: Option<NotificationTopic>| {
        format!("{here}{}", Wanted::query(wanted.unread, topic.map(NotificationTopic::as_str)))
    };
    let kinds = NotificationTopic::ALL
        .iter()
        .map(
            |one| view! { <a href=to(Some(*one)) aria-current=current(wanted.topic() == Some(*one))>{one.label()}</a> },
        )
        .collect_view();
    view! {
        <nav class="segments notification-kinds" aria-label="Kinds of notifications">
            <a href=to(None) aria-current=current(wanted.topic().is_none())>"Every kind"</a>
            {kinds}
        </nav>
    }
}

fn current(current: bool) -> Option<&'static str> {
    current.then_some("page")
}

#[component]
fn Page(
    page: Listing<Notification>,
    wanted: Wanted,
    here: String,
    read: ServerAction<ReadNotifications>,
) -> impl IntoView {
    let Listing { items, next, note } = page;
    let (title, advice) = match (wanted.topic(), wanted.unread) {
        (Some(_), _) => ("Nothing of this kind", "Other notifications may be there: choose every kind."),
        (None, true) => ("All read", "What you are told next appears here and at the bell."),
        (None, false) => {
            ("No notifications yet", "You hear here of the runs that you start or join, and of what you subscribe to.")
        }
    };
    let empty = items.is_empty();
    let this = wanted.address(&here);
    view! {
        {note.map(|text| view! { <Notice text/> })}
        {empty
            .then(|| {
                view! {
                    <div class="empty">
                        <span class="empty-icon"><Icon glyph=Glyph::Bell/></span>
                        <h2>{title}</h2>
                        <p>{advice}</p>
                    </div>
                }
            })}
        {(!empty)
            .then(|| {
                let rows =
                    items.into_iter().map(|notification| view! { <Row notification read/> }).collect_view();
                view! { <ul class="notifications">{rows}</ul> }
            })}
        {next
            .map(|next| {
                let and = if this.contains('?') { '&' } else { '?' };
                view! {
                    <nav class="pager" aria-label="Pages of notifications">
                        <span class="grow"></span>
                        <a class="button button-plain" href=format!("{this}{and}after={next}")>
                            "Older notifications"
                            <Icon glyph=Glyph::ChevronRight/>
                        </a>
                    </nav>
                }
            })}
    }
}

/// Who follows it has read it; who only wants it out of the way marks it.
#[component]
fn Row(notification: Notification, read: ServerAction<ReadNotifications>) -> impl IntoView {
    let inbox = expect_context::<InboxStore>();
    let (id, unread, title) = (notification.id, !notification.read, notification.title());
    let follow = move |_| {
        if unread {
            inbox.read(Some(id));
        }
    };
    view! {
        <li>
            <div class="notification-line" on:click=follow><NotificationRow notification/></div>
            {unread
                .then(|| {
                    view! {
                        <ActionForm action=read attr:class="notification-mark">
                            <input type="hidden" name="id" value=id.to_string()/>
                            <button
                                type="submit"
                                class="icon-button"
                                title="Mark read"
                                aria-label=format!("Mark read: {title}")
                            >
                                <Icon glyph=Glyph::Check/>
                            </button>
                        </ActionForm>
                    }
                })}
        </li>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_holds_what_is_wanted() {
        let wanted = Wanted { unread: true, topic: Some("failures".to_owned()) };
        assert_eq!(wanted.address("/n"), "/n?show=unread&kind=failures");
        assert_eq!(Wanted { unread: false, topic: None }.address("/n"), "/n");
        let odd = Wanted { unread: false, topic: Some("a&b".to_owned()) };
        assert_eq!((odd.address("/n").as_str(), odd.topic()), ("/n?kind=a%26b", None));
    }
}
