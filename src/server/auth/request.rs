//! The request's side of it: cookies, and the questions that server functions ask first.

use std::{
    convert::Infallible,
    net::{IpAddr, SocketAddr},
};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum_extra::extract::{
    CookieJar,
    cookie::{Cookie, SameSite},
};
use http::{HeaderMap, HeaderValue, header, request::Parts};
use leptos::prelude::{expect_context, use_context};
use leptos_axum::ResponseOptions;
use url::{Url, form_urlencoded};

use super::{SESSION_DAYS, SessionToken};
use crate::{
    error::AppError,
    model::{run::Started, schedule::ScheduleForm, theme::Theme, user::Action},
    server::{
        db::{members::Membership, sessions::SessionUser},
        error::{ServiceError, shown},
        state::AppState,
    },
};

const COOKIE: &str = "runledger_session";
const THEME_DAYS: i64 = 365;
/// For how long a note waits for its page.
const NOTE_AGE: time::Duration = time::Duration::minutes(2);

/// The application's state, in a server function.
pub fn state() -> AppState {
    expect_context::<AppState>()
}

/// The session's token in these headers.
pub fn token(headers: &HeaderMap) -> Option<String> {
    CookieJar::from_headers(headers).get(COOKIE).map(|cookie| cookie.value().to_owned())
}

/// The token of the request that a server function answers.
pub fn current_token() -> Option<String> {
    use_context::<Parts>().and_then(|parts| token(&parts.headers))
}

/// The signed-in user, if there is one.
pub async fn current_user() -> Result<Option<SessionUser>, AppError> {
    match current_token() {
        None => Ok(None),
        Some(token) => state().auth.user_of(&token).await.map_err(shown),
    }
}

/// The signed-in user; 401 when there is none.
pub async fn signed_in() -> Result<SessionUser, AppError> {
    current_user().await?.ok_or_else(|| shown(AppError::Unauthenticated))
}

/// The signed-in user's membership of a tenant: 401, 404 and 403 in this order.
pub async fn member(slug: &str, action: Action) -> Result<Membership, AppError> {
    let user = signed_in().await?;
    let address = use_context::<Parts>().and_then(|parts| peer(&parts));
    let member = state().auth.member(user.id, slug, action).await.map_err(shown)?;
    Ok(member.coming_from(address))
}

/// Where a request's connection comes from. Behind a proxy that is the proxy: what headers say of an address, anybody can
/// write into them.
pub struct Peer(pub Option<IpAddr>);

impl<S: Sync> FromRequestParts<S> for Peer {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self(peer(parts)))
    }
}

fn peer(parts: &Parts) -> Option<IpAddr> {
    parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(address)| address.ip().to_canonical())
}

/// The same for a plain route, outside of server functions, that only shows something.
pub async fn member_of(state: &AppState, headers: &HeaderMap, slug: &str) -> Result<Membership, ServiceError> {
    member_who_may(state, headers, slug, Action::View).await
}

/// The same for a plain route, outside of server functions.
pub async fn member_who_may(
    state: &AppState,
    headers: &HeaderMap,
    slug: &str,
    action: Action,
) -> Result<Membership, ServiceError> {
    let token = token(headers).ok_or(AppError::Unauthenticated)?;
    let user = state.auth.user_of(&token).await?.ok_or(AppError::Unauthenticated)?;
    state.auth.member(user.id, slug, action).await
}

/// Gives the browser the session's cookie.
pub fn give_cookie(token: &SessionToken) {
    set_cookie((COOKIE, token.as_str()), time::Duration::days(SESSION_DAYS), true);
}

/// Takes it back.
pub fn take_cookie() {
    set_cookie((COOKIE, ""), time::Duration::ZERO, true);
}

/// The theme that this browser has chosen; the system's outside of a request.
pub fn theme() -> Theme {
    let jar = use_context::<Parts>().map(|parts| CookieJar::from_headers(&parts.headers)).unwrap_or_default();
    Theme::of(jar.get(Theme::COOKIE).map(Cookie::value))
}

/// Lets the browser remember its theme.
pub fn remember_theme(theme: Theme) {
    set_cookie((Theme::COOKIE, theme.as_str()), time::Duration::days(THEME_DAYS), false);
}

fn set_cookie(pair: (&str, &str), max_age: time::Duration, http_only: bool) {
    put_cookie(Cookie::build(pair).path("/").max_age(max_age).http_only(http_only).build());
}

fn put_cookie(mut cookie: Cookie<'_>) {
    cookie.set_same_site(SameSite::Lax);
    cookie.set_secure(state().config.https());
    if let Ok(value) = HeaderValue::from_str(&cookie.to_string()) {
        expect_context::<ResponseOptions>().append_header(header::SET_COOKIE, value);
    }
}

