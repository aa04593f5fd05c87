//! Who is signed in; signing in and out.

use leptos::prelude::*;

use crate::{
    error::AppError,
    model::{theme::Theme, user::Viewer},
};

/// The signed-in user, or none.
#[server(prefix = "/api", endpoint = "session/viewer")]
pub async fn get_viewer() -> Result<Option<Viewer>, AppError> {
    use crate::server::{auth::request, error::shown};
    let Some(user) = request::current_user().await? else { return Ok(None) };
    request::state().auth.viewer(user).await.map(Some).map_err(shown)
}

/// Starts a session and goes to `next`, an address within Runledger.
#[server(prefix = "/api", endpoint = "session/sign_in")]
pub async fn sign_in(email: String, password: String, next: Option<String>) -> Result<(), AppError> {
    use crate::server::{auth::request, error::shown};
    let token = request::state().auth.sign_in(&email, &password).await.map_err(shown)?;
    request::give_cookie(&token);
    leptos_axum::redirect(&request::safe_next(next.as_deref()));
    Ok(())
}

/// Ends the session and goes to the sign-in page.
#[server(prefix = "/api", endpoint = "session/sign_out")]
pub async fn sign_out() -> Result<(), AppError> {
    use crate::server::{auth::request, error::shown};
    if let Some(token) = request::current_token() {
        request::state().auth.sign_out(&token).await.map_err(shown)?;
    }
    request::take_cookie();
    leptos_axum::redirect("/login");
    Ok(())
}

/// Keeps how the pages look to this browser; nobody has to be signed in for it.
#[server(prefix = "/api", endpoint = "session/theme")]
pub async fn choose_theme(theme: Theme) -> Result<(), AppError> {
    crate::server::auth::request::remember_theme(theme);
    Ok(())
}
