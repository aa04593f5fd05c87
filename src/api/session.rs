//! Who is signed in; signing in and out.

use leptos::prelude::*;

use crate::{error::AppError, model::user::Viewer};

/// The signed-in user, or none.
#[server(prefix = "/api", endpoint = "session/viewer")]
pub async fn get_viewer() -> Result<Option<Viewer>, AppError> {
    todo!()
}

/// Starts a session and goes to `next`, an address within Runledger.
#[server(prefix = "/api", endpoint = "session/sign_in")]
pub async fn sign_in(email: String, password: String, next: Option<String>) -> Result<(), AppError> {
    todo!()
}

/// Ends the session and goes to the sign-in page.
#[server(prefix = "/api", endpoint = "session/sign_out")]
pub async fn sign_out() -> Result<(), AppError> {
    todo!()
}
