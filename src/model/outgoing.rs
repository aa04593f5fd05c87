//! Where the notifications of a tenant go beyond Runledger: destinations, and the log of what was sent.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    ids::{DeliveryId, DestinationId, RunId},
    listing::Listing,
};
use crate::text_enum;

text_enum! {
    /// What takes a notification.
    DestinationKind, "kind of destination" {
        Webhook = "webhook",
        Slack = "slack",
        Email = "email",
    }
}

impl DestinationKind {
    pub const fn label(self) -> &'static str {
        match self {
            Self::Webhook => "Webhook",
            Self::Slack => "Slack",
            Self::Email => "E-mail",
        }
    }
}

text_enum! {
    /// What a delivery tells, by the name that webhooks get.
    OutgoingKind, "event" {
        RunFailed = "run.failed",
        RunPartiallySucceeded = "run.partially_succeeded",
        ScheduleLate = "schedule.late",
        Test = "test",
    }
}

impl OutgoingKind {
    pub const fn label(self) -> &'static str {
        match self {
            Self::RunFailed => "Run failed",
            Self::RunPartiallySucceeded => "Run partially succeeded",
            Self::ScheduleLate => "Schedule late",
            Self::Test => "Test",
        }
    }
}

text_enum! {
    /// How a delivery stands.
    DeliveryState, "state of a delivery" {
        Waiting = "waiting",
        Delivered = "delivered",
        GivenUp = "given_up",
    }
}

/// What somebody wants of a new destination, as the form has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DestinationDraft {
    pub kind: DestinationKind,
    pub name: String,
    pub address: String,
    pub on_failed: bool,
    pub on_partial: bool,
    pub on_late: bool,
}

impl Default for DestinationDraft {
    fn default() -> Self {
        Self {
            kind: DestinationKind::Webhook,
            name: String::new(),
            address: String::new(),
            on_failed: true,
            on_partial: true,
            on_late: true,
        }
    }
}

/// What somebody wants to change of a destination, as the form has it; without an address it keeps its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DestinationChange {
    pub name: String,
    pub address: String,
    pub on_failed: bool,
    pub on_partial: bool,
    pub on_late: bool,
}

/// A destination as people see it: without its secret, and of its address only what is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(sqlx::FromRow))]
pub struct Destination {
    pub id: DestinationId,
    pub kind: DestinationKind,
    pub name: String,
    pub shown_address: String,
    pub on_failed: bool,
    pub on_partial: bool,
    pub on_late: bool,
    pub enabled: bool,
    pub created_at: DateTime<Utc>,
    pub created_by_name: String,
}

impl Destination {
    /// What it is told, in words.
    pub fn events(&self) -> String {
        let all = [(self.on_failed, "failed"), (self.on_partial, "partially succeeded"), (self.on_late, "late")];
        all.into_iter().filter(|(on, _)| *on).map(|(_, word)| word).collect::<Vec<_>>().join(", ")
    }
}

/// One line of the delivery log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(sqlx::FromRow))]
pub struct Delivery {
    pub id: DeliveryId,
    pub destination_name: String,
    pub kind: DestinationKind,
    pub event: OutgoingKind,
    pub run_id: Option<RunId>,
    pub state: DeliveryState,
    pub tries: i32,
    pub next_try_at: Option<DateTime<Utc>>,
    pub last_try_at: Option<DateTime<Utc>>,
    /// What the receiver answered: a status of HTTP or of SMTP.
    pub status_code: Option<i32>,
    pub error: Option<String>,
    pub created_at: DateTime<Utc>,
}

/// How many deliveries a page of the log holds.
pub const DELIVERIES_A_PAGE: usize = 50;

/// A destination that was just made. The secret is told this once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddedDestination {
    pub id: DestinationId,
    pub secret: Option<String>,
}

/// What came of a form of the page, told once on the page that follows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutgoingTold {
    /// It worked.
    Done(String),
    /// It did not.
    Failed(String),
    /// A webhook was made, with this secret.
    Secret { name: String, secret: String },
    /// What was typed makes no sense.
    Refused { draft: DestinationDraft, error: String },
}

/// The page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutgoingPage {
    pub destinations: Vec<Destination>,
    pub deliveries: Listing<Delivery>,
    pub told: Option<OutgoingTold>,
    /// Whether the operator of the server has set e-mail up.
    pub email: bool,
}

impl DestinationDraft {
    /// What the page tells once this was sent.
    pub fn told<E: std::fmt::Display>(self, added: Result<&AddedDestination, &E>) -> OutgoingTold {
        match added {
            Err(error) => {
                // It travels in a cookie, which holds only so much.
                let draft = Self {
                    name: self.name.chars().take(200).collect(),
                    address: self.address.chars().take(1_000).collect(),
                    ..self
                };
                OutgoingTold::Refused { draft, error: error.to_string() }
            }
            Ok(AddedDestination { secret: Some(secret), .. }) => {
                OutgoingTold::Secret { name: self.name.trim().to_owned(), secret: secret.clone() }
            }
            Ok(_) => OutgoingTold::Done("The destination was added. Send a test to see whether it works.".to_owned()),
        }
    }
}

impl OutgoingTold {
    pub fn of<E: std::fmt::Display>(done: Result<&str, &E>) -> Self {
        match done {
            Ok(words) => Self::Done(words.to_owned()),
            Err(error) => Self::Failed(error.to_string()),
        }
    }

    pub fn of_delivery<E: std::fmt::Display>(done: Result<&Delivery, &E>) -> Self {
        match done {
            Err(error) => Self::Failed(error.to_string()),
            Ok(Delivery { state: DeliveryState::Delivered, .. }) => Self::Done("It was delivered.".to_owned()),
            Ok(delivery) => {
                let why = delivery.error.as_deref().unwrap_or_default();
                Self::Failed(format!("It was not delivered. {why}").trim_end().to_owned())
            }
        }
    }
}
