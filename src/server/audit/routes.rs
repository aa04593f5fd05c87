//! Downloads of the log as it is filtered: CSV and NDJSON, read in batches, as fast as the browser takes them.

use axum::{
    body::{Body, Bytes},
    extract::{Path, Query, State},
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use futures::{Stream, StreamExt, stream};
use tracing::warn;

use super::page::parse;
use crate::{
    error::AppError,
    model::{
        audit::{AuditAsked, AuditEntry},
        audit_table,
    },
    server::{
        auth::request::member_of,
        db::{
            Db,
            audit::{self, AuditQuery},
            scope::TenantScope,
        },
        error::ServiceError,
        router::error_response,
        state::AppState,
    },
};

/// Entries of one batch.
const BATCH: i64 = 500;

/// How the log is written.
struct Format {
    ending: &'static str,
    content_type: &'static str,
    head: fn() -> String,
    line: fn(&AuditEntry) -> String,
}

const CSV: Format =
    Format { ending: "csv", content_type: "text/csv; charset=utf-8", head: audit_table::head, line: audit_table::line };

const NDJSON: Format =
    Format { ending: "ndjson", content_type: "application/x-ndjson", head: String::new, line: json_line };

fn json_line(entry: &AuditEntry) -> String {
    // Plain data: it has no map whose keys are not text, so it is always JSON.
    serde_json::to_string(entry).unwrap_or_default() + "\n"
}

/// `GET /t/{tenant}/audit/export.csv`
pub async fn csv(
    state: State<AppState>,
    tenant: Path<String>,
    asked: Query<AuditAsked>,
    headers: HeaderMap,
) -> Response {
    list(state, tenant, asked, &headers, &CSV).await
}

/// `GET /t/{tenant}/audit/export.ndjson`
pub async fn ndjson(
    state: State<AppState>,
    tenant: Path<String>,
    asked: Query<AuditAsked>,
    headers: HeaderMap,
) -> Response {
    list(state, tenant, asked, &headers, &NDJSON).await
}

async fn list(
    State(state): State<AppState>,
    Path(tenant): Path<String>,
    Query(asked): Query<AuditAsked>,
    headers: &HeaderMap,
    format: &'static Format,
) -> Response {
    let begun = async {
        let member = member_of(&state, headers, &tenant).await?;
        let (query, note) = parse(&asked, state.runs.clock().now());
        // A page can tell what it ignored. A file cannot, and would hold more than was asked for.
        if let Some(note) = note {
            return Err(ServiceError::from(AppError::invalid(format!("Nothing was exported. {note}"))));
        }
        // Read before anything is sent: an error still has a status of its own.
        let first = audit::list(state.runs.db(), member.scope(), &query, BATCH).await?;
        Ok((member.scope(), query, first))
    };
    match begun.await {
        Err(error) => error_response(&AppError::from(error)),
        Ok((scope, query, first)) => {
            let day = state.runs.clock().now().format("%Y-%m-%d");
            let name = format!("runledger-{tenant}-audit-{day}.{}", format.ending);
            let bytes = written(state.runs.db().clone(), scope, query, first, format);
            let body = Body::from_stream(bytes.take_until(state.stopping.clone().cancelled_owned()));
            let disposition = format!("attachment; filename=\"{name}\"");
            let headers =
                [(header::CONTENT_TYPE, format.content_type.to_owned()), (header::CONTENT_DISPOSITION, disposition)];
            (headers, body).into_response()
        }
    }
}

/// The entries as bytes, a batch at a time. An error breaks the download off, so that nobody takes the part for the whole.
fn written(
    db: Db,
    scope: TenantScope,
    query: AuditQuery,
    first: Vec<AuditEntry>,
    format: &'static Format,
) -> impl Stream<Item = Result<Bytes, sqlx::Error>> {
    let begin = (Some((format.head)()), Some(first), query);
    stream::try_unfold(begin, move |(head, read, mut query)| {
        let db = db.clone();
        async move {
            let entries = match read {
                Some(entries) => entries,
                None => audit::list(&db, scope, &query, BATCH)
                    .await
                    .inspect_err(|error| warn!(%error, "an export was broken off"))?,
            };
            let Some(last) = entries.last() else {
                return Ok(head.filter(|head| !head.is_empty()).map(|head| (Bytes::from(head), (None, None, query))));
            };
            query.before(last.id);
            let mut text = head.unwrap_or_default();
            entries.iter().for_each(|entry| text.push_str(&(format.line)(entry)));
            Ok(Some((Bytes::from(text), (None, None, query))))
        }
    })
}
