//! What the audit log of Contoso says, as a page reads it.

use chrono::TimeDelta;
use reqwest::{Method, StatusCode};
use runledger::model::audit::{AuditAction, AuditEntry};
use serde_json::Value;

use super::{TestApp, web::Visitor};

pub const TENANT: (&str, &str) = ("tenant", "contoso");

/// The newest entries that this form lets through.
pub async fn entries(who: &Visitor, form: &[(&str, &str)]) -> Vec<AuditEntry> {
    let (status, page) = who.ask("audit/list", &[&[TENANT], form].concat()).await;
    assert_eq!(status, StatusCode::OK, "{page}");
    serde_json::from_value(page["entries"]["items"].clone()).unwrap()
}

/// Somebody who acts, and what the log said before.
pub struct Log<'a> {
    pub app: &'a TestApp,
    pub who: &'a Visitor,
    pub before: usize,
}

impl Log<'_> {
    /// The one entry that came since: of this person, now, from here, of this action.
    pub async fn one(&mut self, name: &str, action: AuditAction) -> AuditEntry {
        let all = entries(self.who, &[]).await;
        assert_eq!(all.len(), self.before + 1, "{action}: {all:#?}");
        self.before = all.len();
        let newest = all.into_iter().next().unwrap();
        assert_eq!((newest.action, newest.actor_name.as_str()), (action, name));
        assert!(newest.actor_user_id.is_some());
        assert_eq!((newest.actor_address.as_deref(), newest.at), (Some("127.0.0.1"), self.app.core.clock.now()));
        self.app.advance(TimeDelta::minutes(1));
        newest
    }

    pub async fn none(&self) {
        assert_eq!(entries(self.who, &[]).await.len(), self.before);
    }
}

/// Asks for a change, which is granted.
pub async fn ok(who: &Visitor, function: &str, form: &[(&str, &str)]) -> Value {
    let answer = who.request(Method::POST, &format!("/api/{function}")).header("x-forwarded-for", "203.0.113.9");
    let answer = answer.form(&[&[TENANT], form].concat()).send().await.unwrap();
    let (status, text) = (answer.status(), answer.text().await.unwrap());
    assert!(status.is_success() || status.is_redirection(), "{function}: {status} {text}");
    serde_json::from_str(&text).unwrap_or(Value::Null)
}
