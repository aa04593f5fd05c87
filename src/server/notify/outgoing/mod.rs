//! Notifications beyond Runledger: the destinations of a tenant, and the deliveries to them. A delivery is written with the
//! change that it tells of, and sent by whichever node takes it, until it arrives or is given up.

mod answer;
mod destinations;
mod draft;
mod event;
mod listener;
mod mail;
mod send;
mod sign;
mod tries;

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use url::Url;

use self::tries::InFlight;
pub use answer::{answer, told};
pub use listener::{TellDestinations, tell_late};
pub use mail::{MailSettingsError, Mailer};
pub use send::PATIENCE;
pub use tries::clockwork;

use crate::{
    error::AppError,
    model::{
        audit::{AuditAction, Subject, SubjectKind},
        ids::{DeliveryId, DestinationId},
        listing::Listing,
        outgoing::{DELIVERIES_A_PAGE, Delivery, OutgoingKind, OutgoingPage},
    },
    server::{
        audit::Deed,
        clock::Clock,
        db::{
            Db, DbResult, Tx,
            members::Membership,
            outgoing_deliveries::{self, NewDelivery},
            outgoing_destinations,
            scope::TenantScope,
        },
        error::ServiceError,
        net::{OutboundPolicy, http_client},
        secrets::SecretBox,
    },
};

/// What the operator of the server says of sending.
#[derive(Clone)]
pub struct OutgoingSettings {
    pub policy: OutboundPolicy,
    /// Absent where no SMTP server is set up.
    pub mail: Option<Mailer>,
    /// The address people use, for links.
    pub public_url: Option<Url>,
}

/// The destinations of all tenants. Cheap to clone.
#[derive(Clone)]
pub struct Outgoing {
    inner: Arc<Inner>,
}

struct Inner {
    db: Db,
    clock: Clock,
    secrets: SecretBox,
    settings: OutgoingSettings,
    /// How long one try may take.
    patience: Duration,
    http: OnceLock<reqwest::Client>,
    in_flight: InFlight,
}

/// Under which name the secrets of a destination are sealed.
fn owner(destination: DestinationId) -> String {
    format!("destination {destination}")
}

fn destination(id: DestinationId, name: &str) -> Subject {
    Subject::new(SubjectKind::Destination, id, name)
}

fn internal(error: impl std::fmt::Display) -> ServiceError {
    ServiceError::Internal(error.to_string())
}

impl Outgoing {
    /// Without mail, and only to public addresses.
    pub fn new(db: Db, clock: Clock, secrets: SecretBox) -> Self {
        let policy = OutboundPolicy { allow_private: false };
        let settings = OutgoingSettings { policy, mail: None, public_url: None };
        Self::of(Inner {
            db,
            clock,
            secrets,
            settings,
            patience: PATIENCE,
            http: OnceLock::new(),
            in_flight: InFlight::default(),
        })
    }

    fn of(inner: Inner) -> Self {
        Self { inner: Arc::new(inner) }
    }

    /// The same as this operator wants it.
    pub fn with(&self, settings: OutgoingSettings) -> Self {
        Self::of(Inner { settings, ..self.anew() })
    }

    /// The same with another time that one try may take.
    pub fn with_patience(&self, patience: Duration) -> Self {
        Self::of(Inner { patience, ..self.anew() })
    }

    fn anew(&self) -> Inner {
        let Inner { db, clock, secrets, settings, patience, .. } = &*self.inner;
        Inner {
            db: db.clone(),
            clock: clock.clone(),
            secrets: secrets.clone(),
            settings: settings.clone(),
            patience: *patience,
            http: OnceLock::new(),
            in_flight: InFlight::default(),
        }
    }

    /// Made when it is first needed: it reads the machine's certificates.
    fn http(&self) -> reqwest::Result<&reqwest::Client> {
        match self.inner.http.get() {
            Some(client) => Ok(client),
            None => {
                let client = http_client(self.inner.settings.policy)?;
                Ok(self.inner.http.get_or_init(|| client))
            }
        }
    }

