//! `/t/{tenant}/notifications`: what the person was told, of all their tenants, newest first; `show=unread` of the
//! address leaves out what was read.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use crate::{
    api::notifications::{ReadNotifications, get_notification_settings, list_notifications},
    model::{listing::Listing, notification::Notification, run::LiveEvent},
    ui::{
        components::{
            error_panel::ErrorPanel,
            icon::{Glyph, Icon},
            notice::{Alert, Notice},
            notification_row::NotificationRow,
            page_header::PageHeader,
        },
        context::{CurrentTenant, action_error},
        live::LiveFeed,
        throttle::once_a_second,
    },
};

#[component]
pub fn NotificationsPage() -> impl IntoView {
    let CurrentTenant(tenant) = expect_context();
    let query = use_query_map();
    let unread = Memo::new(move |_| query.read().get_str("show") == Some("unread"));
    let after = Memo::new(move |_| query.read().get_str("after").map(str::to_owned));
    let page = Resource::new(move || (unread.get(), after.get()), |(unread, after)| list_notifications(unread, after));
    // The list is the person's own, its address a tenant's: for whoever is no member there, it does not exist.
    let place = Resource::new(move || tenant.get(), get_notification_settings);
    let read = ServerAction::<ReadNotifications>::new();
    let error = action_error(read);
    let refresh = once_a_second(move || page.refetch());
    expect_context::<LiveFeed>().listen(move |event| match event {
        LiveEvent::Notification { .. } | LiveEvent::Inbox { .. } | LiveEvent::Gap => refresh(),
        LiveEvent::Run { .. } => {}
    });
    let here = move || format!("/t/{}/notifications", tenant.get());
    view! {
        <Title text="Notifications"/>
        <PageHeader title="Notifications" beside=move || view! { <Filter here=here() unread=unread.get()/> }>
            <a class="button" href=move || format!("{}/settings", here())>"Settings"</a>
            <ActionForm action=read>
                <button type="submit" class="button">"Mark all read"</button>
            </ActionForm>
        </PageHeader>
        {move || error.get().map(|error| view! { <Alert text=error.to_string()/> })}
        <Transition>
            {move || Suspend::new(async move {
                if let Err(error) = place.await {
                    return view! { <ErrorPanel error/> }.into_any();
                }
                match page.await {
                    Err(error) => view! { <ErrorPanel error/> }.into_any(),
                    Ok(page) => view! { <Page page unread=unread.get_untracked() here=here()/> }.into_any(),
                }
            })}
        </Transition>
    }
}

#[component]
fn Filter(here: String, unread: bool) -> impl IntoView {
    let current = |current: bool| current.then_some("page");
    view! {
        <nav class="segments" aria-label="Which notifications">
            <a href=here.clone() aria-current=current(!unread)>"All"</a>
            <a href=format!("{here}?show=unread") aria-current=current(unread)>"Unread"</a>
        </nav>
    }
}

#[component]
fn Page(page: Listing<Notification>, unread: bool, here: String) -> impl IntoView {
    let Listing { items, next, note } = page;
    let (title, advice) = match unread {
        true => ("All read", "What you are told next appears here and at the bell."),
        false => {
            ("No notifications yet", "You hear here of the runs that you start or join, and of what you subscribe to.")
        }
    };
    let show = if unread { "show=unread&" } else { "" };
    let empty = items.is_empty();
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
                let rows = items
                    .into_iter()
                    .map(|notification| view! { <li><NotificationRow notification/></li> })
                    .collect_view();
                view! { <ul class="notifications">{rows}</ul> }
            })}
        {next
            .map(|next| {
                view! {
                    <nav class="pager" aria-label="Pages of notifications">
                        <span class="grow"></span>
                        <a class="button button-plain" href=format!("{here}?{show}after={next}")>
                            "Older notifications"
                            <Icon glyph=Glyph::ChevronRight/>
                        </a>
                    </nav>
                }
            })}
    }
}
