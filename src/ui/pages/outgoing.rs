//! `/t/{tenant}/notifications/outgoing`: where the tenant's notifications go beyond Runledger, and what was sent.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use crate::{
    api::outgoing::list_outgoing,
    model::{
        listing::Listing,
        outgoing::{DestinationDraft, OutgoingPage, OutgoingTold},
    },
    ui::{
        components::{
            error_panel::ErrorPanel,
            icon::{Glyph, Icon},
            notice::{Alert, Notice},
            outgoing::{destination_form::DestinationForm, destinations::Destinations, log::DeliveryLog},
            page_header::PageHeader,
        },
        context::CurrentTenant,
    },
};

#[component]
pub fn OutgoingNotificationsPage() -> impl IntoView {
    let CurrentTenant(tenant) = expect_context();
    let query = use_query_map();
    let after = Memo::new(move |_| query.read().get_str("after").map(str::to_owned));
    let page = Resource::new(move || (tenant.get(), after.get()), |(tenant, after)| list_outgoing(tenant, after));
    view! {
        <Title text="Outgoing notifications"/>
        <PageHeader title="Outgoing notifications" beside=|| ()>
            <a class="button" href=move || format!("/t/{}/notifications/settings", tenant.get())>"Your settings"</a>
        </PageHeader>
        <Transition>
            {move || Suspend::new(async move {
                let tenant = tenant.get_untracked();
                match page.await {
                    Err(error) => {
                        let way_out = (format!("/t/{tenant}/notifications"), "Go to notifications");
                        view! { <ErrorPanel error way_out/> }.into_any()
                    }
                    Ok(page) => view! { <Page page tenant/> }.into_any(),
                }
            })}
        </Transition>
    }
}

#[component]
fn Page(page: OutgoingPage, tenant: String) -> impl IntoView {
    let OutgoingPage { destinations, deliveries, told, email } = page;
    let Listing { items, next, note } = deliveries;
    let (draft, error, told) = match told {
        Some(OutgoingTold::Refused { draft, error }) => (draft, Some(error), None),
        told => (DestinationDraft::default(), None, told),
    };
    let here = format!("/t/{tenant}/notifications/outgoing");
    view! {
        {told.map(|told| view! { <Told told/> })}
        {match destinations.is_empty() {
            true => view! {
                <p class="outgoing-none quiet">
                    "Nothing leaves Runledger yet. Add a webhook, a Slack channel or a mail address that is told when runs \
                     fail or schedules are late."
                </p>
            }
                .into_any(),
            false => view! { <Destinations destinations tenant=tenant.clone()/> }.into_any(),
        }}
        <DestinationForm draft error email tenant=tenant.clone()/>
        <h2 class="outgoing-heading">"Deliveries"</h2>
        {note.map(|text| view! { <Notice text/> })}
        {match items.is_empty() {
            true => view! { <p class="quiet">"Nothing was sent yet."</p> }.into_any(),
            false => view! { <DeliveryLog deliveries=items tenant/> }.into_any(),
        }}
        {next
            .map(|next| {
                view! {
                    <nav class="pager" aria-label="Pages of deliveries">
                        <span class="grow"></span>
                        <a class="button button-plain" href=format!("{here}?after={next}")>
                            "Older deliveries"
                            <Icon glyph=Glyph::ChevronRight/>
                        </a>
                    </nav>
                }
            })}
    }
}

/// What the form before came to.
#[component]
fn Told(told: OutgoingTold) -> impl IntoView {
    match told {
        OutgoingTold::Done(words) => view! {
            <p class="notice" role="status"><Icon glyph=Glyph::CircleCheck/><span>{words}</span></p>
        }
        .into_any(),
        OutgoingTold::Failed(words) | OutgoingTold::Refused { error: words, .. } => {
            view! { <Alert text=words/> }.into_any()
        }
        OutgoingTold::Secret { name, secret } => view! {
            <section class="panel outgoing-secret" role="status">
                <h2>"The secret of " {name}</h2>
                <p>"Give it to the receiver, which checks each signature with it. It is shown only now."</p>
                <code>{secret}</code>
            </section>
        }
        .into_any(),
    }
}
