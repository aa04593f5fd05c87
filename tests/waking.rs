//! Workers of another node hear of a task at once.

mod common;

use std::time::Duration;

use common::{Engine, TestApp};
use serde_json::json;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_wakes_the_workers_of_the_other_nodes() {
    let app = TestApp::start(Engine::Postgres).await;
    let scope = app.tenant("contoso").await;
    let other = app.another_node().await;
    let woken = other.live.tasks();
    // Asked again and again, because the other node may not listen yet.
    for number in 0.. {
        app.ensure(scope, json!({ "number": number })).await;
        if tokio::time::timeout(Duration::from_millis(100), woken.notified()).await.is_ok() {
            return;
        }
        assert!(number < 300, "the other node's workers were not woken");
    }
}
