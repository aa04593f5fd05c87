//! What is in the log, at its most talkative: no token, no link that holds one, no secret.

mod common;

use std::{
    io::{self, Write},
    sync::{Arc, Mutex, OnceLock},
};

use common::{
    TestApp, eventually,
    graph::{Graph, ProductWorkers},
    groups, inventory, policies,
};
use runledger::server::db::group_links;
use serde_json::json;
use tracing_subscriber::{filter::LevelFilter, fmt};

/// Everything that this program has logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// The one of this program; the first one who asks starts it.
    fn start() -> Self {
        static LOG: OnceLock<Log> = OnceLock::new();
        LOG.get_or_init(|| {
            let log = Self::default();
            let lines = log.clone();
            fmt().with_max_level(LevelFilter::TRACE).with_ansi(false).with_writer(move || lines.clone()).init();
            log
        })
        .clone()
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

on_both_engines! {
    async fn no_token_and_no_secret_is_ever_logged(app: TestApp) {
        let log = Log::start();
        let graph = Graph::sample(&[]).await;
        let scope = app.tenant_at("contoso", &graph.url).await;
        let _workers = ProductWorkers::start(&app.core);
        groups::sync(&app, scope).await;
        policies::sync(&app, scope).await;
        inventory::sync(&app, scope).await;
        let change = async |name: &str| graph.change_groups(json!([{ "id": "new", "set": { "displayName": name } }])).await;
        change("One").await;
        groups::sync(&app, scope).await;
        for faults in [&["resync:410"][..], &["forbidden:groups"], &["repeat:groups"], &["revoked:1"], &["html:groups"]] {
            graph.set_faults(faults).await;
            change(faults[0]).await;
            groups::sync(&app, scope).await;
        }
        graph.set_faults(&["slow:200"]).await;
        let run = groups::ensure(&app, scope).await;
        eventually("the run runs", async || app.detail(scope, run).await.run.has_worker().then_some(())).await;
        drop(graph);
        groups::checked(&app, scope, run).await;

        let link = group_links::find(&app.core.db, scope).await.unwrap().unwrap().link.unwrap();
        assert!(!String::from_utf8_lossy(&link).contains("token"), "the link is sealed");
        let text = log.text();
        assert!(text.contains("run started") && text.contains("TRACE"), "the log has everything");
        for line in text.lines() {
            let plain = line.to_lowercase();
            let secret = ["deltatoken", "skiptoken", "the-secret"].iter().find(|word| plain.contains(*word));
            assert!(secret.is_none() && !line.contains("eyJ"), "{line}");
        }
    }
}
