//! E-mail by the operator's SMTP server.

use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};
use lettre::{
    Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{Mailbox, header::ContentType},
};
use tracing::warn;

use super::{event::OutgoingEvent, send::Tried};
use crate::server::redact::detail;

/// Sends mail under one sender's name. Cheap to clone.
#[derive(Clone)]
pub struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

/// Why mail cannot be set up; the address may hold a password and is not repeated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MailSettingsError {
    #[error(
        "RUNLEDGER_SMTP_URL is not the address of an SMTP server; write smtps://user:password@host:465, or \
         smtp://user:password@host:587?tls=required"
    )]
    Url,
    #[error("RUNLEDGER_SMTP_FROM is not a mail address; write Runledger <runledger@example.com>")]
    From,
    #[error("set RUNLEDGER_SMTP_FROM as well: mail needs a sender")]
    NoFrom,
}

impl Mailer {
    pub fn new(url: &str, from: Option<&str>, timeout: Duration) -> Result<Self, MailSettingsError> {
        let from = from.ok_or(MailSettingsError::NoFrom)?.parse().map_err(|_| MailSettingsError::From)?;
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url).map_err(|_| MailSettingsError::Url)?;
        Ok(Self { transport: transport.timeout(Some(timeout)).build(), from })
    }

    /// Sends one mail, whose id is the delivery's: who gets it twice sees it once.
    pub(super) async fn send(&self, to: &str, id: &str, at: DateTime<Utc>, event: &OutgoingEvent) -> Tried {
        let Ok(to) = to.parse::<Address>() else {
            return Tried::failed(None, "The mail address cannot be used. Remove the destination and add it again.");
        };
        let message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(format!("{}: {}", event.data.tenant_name, event.title()))
            .date(SystemTime::from(at))
            .message_id(Some(format!("<{id}@{}>", self.from.email.domain())))
            .header(ContentType::TEXT_PLAIN)
            .body(event.mail_text());
        let Ok(message) = message else {
            return Tried::failed(None, "The mail could not be written.");
        };
        match self.transport.send(message).await {
            Ok(answer) => Tried::Delivered(Some(u16::from(answer.code()))),
            Err(error) => {
                warn!(error = detail(&error), "a mail could not be sent");
                let status = error.status().map(u16::from);
                let why = match status {
                    Some(status) => format!("The mail server refused the mail with status {status}."),
                    None if error.is_timeout() => "The mail server did not answer in time.".to_owned(),
                    None => "The mail server could not be reached.".to_owned(),
                };
                Tried::failed(status, why)
            }
        }
    }
}

/// A plain mail address, and nothing else.
pub fn is_address(text: &str) -> bool {
    text.parse::<Address>().is_ok()
}
