//! `runledger simulate-graph`.

use std::{net::SocketAddr, path::PathBuf, process::ExitCode, time::Duration};

use clap::Args;
use tokio::net::TcpListener;

use super::CliError;
use crate::server::{
    boot::BootError,
    simulator::{Fault, Simulator, SimulatorOptions, serve},
};

#[derive(Debug, Args)]
pub(super) struct SimulateGraph {
    /// Where to listen.
    #[arg(long, env = "RUNLEDGER_SIMULATOR_ADDR", default_value = "127.0.0.1:3001")]
    addr: SocketAddr,
    /// The same seed gives the same tenant.
    #[arg(long, env = "RUNLEDGER_SIMULATOR_SEED", default_value_t = 1)]
    seed: u64,
    /// A folder of Graph JSON (exports or templates, UTF-8 or UTF-16) to serve instead of a made-up tenant.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Give the made-up tenant at least so many directory groups.
    #[arg(long, value_name = "N", default_value_t = 0)]
    groups: usize,
    /// The only client secret that is taken; without it any is.
    #[arg(long, env = "RUNLEDGER_SIMULATOR_CLIENT_SECRET", hide_env_values = true)]
    client_secret: Option<String>,
    /// How long each answer takes, in milliseconds.
    #[arg(long, default_value_t = 0)]
    latency: u64,
    /// The most objects on a page.
    #[arg(long, default_value_t = 100)]
    page_size: usize,
    /// A fault, as throttle:3, busy:7, unavailable:2, forbidden:deviceConfigurations, unlicensed:FAMILY, slow:MILLIS,
    /// broken:FAMILY, html:FAMILY, twice:FAMILY, repeat:FAMILY, resync:STATUS or revoked:N. May be given several times; also by PUT /_simulator/faults.
    #[arg(long = "fault", value_name = "FAULT")]
    faults: Vec<Fault>,
}

impl SimulateGraph {
    pub(super) async fn run(self) -> Result<ExitCode, CliError> {
        let options = SimulatorOptions {
            seed: self.seed,
            data: self.data,
            groups: self.groups,
            client_secret: self.client_secret,
            latency: Duration::from_millis(self.latency),
            page_size: self.page_size,
            faults: self.faults,
        };
        let simulator = Simulator::new(options).map_err(|error| CliError::Refused(error.to_string()))?;
        let listener = TcpListener::bind(self.addr)
            .await
            .map_err(|cause| BootError::Listen { addr: self.addr.to_string(), cause })?;
        say!("Graph simulator at http://{}", listener.local_addr()?);
        for (collection, count) in simulator.content_summary() {
            say!("{count:>6}  {}", collection.path());
        }
        let stop = async {
            let _ = tokio::signal::ctrl_c().await;
        };
        serve(listener, simulator, stop).await?;
        Ok(ExitCode::SUCCESS)
    }
}