    /// The tenant's page. A place in the log that does not exist shows the newest, with a note.
    pub async fn page(&self, scope: TenantScope, after: Option<&str>) -> Result<OutgoingPage, ServiceError> {
        let after = after.filter(|text| !text.is_empty()).map(str::parse::<DeliveryId>);
        let note = matches!(after, Some(Err(_))).then(|| {
            "The place in the log that this address names does not exist; these are the newest deliveries.".to_owned()
        });
        let (db, limit) = (&self.inner.db, DELIVERIES_A_PAGE as i64 + 1);
        let mut items = outgoing_deliveries::list(db, scope, after.and_then(Result::ok), limit).await?;
        let more = items.len() > DELIVERIES_A_PAGE;
        items.truncate(DELIVERIES_A_PAGE);
        let next = items.last().filter(|_| more).map(|last| last.id.to_string());
        Ok(OutgoingPage {
            destinations: outgoing_destinations::list(db, scope).await?,
            deliveries: Listing { items, next, note },
            told: None,
            email: self.inner.settings.mail.is_some(),
        })
    }

    /// Sends a test at once, once, and gives what came of it.
    pub async fn test(&self, member: &Membership, id: DestinationId) -> Result<Delivery, ServiceError> {
        let (inner, scope) = (&self.inner, member.scope());
        let (at, delivery) = (inner.clock.now(), DeliveryId(inner.clock.new_id()));
        let mut tx = inner.db.begin().await?;
        let to = outgoing_destinations::one(&mut tx, scope, id).await?;
        let to = to.ok_or_else(|| AppError::not_found("This destination"))?;
        let payload = listener::payload(&event::OutgoingEvent::test(&to.slug, &to.tenant_name, at))?;
        let subject = format!("test {delivery}");
        let new = NewDelivery {
            id: delivery,
            tenant: scope.tenant(),
            destination: id,
            event: OutgoingKind::Test,
            run: None,
            subject: Some(&subject),
            payload: &payload,
            at,
        };
        outgoing_deliveries::insert(&mut tx, &new).await?;
        let deed = Deed::new(member, AuditAction::DestinationTested);
        let name = outgoing_destinations::name(&mut tx, scope, id).await?.unwrap_or_default();
        self.note(&mut tx, member, deed, destination(id, &name)).await?;
        tx.commit().await?;
        self.try_now(scope, delivery).await
    }

    /// Sends a delivery again at once, under its own id; when that fails, all of its tries begin anew.
    pub async fn redeliver(&self, member: &Membership, id: DeliveryId) -> Result<Delivery, ServiceError> {
        let mut tx = self.inner.db.begin().await?;
        if outgoing_destinations::takes(&mut tx, member.scope(), id).await? == Some(false) {
            let words = "The destination is switched off. Switch it on before you send it anything again.";
            return Err(AppError::Conflict { message: words.to_owned() }.into());
        }
        if !outgoing_deliveries::again(&mut tx, member.scope(), id, self.inner.clock.now()).await? {
            return Err(AppError::not_found("This delivery").into());
        }
        let deed = Deed::new(member, AuditAction::DeliveryRepeated);
        self.note(&mut tx, member, deed, Subject::new(SubjectKind::Delivery, id, "A delivery")).await?;
        tx.commit().await?;
        self.try_now(member.scope(), id).await
    }

    /// Writes down in the audit log what a member does.
    async fn note(&self, tx: &mut Tx, member: &Membership, deed: Deed, subject: Subject) -> DbResult<()> {
        deed.done_to(subject, tx, &self.inner.clock, member.scope()).await
    }

    async fn try_now(&self, scope: TenantScope, id: DeliveryId) -> Result<Delivery, ServiceError> {
        let mut tx = self.inner.db.begin().await?;
        let due = outgoing_deliveries::waiting(&mut tx, scope, id).await?;
        tx.commit().await?;
        if let Some(due) = due {
            self.attempt(&due).await?;
        }
        let found = outgoing_deliveries::find(&self.inner.db, scope, id).await?;
        Ok(found.ok_or_else(|| AppError::not_found("This delivery"))?)
    }
}
