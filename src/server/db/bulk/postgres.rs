//! PostgreSQL: COPY in its text form.

use std::fmt::{Display, Write};

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgConnection;

use super::{EVENT_COLUMNS, RUN_COLUMNS, SeededRun};
use crate::server::db::DbResult;

pub(super) async fn copy(connection: &mut PgConnection, runs: &[SeededRun]) -> DbResult<()> {
    let mut rows = Rows::default();
    for SeededRun { full, .. } in runs {
        let run = &full.run;
        rows.plain(run.id).plain(run.tenant_id).plain(run.operation_type).plain(&full.run_identity_hash);
        rows.plain(run.status).optional(run.outcome).optional(run.initiator.user_id).text(&run.initiator.name);
        rows.plain(run.attempt).json(&run.summary_counts)?.json(&full.failures)?.json(&full.context)?;
        rows.plain(run.joined_count).plain(run.sample).time(run.heartbeat_at).time(Some(run.created_at));
        rows.time(run.started_at).time(run.completed_at).time(Some(run.updated_at));
        let request = run.cancel_requested.as_ref();
        rows.time(request.map(|request| request.at)).optional_text(request.map(|request| request.by.as_str())).end();
    }
    rows.send(connection, "operation_runs", RUN_COLUMNS).await?;
    for run in runs {
        for (id, line) in &run.events {
            rows.plain(id).plain(run.full.run.id).plain(line.kind).time(Some(line.at));
            rows.text(&line.actor).plain(line.attempt).json(&line.detail)?.end();
        }
    }
    rows.send(connection, "operation_run_events", EVENT_COLUMNS).await
}

/// Rows in COPY's text form: columns part by tabs, rows by line ends, both and the backslash escaped.
#[derive(Default)]
struct Rows {
    text: String,
}

impl Rows {
    /// A value whose text needs no escape.
    fn plain(&mut self, value: impl Display) -> &mut Self {
        let _ = write!(self.text, "{value}\t");
        self
    }

    fn optional(&mut self, value: Option<impl Display>) -> &mut Self {
        match value {
            Some(value) => self.plain(value),
            None => self.plain("\\N"),
        }
    }

    fn time(&mut self, value: Option<DateTime<Utc>>) -> &mut Self {
        self.optional(value.map(|at| at.format("%Y-%m-%dT%H:%M:%S%.6fZ")))
    }

    fn text(&mut self, value: &str) -> &mut Self {
        for letter in value.chars() {
            match letter {
                '\\' => self.text.push_str("\\\\"),
                '\t' => self.text.push_str("\\t"),
                '\n' => self.text.push_str("\\n"),
                '\r' => self.text.push_str("\\r"),
                other => self.text.push(other),
            }
        }
        self.text.push('\t');
        self
    }

    fn optional_text(&mut self, value: Option<&str>) -> &mut Self {
        match value {
            Some(value) => self.text(value),
            None => self.plain("\\N"),
        }
    }

    fn json(&mut self, value: &impl Serialize) -> DbResult<&mut Self> {
        let text = serde_json::to_string(value).map_err(|error| sqlx::Error::Encode(Box::new(error)))?;
        Ok(self.text(&text))
    }

    fn end(&mut self) {
        // In the place of the last column's tab.
        self.text.pop();
        self.text.push('\n');
    }

    /// Sends the rows into the table, and is empty again.
    async fn send(&mut self, connection: &mut PgConnection, table: &str, columns: &str) -> DbResult<()> {
        let mut copy = connection.copy_in_raw(&format!("COPY {table} ({columns}) FROM STDIN")).await?;
        copy.send(self.text.as_bytes()).await?;
        self.text.clear();
        copy.finish().await.map(|_| ())
    }
}
