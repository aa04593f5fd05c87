//! The command line: `runledger serve | worker | migrate | prune | tenant | user | run | seed | simulate-graph`.

/// `println!` for a reader who may have gone (`| head`): that is no reason to end.
macro_rules! say {
    ($($text:tt)*) => {
        let _ = std::io::Write::write_all(&mut std::io::stdout(), format!("{}\n", format_args!($($text)*)).as_bytes());
    };
}

mod admin;
mod doctor;
mod maintain;
mod run;
mod seed;
mod serve;
mod simulate;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use super::{boot::BootError, error::ServiceError, telemetry};
use crate::error::AppError;

/// One ledger for every long-running operation of a Microsoft 365 / Intune tenant.
#[derive(Debug, Parser)]
#[command(name = "runledger", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the pages and do the work (in one process with SQLite; any number of them with PostgreSQL).
    Serve(Box<serve::Serve>),
    /// Do the work only.
    Worker(Box<serve::Worker>),
    /// Bring the database to this version; `serve` and `worker` do it too.
    Migrate(maintain::Migrate),
    /// Say what is wrong in the database and its queue, without changing anything. Ends with 1 when something is.
    Doctor(doctor::Doctor),
    /// Remove completed runs that are older than a number of days.
    Prune(maintain::Prune),
    /// Tenants and their connection to Microsoft Graph.
    #[command(subcommand)]
    Tenant(admin::TenantCommand),
    /// Users and what they may do.
    #[command(subcommand)]
    User(admin::UserCommand),
    /// Start and look at runs: the same services as the page, for scripts.
    #[command(subcommand)]
    Run(run::RunCommand),
    Seed(seed::Seed),
    /// A Microsoft Graph to try things on, with a made-up tenant or your own exports.
    SimulateGraph(simulate::SimulateGraph),
}

/// Why a command failed, in one sentence for the person at the terminal.
#[derive(Debug, thiserror::Error)]
enum CliError {
    #[error(transparent)]
    Boot(#[from] BootError),
    #[error("{0}")]
    Refused(String),
    #[error("{0}")]
    Service(AppError),
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
    #[error("{0}")]
    Io(#[from] std::io::Error),
}

impl From<ServiceError> for CliError {
    fn from(error: ServiceError) -> Self {
        match error {
            ServiceError::Database(error) => Self::Database(error),
            other => Self::Service(AppError::from(other)),
        }
    }
}

pub fn main() -> ExitCode {
    let command = Cli::parse().command;
    let server = matches!(command, Command::Serve(_) | Command::Worker(_) | Command::SimulateGraph(_));
    telemetry::start(if server { "info" } else { "warn" });
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&CliError::Io(error)),
    };
    runtime.block_on(dispatch(command)).unwrap_or_else(|error| fail(&error))
}

async fn dispatch(command: Command) -> Result<ExitCode, CliError> {
    match command {
        Command::Serve(serve) => serve.run().await,
        Command::Worker(worker) => worker.run().await,
        Command::Migrate(migrate) => migrate.run().await,
        Command::Doctor(doctor) => doctor.run().await,
        Command::Prune(prune) => prune.run().await,
        Command::Tenant(tenant) => tenant.run().await,
        Command::User(user) => user.run().await,
        Command::Run(run) => run.run().await,
        Command::Seed(seed) => seed.run().await,
        Command::SimulateGraph(simulate) => simulate.run().await,
    }
}

fn fail(error: &CliError) -> ExitCode {
    eprintln!("runledger: {error}");
    // 1 to 3 tell outcomes of runs.
    ExitCode::from(4)
}
