//! Graph as a process of its own that answers at once, so that the memory that is measured is the product's alone.

use std::{path::PathBuf, process::Stdio, time::Instant};

use runledger::server::simulator::{Simulator, SimulatorOptions, serve};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader},
    net::TcpListener,
    process::{Child, Command},
};
use tokio_util::sync::CancellationToken;

use crate::web::client;

/// Ends when it is dropped.
pub struct Graph {
    pub url: String,
    _child: Child,
}

impl Graph {
    /// Of the files of a folder.
    pub async fn of(folder: &std::path::Path) -> Self {
        Self::start(&["--graph-of", &folder.to_string_lossy()]).await
    }

    /// Of a made-up tenant with so many groups.
    pub async fn with_groups(groups: usize) -> Self {
        Self::start(&["--graph-groups", &groups.to_string()]).await
    }

    async fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(std::env::current_exe().expect("this program has a name"))
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the simulator starts");
        let mut lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        let url = lines.next_line().await.expect("the simulator speaks").expect("it says its address");
        Self { url, _child: child }
    }

    /// Reads these lists to their ends as JSON, and does nothing with it; how many items a second.
    pub async fn read(&self, paths: &[&str]) -> f64 {
        let client = client();
        let scope = format!("{}/.default", self.url);
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", "bench"),
            ("client_secret", "secret"),
            ("scope", &scope),
        ];
        let sign_in = client.post(format!("{}/bench/oauth2/v2.0/token", self.url)).form(&form);
        let token = json(sign_in).await["access_token"].as_str().expect("it is a token").to_owned();
        let (begun, mut items) = (Instant::now(), 0);
        for path in paths {
            let mut next = Some(format!("{}/{path}?$top=999", self.url));
            while let Some(url) = next {
                let page = json(client.get(url).bearer_auth(&token)).await;
                items += page["value"].as_array().expect("it is a list").len();
                next = page["@odata.nextLink"].as_str().map(str::to_owned);
            }
        }
        items as f64 / begun.elapsed().as_secs_f64()
    }
}

async fn json(request: reqwest::RequestBuilder) -> Value {
    let answer = request.send().await.expect("the simulator answers");
    assert!(answer.status().is_success(), "{}", answer.status());
    answer.json().await.expect("it answers in JSON")
}

/// The other process: says its address, and serves until its input ends.
pub async fn simulate(data: Option<PathBuf>, groups: usize) {
    let options = SimulatorOptions { data, groups, page_size: 999, ..Default::default() };
    let simulator = Simulator::new(options).expect("the simulator starts");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    println!("http://{}", listener.local_addr().expect("it is bound"));
    let stopping = CancellationToken::new();
    let stopped = stopping.clone();
    tokio::spawn(async move {
        let _ = tokio::io::stdin().read_to_end(&mut Vec::new()).await;
        stopped.cancel();
    });
    serve(listener, simulator, stopping.cancelled_owned()).await.expect("the simulator serves");
}
