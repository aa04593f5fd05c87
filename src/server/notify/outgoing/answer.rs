//! How a form of the page is answered: a script gets the thing itself, a browser goes back to the page, which tells once
//! what came of it. That travels in a sealed cookie, never in an address: it may be a secret.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::internal;
use crate::{
    error::AppError,
    model::outgoing::OutgoingTold,
    server::{
        auth::request,
        db::members::Membership,
        error::{ServiceError, shown},
    },
};

const COOKIE: &str = "runledger_told";

fn page(slug: &str) -> String {
    format!("/t/{slug}/notifications/outgoing")
}

fn reader(member: &Membership) -> String {
    format!("told {} {}", member.scope().tenant(), member.user_id())
}

/// # Errors
/// What a script is told; a browser is told on the page.
pub fn answer<T>(
    slug: &str,
    member: &Membership,
    done: Result<T, ServiceError>,
    tell: impl FnOnce(Result<&T, &AppError>) -> OutgoingTold,
) -> Result<Option<T>, AppError> {
    if !request::wants_page() {
        return done.map(Some).map_err(shown);
    }
    let done = done.map_err(AppError::from);
    leave(slug, member, &tell(done.as_ref())).map_err(shown)?;
    leptos_axum::redirect(&page(slug));
    // A secret goes to one place.
    Ok(None)
}

fn leave(slug: &str, member: &Membership, told: &OutgoingTold) -> Result<(), ServiceError> {
    let text = serde_json::to_string(told).map_err(internal)?;
    let sealed = request::state().outgoing.inner.secrets.encrypt(&text, &reader(member)).map_err(internal)?;
    request::leave_note(COOKIE, &URL_SAFE_NO_PAD.encode(sealed), &page(slug));
    Ok(())
}

/// What the last form's answer left for this page, which is told once.
pub fn told(slug: &str, member: &Membership) -> Option<OutgoingTold> {
    let sealed = request::take_note(COOKIE, &page(slug))?;
    let sealed = URL_SAFE_NO_PAD.decode(sealed).ok()?;
    let text = request::state().outgoing.inner.secrets.decrypt(&sealed, &reader(member)).ok()?;
    serde_json::from_str(&text).ok()
}
