//! Downloads: the list as it is filtered as CSV and NDJSON, of any length, and one run as JSON.
//!
//! The list is read in batches, each a statement of its own, and only as fast as the browser takes it: nothing is held
//! meanwhile, and a browser that goes away ends it.

use axum::{
    body::{Body, Bytes},
    extract::{Path, RawQuery, State},
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use futures::{Stream, stream};
use tracing::warn;

use super::{
    auth::request::member_of, error::ServiceError, router::error_response, runs::list::RunBatches, state::AppState,
};
use crate::{
    error::AppError,
    model::{filter::RunFilter, ids::RunId, run::Run, table},
};

/// Runs of one batch.
const BATCH: usize = 500;

/// How a list is written.
struct Format {
    ending: &'static str,
    content_type: &'static str,
    head: fn() -> String,
    line: fn(&Run) -> String,
}

const CSV: Format =
    Format { ending: "csv", content_type: "text/csv; charset=utf-8", head: table::head, line: table::line };

const NDJSON: Format =
    Format { ending: "ndjson", content_type: "application/x-ndjson", head: String::new, line: json_line };

fn json_line(run: &Run) -> String {
    // Plain data: it has no map whose keys are not text, so it is always JSON.
    serde_json::to_string(run).unwrap_or_default() + "\n"
}

/// `GET /t/{tenant}/operations/export.csv`
pub async fn csv(state: State<AppState>, tenant: Path<String>, query: RawQuery, headers: HeaderMap) -> Response {
    list(state, tenant, query, &headers, &CSV).await
}

/// `GET /t/{tenant}/operations/export.ndjson`
pub async fn ndjson(state: State<AppState>, tenant: Path<String>, query: RawQuery, headers: HeaderMap) -> Response {
    list(state, tenant, query, &headers, &NDJSON).await
}

async fn list(
    State(state): State<AppState>,
    Path(tenant): Path<String>,
    RawQuery(query): RawQuery,
    headers: &HeaderMap,
    format: &'static Format,
) -> Response {
    let begun = async {
        let member = member_of(&state, headers, &tenant).await?;
        let (filter, note) = RunFilter::parse(&query.unwrap_or_default());
        // A page can tell what it ignored. A file cannot, and would hold more than was asked for.
        if let Some(note) = note.text() {
            return Err(ServiceError::from(AppError::invalid(format!("Nothing was exported. {note}"))));
        }
        let mut batches = state.runs.batches(member.scope(), &filter, Some(member.user_id())).await?;
        // Read before anything is sent: an error still has a status of its own.
        let first = batches.next(BATCH).await?;
        Ok((first, batches))
    };
    match begun.await {
        Err(error) => error_response(&AppError::from(error)),
        Ok((first, batches)) => {
            let day = state.runs.clock().now().format("%Y-%m-%d");
            let name = format!("runledger-{tenant}-operations-{day}.{}", format.ending);
            let end = state.stopping.clone().cancelled_owned();
            let body = Body::from_stream(futures::StreamExt::take_until(written(first, batches, format), end));
            (attachment(&name, format.content_type), body).into_response()
        }
    }
}

/// The list as bytes, a batch at a time. An error breaks the download off, so that nobody takes the part for the whole.
fn written(
    first: Vec<Run>,
    batches: RunBatches,
    format: &'static Format,
) -> impl Stream<Item = Result<Bytes, sqlx::Error>> {
    let head = (format.head)();
    stream::try_unfold((Some(head), Some(first), batches), move |(head, read, mut batches)| async move {
        let runs = match read {
            Some(runs) => runs,
            None => batches.next(BATCH).await.inspect_err(|error| warn!(%error, "an export was broken off"))?,
        };
        if runs.is_empty() && head.is_none() {
            return Ok(None);
        }
        let mut text = head.unwrap_or_default();
        runs.iter().for_each(|run| text.push_str(&(format.line)(run)));
        Ok(Some((Bytes::from(text), (None, None, batches))))
    })
}

/// `GET /t/{tenant}/operations/{run}/export.json`
pub async fn run(
    State(state): State<AppState>,
    Path((tenant, run)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let found = async {
        let member = member_of(&state, &headers, &tenant).await?;
        let id: RunId = run.parse().map_err(|_| AppError::not_found("This run"))?;
        let detail = state.runs.detail(member.scope(), id).await?.ok_or_else(|| AppError::not_found("This run"))?;
        let json = serde_json::to_vec_pretty(&detail).map_err(|error| ServiceError::Internal(error.to_string()))?;
        Ok::<_, ServiceError>((attachment(&format!("runledger-run-{id}.json"), "application/json"), json))
    };
    match found.await {
        Err(error) => error_response(&AppError::from(error)),
        Ok(answer) => answer.into_response(),
    }
}

/// The headers of a file to keep. Names are made of a tenant's slug, ids and days: nothing in them needs an escape.
fn attachment(name: &str, content_type: &'static str) -> [(header::HeaderName, String); 2] {
    [
        (header::CONTENT_TYPE, content_type.to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ]
}
