//! The destinations of a tenant: added, edited, switched, removed.

use tracing::info;

use super::{
    Outgoing, destination,
    draft::{self, Place},
    internal, owner, sign,
};
use crate::{
    error::AppError,
    model::{
        audit::AuditAction,
        ids::DestinationId,
        outgoing::{AddedDestination, Destination, DestinationChange, DestinationDraft, DestinationKind},
    },
    server::{
        audit::Deed,
        db::{
            members::Membership,
            outgoing_deliveries,
            outgoing_destinations::{self, EditedDestination, NewDestination},
        },
        error::ServiceError,
    },
};

/// How many destinations a tenant may have.
const MOST_DESTINATIONS: i64 = 20;

impl Outgoing {
    /// Adds a destination. A webhook's secret is told this once.
    pub async fn add(&self, member: &Membership, draft: &DestinationDraft) -> Result<AddedDestination, ServiceError> {
        let inner = &self.inner;
        let checked = draft::check(draft, &inner.settings).await.map_err(AppError::invalid)?;
        let id = DestinationId(inner.clock.new_id());
        let seal = |plain: &str| inner.secrets.encrypt(plain, &owner(id)).map_err(internal);
        let secret = match draft.kind {
            DestinationKind::Webhook => Some(sign::new_secret().map_err(internal)?),
            DestinationKind::Slack | DestinationKind::Email => None,
        };
        let shown = Destination {
            id,
            kind: draft.kind,
            name: checked.name,
            shown_address: checked.place.shown,
            on_failed: draft.on_failed,
            on_partial: draft.on_partial,
            on_late: draft.on_late,
            enabled: true,
            created_at: inner.clock.now(),
            created_by_name: member.user_name().to_owned(),
        };
        let address = seal(&checked.place.address)?;
        let new = NewDestination { shown, address, secret: secret.as_deref().map(seal).transpose()? };
        let mut tx = inner.db.begin().await?;
        if outgoing_destinations::count(&mut tx, member.scope()).await? >= MOST_DESTINATIONS {
            let words =
                format!("A tenant has at most {MOST_DESTINATIONS} destinations. Remove one that is not needed.");
            return Err(AppError::Conflict { message: words }.into());
        }
        outgoing_destinations::insert(&mut tx, member.scope(), &new).await?;
        let deed = Deed::new(member, AuditAction::DestinationAdded).with("kind", draft.kind);
        self.note(&mut tx, member, deed, destination(id, &new.shown.name)).await?;
        tx.commit().await?;
        info!(tenant = %member.scope().tenant(), destination = %id, kind = %draft.kind, "destination added");
        Ok(AddedDestination { id, secret })
    }

    /// Changes a destination's name, what it is told, and its address where a new one is given; a webhook keeps its secret.
    pub async fn edit(
        &self,
        member: &Membership,
        id: DestinationId,
        change: &DestinationChange,
    ) -> Result<(), ServiceError> {
        let (inner, scope) = (&self.inner, member.scope());
        let mut tx = inner.db.begin().await?;
        let kind = outgoing_destinations::kind(&mut tx, scope, id).await?;
        // Looking an address up may take long: nothing is held meanwhile.
        drop(tx);
        let kind = kind.ok_or_else(|| AppError::not_found("This destination"))?;
        let checked = draft::check_change(kind, change, &inner.settings).await.map_err(AppError::invalid)?;
        let address = match &checked.address {
            Some(Place { address, shown }) => {
                let sealed = inner.secrets.encrypt(address, &owner(id)).map_err(internal)?;
                Some((sealed, shown.as_str()))
            }
            None => None,
        };
        let edited = EditedDestination {
            name: &checked.name,
            address: address.as_ref().map(|(sealed, shown)| (sealed.as_slice(), *shown)),
            on_failed: change.on_failed,
            on_partial: change.on_partial,
            on_late: change.on_late,
        };
        let mut tx = inner.db.begin().await?;
        if !outgoing_destinations::edit(&mut tx, scope, id, &edited).await? {
            return Err(AppError::not_found("This destination").into());
        }
        let deed = Deed::new(member, AuditAction::DestinationEdited).with("new_address", address.is_some());
        self.note(&mut tx, member, deed, destination(id, &checked.name)).await?;
        tx.commit().await?;
        info!(tenant = %scope.tenant(), destination = %id, "destination edited");
        Ok(())
    }

    /// Switches a destination on or off; what it still waited for when it is switched off is given up.
    pub async fn switch(&self, member: &Membership, id: DestinationId, on: bool) -> Result<(), ServiceError> {
        let (scope, mut tx) = (member.scope(), self.inner.db.begin().await?);
        if !outgoing_destinations::switch(&mut tx, scope, id, on).await? {
            return Err(AppError::not_found("This destination").into());
        }
        let deed = Deed::new(member, AuditAction::DestinationSwitched).with("on", on);
        let name = outgoing_destinations::name(&mut tx, scope, id).await?.unwrap_or_default();
        self.note(&mut tx, member, deed, destination(id, &name)).await?;
        if !on {
            outgoing_deliveries::give_up(&mut tx, scope, id, "The destination was switched off.").await?;
        }
        tx.commit().await?;
        info!(tenant = %scope.tenant(), destination = %id, on, "destination switched");
        Ok(())
    }

    /// Removes a destination with its log.
    pub async fn remove(&self, member: &Membership, id: DestinationId) -> Result<(), ServiceError> {
        let mut tx = self.inner.db.begin().await?;
        let name = outgoing_destinations::name(&mut tx, member.scope(), id).await?;
        if !outgoing_destinations::delete(&mut tx, member.scope(), id).await? {
            return Err(AppError::not_found("This destination").into());
        }
        let deed = Deed::new(member, AuditAction::DestinationRemoved);
        self.note(&mut tx, member, deed, destination(id, &name.unwrap_or_default())).await?;
        tx.commit().await?;
        info!(tenant = %member.scope().tenant(), destination = %id, "destination removed");
        Ok(())
    }
}
