//! The browser's end of the live stream: server-sent events of one tenant.

use std::{convert::Infallible, time::Duration};

use axum::{
    extract::{Path, State},
    http::HeaderMap,
    response::{
        IntoResponse, Response, Sse,
        sse::{Event, KeepAlive},
    },
};
use futures::{Stream, StreamExt, stream, stream::select};
use tokio::sync::broadcast::{Receiver, error::RecvError};

use crate::{
    error::AppError,
    model::run::LiveEvent,
    server::{auth::request::member_of, router::error_response, state::AppState},
};

/// A stream ends after this long; the browser connects again, and whether it may is looked up anew.
const LONGEST: Duration = Duration::from_secs(30 * 60);
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// `GET /t/{tenant}/events`: every change of the tenant's runs, each with the changed row in it, and what the viewer
/// is told, of whatever tenant. Costs no query while it is open.
pub async fn events(State(state): State<AppState>, Path(tenant): Path<String>, headers: HeaderMap) -> Response {
    match member_of(&state, &headers, &tenant).await {
        Err(error) => error_response(&AppError::from(error)),
        Ok(member) => {
            let runs = messages(state.live.subscribe(member.scope().tenant()));
            let changes = select(runs, messages(state.live.subscribe_person(member.user_id())));
            let end = futures::future::select(
                Box::pin(tokio::time::sleep(LONGEST)),
                Box::pin(state.stopping.clone().cancelled_owned()),
            );
            let hello = Event::default().comment("connected").retry(Duration::from_secs(2));
            let hello = stream::iter([Ok(hello), Ok(message(&LiveEvent::Clock { now: state.runs.clock().now() }))]);
            Sse::new(hello.chain(changes.take_until(end)))
                .keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
                .into_response()
        }
    }
}

fn messages(receiver: Receiver<LiveEvent>) -> impl Stream<Item = Result<Event, Infallible>> {
    stream::unfold(receiver, |mut receiver| async move {
        let event = match receiver.recv().await {
            Ok(event) => event,
            Err(RecvError::Lagged(_)) => LiveEvent::Gap,
            Err(RecvError::Closed) => return None,
        };
        Some((Ok(message(&event)), receiver))
    })
}

fn message(event: &LiveEvent) -> Event {
    Event::default().json_data(event).unwrap_or_default()
}
