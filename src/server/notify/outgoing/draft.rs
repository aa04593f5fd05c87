//! Whether a new destination makes sense, and what people see of its address.

use url::Url;

use super::{OutgoingSettings, mail};
use crate::{
    model::outgoing::{DestinationChange, DestinationDraft, DestinationKind},
    server::net::{OutboundPolicy, Refused, is_private},
};

const LONGEST_NAME: usize = 60;
const LONGEST_ADDRESS: usize = 1_000;

/// A destination that makes sense.
pub struct Checked {
    pub name: String,
    pub place: Place,
}

/// The same of a change; without a place the destination keeps its own.
pub struct CheckedChange {
    pub name: String,
    pub address: Option<Place>,
}

/// An address, and what people see of it.
pub struct Place {
    pub address: String,
    pub shown: String,
}

/// # Errors
/// A sentence that says what is wrong.
pub async fn check(draft: &DestinationDraft, settings: &OutgoingSettings) -> Result<Checked, String> {
    let name = name(&draft.name)?;
    events([draft.on_failed, draft.on_partial, draft.on_late])?;
    Ok(Checked { name, place: place(draft.kind, draft.address.trim(), settings).await? })
}

/// # Errors
/// A sentence that says what is wrong.
pub async fn check_change(
    kind: DestinationKind,
    change: &DestinationChange,
    settings: &OutgoingSettings,
) -> Result<CheckedChange, String> {
    let name = name(&change.name)?;
    events([change.on_failed, change.on_partial, change.on_late])?;
    let address = match change.address.trim() {
        "" => None,
        address => Some(place(kind, address, settings).await?),
    };
    Ok(CheckedChange { name, address })
}

fn name(text: &str) -> Result<String, String> {
    let name = text.trim();
    if name.is_empty() || name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
        return Err(format!("Give the destination a name of at most {LONGEST_NAME} characters."));
    }
    Ok(name.to_owned())
}

fn events(wanted: [bool; 3]) -> Result<(), String> {
    match wanted.contains(&true) {
        true => Ok(()),
        false => Err("Choose at least one thing that the destination is told.".to_owned()),
    }
}

async fn place(kind: DestinationKind, address: &str, settings: &OutgoingSettings) -> Result<Place, String> {
    if address.len() > LONGEST_ADDRESS {
        return Err(format!("The address is longer than {LONGEST_ADDRESS} characters."));
    }
    let shown = match kind {
        DestinationKind::Email if settings.mail.is_none() => {
            return Err("E-mail is not set up on this server. Ask its operator, or choose another kind.".to_owned());
        }
        DestinationKind::Email if mail::is_address(address) => address.to_owned(),
        DestinationKind::Email => return Err("Write one mail address, such as operations@example.com.".to_owned()),
        // Of many services the rest of the address is all that one needs to know.
        DestinationKind::Slack | DestinationKind::Webhook => host(&web_address(address, settings.policy).await?),
    };
    Ok(Place { address: address.to_owned(), shown })
}

fn host(url: &Url) -> String {
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}{port}", url.host_str().unwrap_or_default())
}

/// An address that may be called, as far as its name tells now; it is looked at again when something is sent.
async fn web_address(text: &str, policy: OutboundPolicy) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|_| "Write a whole address, such as https://example.com/hook.".to_owned())?;
    policy.check(&url).map_err(|refused| sentence(refused, policy))?;
    let name = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    let port = url.port_or_known_default().unwrap_or(443);
    // A name that is not known yet may be known by the time something is sent.
    if !policy.allow_private
        && let Ok(mut found) = tokio::net::lookup_host((name, port)).await
        && found.any(|address| is_private(address.ip()))
    {
        return Err(sentence(Refused::Private, policy));
    }
    Ok(url)
}

fn sentence(refused: Refused, policy: OutboundPolicy) -> String {
    match refused {
        Refused::Scheme if policy.allow_private => "The address must begin with https:// or http://.".to_owned(),
        Refused::Scheme => "The address must begin with https://.".to_owned(),
        Refused::NoHost => "The address names no server.".to_owned(),
        Refused::Credentials => "The address holds a user name or a password. Write it without them.".to_owned(),
        Refused::Private => {
            "The address leads to this machine or a private network, which the operator of this server does not allow. \
             Use a public address, or ask the operator."
                .to_owned()
        }
    }
}
