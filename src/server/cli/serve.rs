//! `runledger serve` and `runledger worker`.

use std::{future::IntoFuture, net::SocketAddr, process::ExitCode, time::Duration};

use clap::Args;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};
use url::Url;

use super::CliError;
use crate::server::{
    boot::{BootError, Core, leptos_options},
    clock::Clock,
    config::{Config, DataOptions, WebOptions, WorkerOptions},
    demo,
    graph::RetryPolicy,
    router::router,
};

/// How long open requests may go on when the process stops.
const LAST_REQUESTS: Duration = Duration::from_secs(5);
/// How long telling the other nodes of the last changes may take.
const LAST_WORDS: Duration = Duration::from_secs(2);

#[derive(Debug, Args)]
pub(super) struct Serve {
    #[command(flatten)]
    web: WebOptions,
    #[command(flatten)]
    data: DataOptions,
    #[command(flatten)]
    work: WorkerOptions,
    /// Bring sample tenants, sample users and a Graph simulator along.
    #[arg(long, env = "RUNLEDGER_DEMO")]
    demo: bool,
}

#[derive(Debug, Args)]
pub(super) struct Worker {
    #[command(flatten)]
    data: DataOptions,
    #[command(flatten)]
    work: WorkerOptions,
    /// The address people use, for the links in notifications.
    #[arg(long, env = "RUNLEDGER_PUBLIC_URL")]
    public_url: Option<Url>,
}

impl Serve {
    pub(super) async fn run(self) -> Result<ExitCode, CliError> {
        let stopping = stop_on_signal()?;
        let leptos = leptos_options()?;
        let outgoing = self.work.outgoing(self.web.public_url.clone()).map_err(BootError::from)?;
        let opened = stopping.run_until_cancelled(Core::open(&self.data, Clock::system())).await;
        let Some(core) = opened.transpose()? else { return Ok(ExitCode::SUCCESS) };
        let core = core.sending(outgoing);
        let listener = TcpListener::bind(self.web.addr)
            .await
            .map_err(|cause| BootError::Listen { addr: self.web.addr.to_string(), cause })?;
        let addr = listener.local_addr()?;
        if self.demo && stopping.run_until_cancelled(demo::prepare(&core)).await.transpose()?.is_none() {
            return Ok(ExitCode::SUCCESS);
        }
        let workers = core.start_workers(&self.work, RetryPolicy::system(), &stopping)?;
        let state = core.web(Config::new(self.web.public_url, self.work.lease()), leptos, &stopping);
        say!("Runledger is at http://{addr}");
        if self.demo {
            say!("{}", demo::SIGN_INS);
        }
        let stopped = stopping.clone().cancelled_owned();
        let service = router(state).into_make_service_with_connect_info::<SocketAddr>();
        let serving = axum::serve(listener, service).with_graceful_shutdown(stopped).into_future();
        tokio::select! {
            served = serving => served?,
            // A request whose body never comes must not hold the process up.
            () = after(&stopping, LAST_REQUESTS) => warn!("some requests were still open"),
        }
        finish(workers, &core).await;
        Ok(ExitCode::SUCCESS)
    }
}

impl Worker {
    pub(super) async fn run(self) -> Result<ExitCode, CliError> {
        let stopping = stop_on_signal()?;
        let outgoing = self.work.outgoing(self.public_url.clone()).map_err(BootError::from)?;
        let opened = stopping.run_until_cancelled(Core::open(&self.data, Clock::system())).await;
        let Some(core) = opened.transpose()? else { return Ok(ExitCode::SUCCESS) };
        let core = core.sending(outgoing);
        let workers = core.start_workers(&self.work, RetryPolicy::system(), &stopping)?;
        info!(concurrency = self.work.concurrency, "working");
        stopping.cancelled().await;
        finish(workers, &core).await;
        Ok(ExitCode::SUCCESS)
    }
}

/// SIGTERM and Ctrl-C ask the process to stop, from its first moment on: it then cancels what this gives.
fn stop_on_signal() -> std::io::Result<CancellationToken> {
    let stopping = CancellationToken::new();
    let asked = stopping.clone();
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        asked.cancel();
        info!("stopping; a second signal stops at once");
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        std::process::exit(130);
    });
    Ok(stopping)
}

async fn after(stopping: &CancellationToken, time: Duration) {
    stopping.cancelled().await;
    tokio::time::sleep(time).await;
}

async fn finish(mut workers: JoinSet<()>, core: &Core) {
    while workers.join_next().await.is_some() {}
    // How the last runs ended is still on its way to the viewers of other nodes.
    if tokio::time::timeout(LAST_WORDS, core.live.flush()).await.is_err() {
        warn!("the other nodes could not be told of the last changes");
    }
    core.db.close().await;
    info!("stopped");
}
