//! Whether a new destination makes sense, and what people see of its address.

use url::Url;

use super::{OutgoingSettings, mail};
use crate::{
    model::outgoing::{DestinationDraft, DestinationKind},
    server::net::{OutboundPolicy, Refused, is_private},
};

const LONGEST_NAME: usize = 60;
const LONGEST_ADDRESS: usize = 1_000;

/// A destination that makes sense.
pub struct Checked {
    pub name: String,
    pub address: String,
    pub shown: String,
}

/// # Errors
/// A sentence that says what is wrong.
pub async fn check(draft: &DestinationDraft, settings: &OutgoingSettings) -> Result<Checked, String> {
    let (name, address) = (draft.name.trim(), draft.address.trim());
    if name.is_empty() || name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
        return Err(format!("Give the destination a name of at most {LONGEST_NAME} characters."));
    }
    if !(draft.on_failed || draft.on_partial || draft.on_late) {
        return Err("Choose at least one thing that the destination is told.".to_owned());
    }
    if address.len() > LONGEST_ADDRESS {
        return Err(format!("The address is longer than {LONGEST_ADDRESS} characters."));
    }
    let shown = match draft.kind {
        DestinationKind::Email if settings.mail.is_none() => {
            return Err("E-mail is not set up on this server. Ask its operator, or choose another kind.".to_owned());
        }
        DestinationKind::Email if mail::is_address(address) => address.to_owned(),
        DestinationKind::Email => return Err("Write one mail address, such as operations@example.com.".to_owned()),
        DestinationKind::Slack => host(&web_address(address, settings.policy).await?),
        DestinationKind::Webhook => {
            let url = web_address(address, settings.policy).await?;
            format!("{}{}", host(&url), url.path().trim_end_matches('/'))
        }
    };
    Ok(Checked { name: name.to_owned(), address: address.to_owned(), shown })
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
