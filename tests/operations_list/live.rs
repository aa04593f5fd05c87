//! Changes as the open page hears of them: over the event stream, each with the changed row in it.

use std::time::Duration;

use futures::{Stream, StreamExt};
use reqwest::StatusCode;
use runledger::{
    model::{
        run::{LiveEvent, Run, RunStatus},
        user::Role,
    },
    server::runs::RunChange,
};
use serde_json::json;
use tokio::time::{Instant, timeout_at};

use crate::{
    common::{TestApp, web::Web},
    on_both_engines,
};

/// The runs that a stream tells of.
struct Told<S> {
    stream: S,
    text: String,
}

impl<S: Stream<Item = reqwest::Result<axum::body::Bytes>> + Unpin> Told<S> {
    /// The next run, if the stream tells of one before this moment.
    async fn run(&mut self, until: Instant) -> Option<Run> {
        loop {
            while let Some(end) = self.text.find("\n\n") {
                let message: String = self.text.drain(..end + 2).collect();
                let data = message.lines().find_map(|line| line.strip_prefix("data: "));
                if let Some(LiveEvent::Run { run }) = data.map(|data| serde_json::from_str(data).unwrap()) {
                    return Some(*run);
                }
            }
            let bytes = timeout_at(until, self.stream.next()).await.ok()?.expect("the stream stays open").unwrap();
            self.text.push_str(std::str::from_utf8(&bytes).unwrap());
        }
    }
}

on_both_engines! {
    async fn a_change_of_a_run_is_told_within_a_second_with_its_row(app: TestApp) {
        let scope = app.tenant("contoso").await;
        let other = app.tenant("fabrikam").await;
        app.member("auditor@contoso.example", "contoso", Role::Readonly).await;
        let web = Web::start(&app).await;
        let auditor = web.signed_in("auditor@contoso.example").await;
        let run = app.ensure(scope, json!({})).await.run().id;
        let theirs = app.ensure(other, json!({})).await.run().id;
        let answer = auditor.get("/t/contoso/events").await;
        assert_eq!(answer.status(), StatusCode::OK);
        let mut told = Told { stream: answer.bytes_stream(), text: String::new() };
        // It greets when it listens.
        let greeting = told.stream.next().await.unwrap().unwrap();
        assert!(greeting.starts_with(b":"), "{greeting:?}");

        let second = Instant::now() + Duration::from_secs(1);
        app.core.runs.update_run(theirs, 0, "w", RunChange::Start).await.unwrap();
        app.core.runs.update_run(run, 0, "w", RunChange::Start).await.unwrap();
        let row = loop {
            let row = told.run(second).await.expect("the change is told within a second");
            assert_eq!(row.id, run, "nothing is told of another tenant's runs");
            // Its creation may still be on the way.
            if row.status == RunStatus::Running {
                break row;
            }
        };
        assert_eq!(row, app.detail(scope, run).await.run, "the row is in the message, nobody has to ask for it");
    }
}
