//! The Graph simulator over HTTP, and the product's own jobs pointed at it.

use std::{path::PathBuf, sync::Arc, time::Duration};

use futures::{FutureExt, future::BoxFuture};
use runledger::server::{
    boot::Core,
    config::WorkerOptions,
    graph::{Delay, RetryPolicy},
    simulator::{Fault, Simulator, SimulatorOptions, serve},
};
use tokio::{net::TcpListener, task::JoinSet};
use tokio_util::sync::CancellationToken;

/// A simulator that stops with the test.
pub struct Graph {
    pub url: String,
    pub simulator: Simulator,
    stopping: CancellationToken,
}

impl Graph {
    pub async fn start(options: SimulatorOptions) -> Self {
        let simulator = Simulator::new(options).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let stopping = CancellationToken::new();
        tokio::spawn(serve(listener, simulator.clone(), stopping.clone().cancelled_owned()));
        Self { url, simulator, stopping }
    }

    /// A made-up tenant, in pages of ten, with these faults.
    pub async fn sample(faults: &[&str]) -> Self {
        let faults = faults.iter().map(|fault| fault.parse::<Fault>().unwrap()).collect();
        Self::start(SimulatorOptions { page_size: 10, faults, ..SimulatorOptions::default() }).await
    }

    /// A folder of Graph JSON.
    pub async fn of_folder(folder: PathBuf) -> Self {
        Self::start(SimulatorOptions { data: Some(folder), page_size: 3, ..SimulatorOptions::default() }).await
    }

    /// Replaces the faults while it runs.
    pub async fn set_faults(&self, faults: &[&str]) {
        let answer = client().put(format!("{}/_simulator/faults", self.url)).json(&faults).send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.status());
    }

    /// Changes the groups of `contoso` while it runs.
    pub async fn change_groups(&self, changes: serde_json::Value) {
        let address = format!("{}/_simulator/tenants/directory-of-contoso/groups", self.url);
        let answer = client().post(address).json(&changes).send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.status());
    }

    pub async fn stats(&self) -> serde_json::Value {
        client().get(format!("{}/_simulator/stats", self.url)).send().await.unwrap().json().await.unwrap()
    }
}

impl Drop for Graph {
    fn drop(&mut self) {
        self.stopping.cancel();
    }
}

/// The product's own workers, which do not really wait between tries.
pub struct ProductWorkers {
    stopping: CancellationToken,
    _tasks: JoinSet<()>,
}

impl ProductWorkers {
    pub fn start(core: &Core) -> Self {
        Self::start_so(core, |_| {})
    }

    /// Workers that take a restore after a second without a sign of life.
    pub fn start_impatient(core: &Core) -> Self {
        Self::start_so(core, |options| options.lease_seconds = 2)
    }

    /// With other options.
    pub fn start_so(core: &Core, change: impl FnOnce(&mut WorkerOptions)) -> Self {
        let stopping = CancellationToken::new();
        let mut options = WorkerOptions {
            concurrency: 4,
            time_limit_minutes: 5,
            lease_seconds: 60,
            tenant_runs: 8,
            tenant_type_runs: 8,
            retention_days: 90,
            prune_at: "0 0 0 1 1 *".parse().unwrap(),
            allow_private_addresses: true,
            grace_seconds: 1,
            smtp_url: None,
            smtp_from: None,
        };
        change(&mut options);
        let tasks = core.start_workers(&options, retry_at_once(), &stopping).unwrap();
        Self { stopping, _tasks: tasks }
    }
}

impl ProductWorkers {
    /// Ends them in the midst of what they do, as a kill of the process would.
    pub async fn kill(&mut self) {
        self._tasks.shutdown().await;
    }
}

impl Drop for ProductWorkers {
    fn drop(&mut self) {
        self.stopping.cancel();
    }
}

/// As often as the product, without the waiting.
pub fn retry_at_once() -> RetryPolicy {
    RetryPolicy { delay: Arc::new(NoWait), ..RetryPolicy::system() }
}

struct NoWait;

impl Delay for NoWait {
    fn wait(&self, _: Duration) -> BoxFuture<'static, ()> {
        async {}.boxed()
    }
}

pub fn client() -> reqwest::Client {
    // Fails only when another test was first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap()
}
