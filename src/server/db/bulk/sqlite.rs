//! SQLite: statements of many rows.

use sqlx::{QueryBuilder, Sqlite, SqliteConnection, types::Json};

use super::{EVENT_COLUMNS, RUN_COLUMNS, SeededRun};
use crate::server::db::DbResult;

/// Rows of one statement: of the same number, so that it is prepared once.
const ROWS: usize = 100;

pub(super) async fn insert(connection: &mut SqliteConnection, runs: &[SeededRun]) -> DbResult<()> {
    for some in runs.chunks(ROWS) {
        let mut statement = into("operation_runs", RUN_COLUMNS);
        statement.push_values(some, |mut row, SeededRun { full, .. }| {
            let run = &full.run;
            row.push_bind(run.id)
                .push_bind(run.tenant_id)
                .push_bind(run.operation_type)
                .push_bind(&full.run_identity_hash)
                .push_bind(run.status)
                .push_bind(run.outcome)
                .push_bind(run.initiator.user_id)
                .push_bind(&run.initiator.name)
                .push_bind(run.attempt)
                .push_bind(Json(&run.summary_counts))
                .push_bind(Json(&full.failures))
                .push_bind(Json(&full.context))
                .push_bind(run.joined_count)
                .push_bind(run.sample)
                .push_bind(run.heartbeat_at)
                .push_bind(run.created_at)
                .push_bind(run.started_at)
                .push_bind(run.completed_at)
                .push_bind(run.updated_at)
                .push_bind(run.cancel_requested.as_ref().map(|request| request.at))
                .push_bind(run.cancel_requested.as_ref().map(|request| &request.by));
        });
        statement.build().execute(&mut *connection).await?;
    }
    let events: Vec<_> =
        runs.iter().flat_map(|run| run.events.iter().map(|(id, line)| (id, run.full.run.id, line))).collect();
    for some in events.chunks(ROWS) {
        let mut statement = into("operation_run_events", EVENT_COLUMNS);
        statement.push_values(some, |mut row, (id, run, line)| {
            row.push_bind(*id)
                .push_bind(run)
                .push_bind(line.kind)
                .push_bind(line.at)
                .push_bind(&line.actor)
                .push_bind(line.attempt)
                .push_bind(Json(&line.detail));
        });
        statement.build().execute(&mut *connection).await?;
    }
    Ok(())
}

fn into(table: &str, columns: &str) -> QueryBuilder<Sqlite> {
    let mut statement = QueryBuilder::new("INSERT INTO ");
    statement.push(table).push(" (").push(columns).push(") ");
    statement
}