/// Leaves something with the browser for the page that follows, and for no other.
pub fn leave_note(name: &str, note: &str, page: &str) {
    put_cookie(Cookie::build((name, note)).path(page).max_age(NOTE_AGE).http_only(true).build());
}

/// Reads what was left for this page, and takes it back.
pub fn take_note(name: &str, page: &str) -> Option<String> {
    let jar = use_context::<Parts>().map(|parts| CookieJar::from_headers(&parts.headers))?;
    let note = jar.get(name)?.value().to_owned();
    put_cookie(Cookie::build((name, "")).path(page).max_age(time::Duration::ZERO).http_only(true).build());
    Some(note)
}

/// Sends a form that came without scripts back to its page, with the run in the address; scripts get the run itself.
pub fn answer_form(started: Started) -> Started {
    let header = |name| use_context::<Parts>()?.headers.get(name)?.to_str().ok().map(str::to_owned);
    if header(header::ACCEPT).is_some_and(|accepted| accepted.contains("text/html"))
        && let Some(page) = header(header::REFERER).and_then(|referer| Url::parse(&referer).ok())
    {
        leptos_axum::redirect(&page_telling(&page, &started));
    }
    started
}

/// Answers a page with 422 when what was typed into its form makes no sense: it says so itself.
pub fn refuse_draft(error: Option<&str>) {
    let is_page = use_context::<Parts>().is_some_and(|parts| !parts.uri.path().starts_with("/api/"));
    if let (Some(_), true, Some(response)) = (error, is_page, use_context::<ResponseOptions>()) {
        response.set_status(http::StatusCode::UNPROCESSABLE_ENTITY);
    }
}

/// Leads from the form of a schedule back to its page: to the list when it was saved, else to the form, with what was
/// typed in the address. Scripts get the error itself.
pub fn answer_schedule(slug: &str, refused: Option<&ScheduleForm>) -> Result<(), AppError> {
    let page = format!("/t/{slug}/schedules");
    match refused {
        None => leptos_axum::redirect(&page),
        Some(form) if wants_page() => {
            let draft = &form.draft;
            let mut query = form_urlencoded::Serializer::new(String::new());
            query
                .append_pair("operation_type", draft.operation_type.as_str())
                .append_pair("cron", &draft.cron)
                .append_pair("time_zone", &draft.time_zone)
                .append_pair("expected_hours", &draft.expected_hours);
            if draft.enabled {
                query.append_pair("enabled", "on");
            }
            leptos_axum::redirect(&format!("{page}?{}", query.finish()));
        }
        Some(form) => return Err(AppError::invalid(form.error().unwrap_or("The schedule makes no sense."))),
    }
    Ok(())
}

/// Whether a form without scripts asks.
pub fn wants_page() -> bool {
    let accepted = use_context::<Parts>().and_then(|parts| parts.headers.get(header::ACCEPT).cloned());
    accepted.is_some_and(|accepted| accepted.to_str().is_ok_and(|accepted| accepted.contains("text/html")))
}

/// The page's own address, with what its query said of an earlier form replaced.
fn page_telling(page: &Url, started: &Started) -> String {
    const TOLD: [&str; 4] = [Started::CREATED_QUERY, Started::JOINED_QUERY, "__err", "__path"];
    let name = if started.created { Started::CREATED_QUERY } else { Started::JOINED_QUERY };
    let kept = page.query_pairs().filter(|(name, _)| !TOLD.contains(&name.as_ref()));
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(kept).append_pair(name, &started.run.id.to_string());
    format!("{}?{}", safe_next(Some(page.path())), query.finish())
}

/// Where to go after signing in: an address within Runledger, or its start.
pub fn safe_next(next: Option<&str>) -> String {
    // Visible ASCII only: an address that a browser wrote has nothing else, and a header takes nothing else.
    next.filter(|next| next.starts_with('/') && !next.starts_with("//") && !next.contains('\\'))
        .filter(|next| next.bytes().all(|byte| byte.is_ascii_graphic()))
        .unwrap_or("/")
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signing_in_never_leads_to_another_site() {
        assert_eq!(safe_next(Some("/t/contoso/operations?after=1")), "/t/contoso/operations?after=1");
        for foreign in
            ["https://evil.example", "//evil.example", "/\\evil.example", "evil", "/a\r\nSet-Cookie: x", "/\u{e9}"]
        {
            assert_eq!(safe_next(Some(foreign)), "/");
        }
        assert_eq!(safe_next(None), "/");
    }
}
