//! The one place that builds an HTTP client, and the rule of where it may go.

use std::{net::IpAddr, sync::Arc, time::Duration};

use reqwest::{
    Url,
    dns::{Addrs, Name, Resolve, Resolving},
    redirect,
};

mod private;

pub use private::is_private;

/// Where outgoing requests may lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutboundPolicy {
    /// Also to this machine and to private networks, and without TLS.
    pub allow_private: bool,
}

/// An address that the policy does not let us call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("the address is not an https address")]
    Scheme,
    #[error("the address has no host")]
    NoHost,
    #[error("the address carries a user name or a password")]
    Credentials,
    #[error("the address leads to this machine or a private network, which this server does not allow")]
    Private,
}

impl OutboundPolicy {
    /// Judges an address as far as it can be judged before its name is looked up; the client's resolver does the rest.
    pub fn check(self, url: &Url) -> Result<(), Refused> {
        match url.scheme() {
            "https" => {}
            "http" if self.allow_private => {}
            _ => return Err(Refused::Scheme),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refused::Credentials);
        }
        // The text of an IPv6 host stands in brackets.
        let host = url.host_str().ok_or(Refused::NoHost)?.trim_matches(['[', ']']);
        match host.parse::<IpAddr>() {
            Ok(address) if !self.allow_private && is_private(address) => Err(Refused::Private),
            _ => Ok(()),
        }
    }
}

/// The client for every outgoing request. It follows no redirect and knows no proxy, so that a request goes
/// where [`OutboundPolicy::check`] saw it go.
#[allow(clippy::disallowed_methods, reason = "the one place that builds an HTTP client")]
pub fn http_client(policy: OutboundPolicy) -> reqwest::Result<reqwest::Client> {
    // Fails only when a provider is there already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = reqwest::Client::builder()
        .user_agent(concat!("runledger/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .no_proxy()
        .gzip(true)
        .connect_timeout(Duration::from_secs(10))
        .timeout(Duration::from_secs(100));
    if policy.allow_private { builder.build() } else { builder.dns_resolver(Arc::new(PublicOnly)).build() }
}

/// The system's resolver without the answers that lead inside. It is asked at connect time, so that a name
/// cannot change its address between the check and the call.
struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let public: Vec<_> = tokio::net::lookup_host((name.as_str(), 0))
                .await?
                .filter(|address| !is_private(address.ip()))
                .collect();
            if public.is_empty() {
                return Err(Refused::Private.into());
            }
            Ok::<Addrs, _>(Box::new(public.into_iter()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(allow_private: bool, url: &str) -> Result<(), Refused> {
        OutboundPolicy { allow_private }.check(&Url::parse(url).unwrap())
    }

    #[test]
    fn without_the_permission_only_public_https_addresses_pass() {
        assert_eq!(check(false, "https://graph.microsoft.com/v1.0"), Ok(()));
        assert_eq!(check(false, "https://20.20.32.1/"), Ok(()));
        assert_eq!(check(false, "http://graph.microsoft.com/"), Err(Refused::Scheme));
        assert_eq!(check(false, "https://127.0.0.1/"), Err(Refused::Private));
        assert_eq!(check(false, "https://[::1]/"), Err(Refused::Private));
        assert_eq!(check(false, "https://[::ffff:10.0.0.1]/"), Err(Refused::Private));
        // Other spellings of 127.0.0.1.
        assert_eq!(check(false, "https://2130706433/"), Err(Refused::Private));
        assert_eq!(check(false, "https://0x7f.1/"), Err(Refused::Private));
    }

    #[test]
    fn with_the_permission_http_and_this_machine_pass_and_nothing_else_does() {
        assert_eq!(check(true, "http://127.0.0.1:3001/graph"), Ok(()));
        assert_eq!(check(true, "ftp://127.0.0.1/"), Err(Refused::Scheme));
        assert_eq!(check(true, "file:///etc/passwd"), Err(Refused::Scheme));
        assert_eq!(check(true, "https://user:word@graph.microsoft.com/"), Err(Refused::Credentials));
    }

    #[tokio::test]
    async fn a_name_that_leads_to_this_machine_is_refused_when_it_is_looked_up() {
        let answer = PublicOnly.resolve("localhost".parse().unwrap()).await;
        let refused = answer.err().and_then(|error| error.downcast::<Refused>().ok());
        assert_eq!(refused.as_deref(), Some(&Refused::Private));
    }
}
