//! What a destination is told: written with the change, shaped for each kind of destination when it is sent.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::model::{
    ids::RunId,
    operation::OperationType,
    outgoing::OutgoingKind,
    run::{Run, SummaryCounts},
};

/// The body of a webhook, as Standard Webhooks propose it: what, when, and the thing itself.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct OutgoingEvent {
    #[serde(rename = "type")]
    pub kind: OutgoingKind,
    pub timestamp: DateTime<Utc>,
    pub data: EventData,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EventData {
    /// The tenant's name in addresses.
    pub tenant: String,
    pub tenant_name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation_type: Option<OperationType>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_id: Option<RunId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub initiator: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<DateTime<Utc>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completed_at: Option<DateTime<Utc>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts: Option<SummaryCounts>,
    /// Since when a late schedule has not succeeded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub late_since: Option<DateTime<Utc>>,
    /// Where it is in Runledger.
    pub path: String,
    /// The same with the server's own address, where the operator has told it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<Url>,
}

impl OutgoingEvent {
    pub fn of_run(kind: OutgoingKind, run: &Run, slug: &str, tenant_name: &str, at: DateTime<Utc>) -> Self {
        let data = EventData {
            operation_type: Some(run.operation_type),
            run_id: Some(run.id),
            initiator: Some(run.initiator.name.clone()),
            started_at: run.started_at,
            completed_at: run.completed_at,
            counts: Some(run.summary_counts.clone()),
            path: format!("/t/{slug}/operations/{}", run.id),
            ..EventData::of(slug, tenant_name, "operations")
        };
        Self { kind, timestamp: at, data }
    }

    pub fn late(
        operation_type: OperationType,
        since: DateTime<Utc>,
        slug: &str,
        tenant_name: &str,
        at: DateTime<Utc>,
    ) -> Self {
        let data = EventData {
            operation_type: Some(operation_type),
            late_since: Some(since),
            ..EventData::of(slug, tenant_name, "schedules")
        };
        Self { kind: OutgoingKind::ScheduleLate, timestamp: at, data }
    }

    pub fn test(slug: &str, tenant_name: &str, at: DateTime<Utc>) -> Self {
        let data = EventData::of(slug, tenant_name, "notifications/outgoing");
        Self { kind: OutgoingKind::Test, timestamp: at, data }
    }

    /// With the full address, where the server knows its own.
    pub fn at(mut self, public: Option<&Url>) -> Self {
        self.data.url = public.and_then(|public| public.join(&self.data.path).ok());
        self
    }

    /// In one short line: "Inventory sync failed".
    pub fn title(&self) -> String {
        let what = self.data.operation_type.map_or("Runledger", OperationType::label);
        match self.kind {
            OutgoingKind::RunFailed => format!("{what} failed"),
            OutgoingKind::RunPartiallySucceeded => format!("{what} partially succeeded"),
            OutgoingKind::ScheduleLate => format!("{what} is late"),
            OutgoingKind::Test => "Test of a Runledger destination".to_owned(),
        }
    }

    /// More of it, a line each.
    pub fn lines(&self) -> Vec<String> {
        let data = &self.data;
        let mut lines = vec![format!("Tenant: {}", data.tenant_name)];
        if let Some(counts) = &data.counts {
            lines.push(format!("Items: {}, of which {} failed", counts.processed, counts.failed));
        }
        if let Some(who) = &data.initiator {
            lines.push(format!("Started by: {who}"));
        }
        if let Some(since) = data.late_since {
            lines.push(format!("Without success since: {} UTC", since.format("%Y-%m-%d %H:%M")));
        }
        if self.kind == OutgoingKind::Test {
            lines.push("Somebody asked Runledger for this test. Nothing has happened.".to_owned());
        }
        lines
    }

    /// For Slack and what speaks its language, where these three signs are markup.
    pub fn slack_text(&self) -> String {
        let escape = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let mut text = format!("*{}*", escape(&self.title()));
        for line in self.lines() {
            text.push('\n');
            text.push_str(&escape(&line));
        }
        if let Some(url) = &self.data.url {
            text.push_str(&format!("\n<{url}|View in Runledger>"));
        }
        text
    }

    pub fn mail_text(&self) -> String {
        let mut text = format!("{}.\n\n{}\n", self.title(), self.lines().join("\n"));
        if let Some(url) = &self.data.url {
            text.push_str(&format!("\n{url}\n"));
        }
        text.push_str("\nWhere Runledger sends its notifications is set by the owners and managers of the tenant.\n");
        text
    }
}

impl EventData {
    fn of(slug: &str, tenant_name: &str, page: &str) -> Self {
        Self {
            tenant: slug.to_owned(),
            tenant_name: tenant_name.to_owned(),
            operation_type: None,
            run_id: None,
            initiator: None,
            started_at: None,
            completed_at: None,
            counts: None,
            late_since: None,
            path: format!("/t/{slug}/{page}"),
            url: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_no_markup_in_slack() {
        let event = OutgoingEvent::test("contoso", "<!channel> & Co", DateTime::UNIX_EPOCH);
        let public = Url::parse("https://runledger.example").unwrap();
        let text = event.at(Some(&public)).slack_text();
        assert!(text.contains("&lt;!channel&gt; &amp; Co"), "{text}");
        assert!(text.ends_with("\n<https://runledger.example/t/contoso/notifications/outgoing|View in Runledger>"));
    }
}
