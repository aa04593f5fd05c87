//! What a user may see of an error: the few kinds, their HTTP status and their words.

use leptos::{
    prelude::{FromServerFnError, ServerFnErrorErr},
    server_fn::codec::JsonEncoding,
};
use serde::{Deserialize, Serialize};

/// An error as it reaches people and scripts. Every text is safe to show; causes stay in the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum AppError {
    /// 401: nobody is signed in, or the session has ended.
    #[error("You are not signed in. Sign in and try again.")]
    Unauthenticated,
    /// 401: the e-mail address and the password do not belong together.
    #[error("That e-mail address and password do not match. Check both and try again.")]
    WrongCredentials,
    /// 403: signed in, but the role does not allow it.
    #[error("Your role in this tenant does not allow this. Ask an owner if you need it.")]
    Forbidden,
    /// 404: it does not exist, or not for this user.
    #[error("{what} does not exist, or you have no access to it.")]
    NotFound { what: String },
    /// 409: it cannot be done in the present state.
    #[error("{message}")]
    Conflict { message: String },
    /// 422: the request makes no sense.
    #[error("{message}")]
    Invalid { message: String },
    /// 429: too often.
    #[error("Too many attempts. Wait {seconds} seconds and try again.")]
    TooMany { seconds: u64 },
    /// 503: something Runledger needs is not there at the moment.
    #[error("{message}")]
    Unavailable { message: String },
    /// 500: our fault. The reference finds the cause in the log.
    #[error(
        "Something went wrong in Runledger. Try again; if it repeats, quote the reference {reference} to your administrator."
    )]
    Internal { reference: String },
    /// The browser did not reach the server.
    #[error("The server could not be reached. Check your connection and try again.")]
    Offline,
}

impl AppError {
    /// The HTTP status; 503 for what has none because it happened before HTTP.
    pub const fn status(&self) -> u16 {
        match self {
            Self::Unauthenticated | Self::WrongCredentials => 401,
            Self::Forbidden => 403,
            Self::NotFound { .. } => 404,
            Self::Conflict { .. } => 409,
            Self::Invalid { .. } => 422,
            Self::TooMany { .. } => 429,
            Self::Internal { .. } => 500,
            Self::Unavailable { .. } | Self::Offline => 503,
        }
    }

    pub fn not_found(what: &str) -> Self {
        Self::NotFound { what: what.to_owned() }
    }

    pub fn invalid(message: impl Into<String>) -> Self {
        Self::Invalid { message: message.into() }
    }

    /// A title for a page that shows nothing but this error.
    pub const fn title(&self) -> &'static str {
        match self {
            Self::Unauthenticated | Self::WrongCredentials => "Sign in",
            Self::Forbidden => "Not allowed",
            Self::NotFound { .. } => "Not found",
            Self::Conflict { .. } => "Not possible now",
            Self::Invalid { .. } => "That does not work",
            Self::TooMany { .. } => "Slow down",
            Self::Unavailable { .. } => "Not available",
            Self::Internal { .. } => "Something went wrong",
            Self::Offline => "No connection",
        }
    }
}

impl FromServerFnError for AppError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Args(_) | ServerFnErrorErr::MissingArg(_) => {
                Self::invalid("The request is incomplete or has a value that makes no sense.")
            }
            ServerFnErrorErr::Deserialization(_) => {
                Self::invalid("What was sent could not be read. Reload the page and try again.")
            }
            ServerFnErrorErr::Request(_) => Self::Offline,
            _ => Self::Unavailable { message: "The server gave no answer that could be read. Try again.".to_owned() },
        }
    }
}
