//! What can go wrong with Graph, said in a reason code and safe facts. The cause is for the log alone.

use std::{borrow::Cow, error::Error, sync::Arc};

use crate::{
    model::{reason::ReasonCode, run::RunFailure},
    server::{
        net::Refused,
        redact::{detail, redact},
    },
};

/// A request to Graph or to its sign-in service that failed for good.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{}", self.told())]
pub struct GraphError {
    pub reason: ReasonCode,
    pub http_status: Option<u16>,
    /// Graph's own code, or the sign-in service's (`AADSTS...`); never free text.
    pub code: Option<String>,
    /// Microsoft's id of the request, to quote to support.
    pub request_id: Option<String>,
    /// A sentence of ours that says more than the reason does.
    note: Option<Cow<'static, str>>,
    /// May hold what users must not see.
    #[source]
    cause: Option<Arc<dyn Error + Send + Sync>>,
}

impl GraphError {
    pub(super) fn new(reason: ReasonCode) -> Self {
        Self { reason, http_status: None, code: None, request_id: None, note: None, cause: None }
    }

    /// An answer that is not what Graph's documentation promises.
    pub(super) fn incomplete(note: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ReasonCode::IncompleteData).noted(note)
    }

    pub(super) fn noted(mut self, note: impl Into<Cow<'static, str>>) -> Self {
        self.note = Some(note.into());
        self
    }

    pub(super) fn caused(mut self, cause: impl Error + Send + Sync + 'static) -> Self {
        self.cause = Some(Arc::new(cause));
        self
    }

    pub(super) fn answered(mut self, http_status: u16, request_id: Option<String>) -> Self {
        self.http_status = Some(http_status);
        self.request_id = request_id;
        self
    }

    /// The failure as a run records it: the reason's sentence and safe facts, never Graph's own words.
    /// `item` names what it concerned; it is redacted here, since people put addresses into names.
    pub fn failure(&self, item: Option<&str>) -> RunFailure {
        let mut message = self.reason.sentence().to_owned();
        if let Some(note) = &self.note {
            message.push(' ');
            message.push_str(note);
        }
        if let Some(facts) = self.facts() {
            message.push_str(&format!(" ({facts})"));
        }
        RunFailure {
            code: self.reason,
            message: redact(&message),
            item: item.map(redact),
            http_status: self.http_status,
            request_id: self.request_id.clone(),
        }
    }

    /// The chain of causes for the log, redacted.
    pub fn detail(&self) -> String {
        detail(self)
    }

    fn told(&self) -> String {
        let facts = self.facts().map(|facts| format!(" ({facts})")).unwrap_or_default();
        let note = self.note.as_ref().map(|note| format!(": {note}")).unwrap_or_default();
        format!("{}{facts}{note}", self.reason)
    }

    fn facts(&self) -> Option<String> {
        let status = self.http_status.map(|status| format!("HTTP {status}"));
        let facts: Vec<_> = status.into_iter().chain(self.code.clone()).collect();
        (!facts.is_empty()).then(|| facts.join(", "))
    }
}

impl From<Refused> for GraphError {
    fn from(refused: Refused) -> Self {
        let note = match refused {
            Refused::Private => "Its address leads to this machine or a private network, which is not allowed here.",
            Refused::Scheme => "Its address must begin with https.",
            Refused::NoHost => "Its address has no host.",
            Refused::Credentials => "Its address must not hold a user name or a password.",
        };
        Self::new(ReasonCode::Network).noted(note).caused(refused)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("connecting as ada@contoso.example to https://graph.example/v1.0 failed")]
    struct Cause;

    #[test]
    fn a_failure_tells_the_reason_and_safe_facts_and_the_cause_is_for_the_log_alone() {
        let mut error = GraphError::new(ReasonCode::PermissionDenied).answered(403, Some("0eca952c".to_owned()));
        error.code = Some("Authorization_RequestDenied".to_owned());
        let error = error.caused(Cause);
        let failure = error.failure(Some("Policy of ada@contoso.example"));
        assert_eq!(
            failure.message,
            "Microsoft Graph refused access: the app lacks a permission. (HTTP 403, Authorization_RequestDenied)"
        );
        assert_eq!(failure.item.as_deref(), Some("Policy of [address]"));
        assert_eq!(failure.request_id.as_deref(), Some("0eca952c"));
        assert_eq!(
            error.detail(),
            "permission_denied (HTTP 403, Authorization_RequestDenied): connecting as [address] to [url] failed"
        );
    }
}
