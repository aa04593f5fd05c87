//! Where the tenant's notifications go beyond Runledger, and the log of what was sent.

use leptos::prelude::*;

use crate::{
    error::AppError,
    model::{
        ids::{DeliveryId, DestinationId},
        outgoing::{AddedDestination, Delivery, DestinationKind, OutgoingPage},
    },
};

/// The destinations and a page of the log, with what the last form of the page came to.
#[server(prefix = "/api", endpoint = "outgoing/list")]
pub async fn list_outgoing(tenant: String, after: Option<String>) -> Result<OutgoingPage, AppError> {
    use crate::{
        model::{outgoing::OutgoingTold, user::Action},
        server::{auth::request, error::shown, notify::outgoing},
    };
    let member = request::member(&tenant, Action::ManageDestinations).await?;
    let page = request::state().outgoing.page(member.scope(), after.as_deref()).await.map_err(shown)?;
    let told = outgoing::told(&tenant, &member);
    let refused = told.as_ref().and_then(|told| match told {
        OutgoingTold::Refused { error, .. } => Some(error.as_str()),
        _ => None,
    });
    request::refuse_draft(refused);
    Ok(OutgoingPage { told, ..page })
}

/// Adds a destination; a box that is not ticked is not sent. A webhook's secret is told this once.
#[server(prefix = "/api", endpoint = "outgoing/add")]
pub async fn add_destination(
    tenant: String,
    kind: DestinationKind,
    name: String,
    address: String,
    on_failed: Option<String>,
    on_partial: Option<String>,
    on_late: Option<String>,
) -> Result<Option<AddedDestination>, AppError> {
    use crate::{
        model::{outgoing::DestinationDraft, user::Action},
        server::{auth::request, notify::outgoing},
    };
    let member = request::member(&tenant, Action::ManageDestinations).await?;
    let (on_failed, on_partial, on_late) = (on_failed.is_some(), on_partial.is_some(), on_late.is_some());
    let draft = DestinationDraft { kind, name, address, on_failed, on_partial, on_late };
    let added = request::state().outgoing.add(&member, &draft).await;
    outgoing::answer(&tenant, &member, added, |added| draft.told(added))
}

/// Changes a destination; a box that is not ticked is not sent, and without an address it keeps its own.
#[server(prefix = "/api", endpoint = "outgoing/edit")]
pub async fn edit_destination(
    tenant: String,
    destination: DestinationId,
    name: String,
    address: Option<String>,
    on_failed: Option<String>,
    on_partial: Option<String>,
    on_late: Option<String>,
) -> Result<Option<()>, AppError> {
    use crate::{
        model::{
            outgoing::{DestinationChange, OutgoingTold},
            user::Action,
        },
        server::{auth::request, notify::outgoing},
    };
    let member = request::member(&tenant, Action::ManageDestinations).await?;
    let (on_failed, on_partial, on_late) = (on_failed.is_some(), on_partial.is_some(), on_late.is_some());
    let change = DestinationChange { name, address: address.unwrap_or_default(), on_failed, on_partial, on_late };
    let done = request::state().outgoing.edit(&member, destination, &change).await;
    outgoing::answer(&tenant, &member, done, |done| OutgoingTold::of(done.map(|()| "The destination was changed.")))
}

/// Switches a destination on or off.
#[server(prefix = "/api", endpoint = "outgoing/switch")]
pub async fn switch_destination(tenant: String, destination: DestinationId, on: bool) -> Result<Option<()>, AppError> {
    use crate::{
        model::{outgoing::OutgoingTold, user::Action},
        server::{auth::request, notify::outgoing},
    };
    let member = request::member(&tenant, Action::ManageDestinations).await?;
    let done = request::state().outgoing.switch(&member, destination, on).await;
    let words = if on { "The destination is on." } else { "The destination is off." };
    outgoing::answer(&tenant, &member, done, |done| OutgoingTold::of(done.map(|()| words)))
}

/// Removes a destination with its log.
#[server(prefix = "/api", endpoint = "outgoing/remove")]
pub async fn remove_destination(tenant: String, destination: DestinationId) -> Result<Option<()>, AppError> {
    use crate::{
        model::{outgoing::OutgoingTold, user::Action},
        server::{auth::request, notify::outgoing},
    };
    let member = request::member(&tenant, Action::ManageDestinations).await?;
    let done = request::state().outgoing.remove(&member, destination).await;
    outgoing::answer(&tenant, &member, done, |done| OutgoingTold::of(done.map(|()| "The destination was removed.")))
}

/// Sends a test to a destination and tells what came of it.
#[server(prefix = "/api", endpoint = "outgoing/test")]
pub async fn test_destination(tenant: String, destination: DestinationId) -> Result<Option<Delivery>, AppError> {
    use crate::{
        model::{outgoing::OutgoingTold, user::Action},
        server::{auth::request, notify::outgoing},
    };
    let member = request::member(&tenant, Action::ManageDestinations).await?;
    let done = request::state().outgoing.test(&member, destination).await;
    outgoing::answer(&tenant, &member, done, OutgoingTold::of_delivery)
}

/// Sends a delivery again at once, under the same id.
#[server(prefix = "/api", endpoint = "outgoing/redeliver")]
pub async fn redeliver(tenant: String, delivery: DeliveryId) -> Result<Option<Delivery>, AppError> {
    use crate::{
        model::{outgoing::OutgoingTold, user::Action},
        server::{auth::request, notify::outgoing},
    };
    let member = request::member(&tenant, Action::ManageDestinations).await?;
    let done = request::state().outgoing.redeliver(&member, delivery).await;
    outgoing::answer(&tenant, &member, done, OutgoingTold::of_delivery)
}
