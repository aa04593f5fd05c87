//! A viewer who only looks needs no database: it is closed under the open streams, which go on telling.

use std::time::Duration;

use futures::StreamExt;
use runledger::model::user::Role;
use serde_json::json;

use crate::{
    common::{TestApp, web::Web},
    on_both_engines,
};

on_both_engines! {
    async fn an_open_stream_asks_the_database_nothing(app: TestApp) {
        let scope = app.tenant("contoso").await;
        app.member("auditor@contoso.example", "contoso", Role::Readonly).await;
        let web = Web::start(&app).await;
        let auditor = web.signed_in("auditor@contoso.example").await;
        let run = app.ensure(scope, json!({})).await.run().clone();
        let mut streams = Vec::new();
        for _ in 0..5 {
            let mut stream = auditor.get("/t/contoso/events").await.bytes_stream();
            // It greets when it listens.
            assert!(stream.next().await.unwrap().is_ok());
            streams.push(stream);
        }
        app.core.db.close().await;
        app.core.live.publish(&run);
        for mut stream in streams {
            let told = async {
                loop {
                    let bytes = stream.next().await.expect("the stream stays open").unwrap();
                    if String::from_utf8_lossy(&bytes).contains(&run.id.to_string()) {
                        return;
                    }
                }
            };
            tokio::time::timeout(Duration::from_secs(20), told).await.expect("the change is told");
        }
    }
}
