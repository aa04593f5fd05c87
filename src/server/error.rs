//! The one way from a server's error to what a user may see: the cause goes to the log with a reference.

use http::{HeaderValue, StatusCode, header::RETRY_AFTER, request::Parts};
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;
use tracing::{error, info, warn};

use super::{db::rows::is_unknown_type, redact::detail, runs::service::EnsureError};
use crate::error::AppError;

/// Anything that can go wrong while the server answers a person.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// Meant for the person.
    #[error(transparent)]
    Shown(#[from] AppError),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    #[error(transparent)]
    Ensure(#[from] EnsureError),
    #[error("{0}")]
    Internal(String),
}

impl From<ServiceError> for AppError {
    fn from(error: ServiceError) -> Self {
        let database = match &error {
            ServiceError::Shown(shown) => return shown.clone(),
            ServiceError::Database(cause) | ServiceError::Ensure(EnsureError::Database(cause)) => Some(cause),
            ServiceError::Ensure(_) | ServiceError::Internal(_) => None,
        };
        if let Some(cause) = database
            && is_away(cause)
            && !took_too_long(cause)
        {
            warn!(error = %cause, "the database is not available");
            return Self::Unavailable { message: AWAY.to_owned() };
        }
        if database.is_some_and(took_too_long) {
            warn!(path = path(), "a statement took too long");
            return Self::Unavailable { message: TOO_LONG.to_owned() };
        }
        if database.is_some_and(is_unknown_type) {
            let message = "The run is of a type that this version of Runledger does not know. A newer version does it.";
            return Self::Conflict { message: message.to_owned() };
        }
        let reference = reference();
        error!(%reference, error = detail(&error), "request failed");
        Self::Internal { reference }
    }
}

const AWAY: &str = "The database cannot be used right now, so nothing was changed. Try again in a moment; if it stays like \
    this, tell your administrator.";
const TOO_LONG: &str = "The database took too long, so it was given up and nothing was changed. Try again in a moment, or \
    ask for less at once.";

/// Whether a statement was stopped because it took too long, or because nobody waited for it any more.
fn took_too_long(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(cause) => cause.kind() == std::io::ErrorKind::TimedOut,
        // SQLite: 9 interrupted. PostgreSQL: query_canceled.
        sqlx::Error::Database(cause) => cause.code().is_some_and(|code| code == "9" || code == "57014"),
        _ => false,
    }
}

/// Whether the database is gone, full, or does not take writes: nothing that this request could help.
pub fn is_away(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::BeginFailed
        // A connection that is cut in the midst of a message.
        | sqlx::Error::Protocol(_)
        | sqlx::Error::Tls(_) => true,
        // SQLite: 5 busy, 6 locked, 8 read-only, 10 I/O, 13 full, 14 cannot open, with extensions in the upper bits.
        // PostgreSQL: 08 connection, 25006 read-only, 53 resources, 57P shut down.
        sqlx::Error::Database(cause) => cause.code().is_some_and(|code| {
            code.parse::<u32>().is_ok_and(|code| code < 10_000 && matches!(code & 0xff, 5 | 6 | 8 | 10 | 13 | 14))
                || code.starts_with("08")
                || code.starts_with("53")
                || code.starts_with("57P")
                || code == "25006"
        }),
        _ => false,
    }
}

/// Whether the same work may well succeed when it is done again: the database was away, or two got in each other's way.
pub fn is_passing(error: &sqlx::Error) -> bool {
    let passing = |code: &str| matches!(code, "40001" | "40P01" | "55P03" | "57014");
    match error {
        sqlx::Error::Database(cause) => is_away(error) || cause.code().is_some_and(|code| passing(&code)),
        _ => is_away(error),
    }
}

/// Makes an error ready for a user, and sets the status of the answer, be it a page or a server function's.
pub fn shown(error: impl Into<ServiceError>) -> AppError {
    let error = AppError::from(error.into());
    info!(status = error.status(), path = path(), reason = error.title(), "refused");
    if let (Some(response), Ok(status)) = (use_context::<ResponseOptions>(), StatusCode::from_u16(error.status())) {
        response.set_status(status);
        if let AppError::TooMany { seconds } = &error {
            response.insert_header(RETRY_AFTER, HeaderValue::from(*seconds));
        }
    }
    error
}

/// The address that is asked for, without its query.
fn path() -> Option<String> {
    use_context::<Parts>().map(|parts| parts.uri.path().to_owned())
}

/// Short enough to be read out over the telephone.
fn reference() -> String {
    #[allow(clippy::disallowed_methods, reason = "a label for a line in the log; nothing depends on it")]
    let random = uuid::Uuid::new_v4();
    random.simple().to_string().chars().take(8).collect()
}
