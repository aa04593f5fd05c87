//! `runledger migrate` and `runledger prune`.

use std::process::ExitCode;

use chrono::TimeDelta;
use clap::Args;

use super::CliError;
use crate::server::{
    boot::Core,
    clock::Clock,
    config::DataOptions,
    runs::retention::{self, DEFAULT_DAYS, MOST_DAYS},
};

#[derive(Debug, Args)]
pub(super) struct Migrate {
    #[command(flatten)]
    data: DataOptions,
}

#[derive(Debug, Args)]
pub(super) struct Prune {
    /// Completed runs go when they ended more than this many days ago. Active runs never go.
    #[arg(long, value_name = "DAYS", default_value_t = DEFAULT_DAYS, value_parser = clap::value_parser!(u32).range(..=MOST_DAYS), env = "RUNLEDGER_RETENTION_DAYS")]
    older_than: u32,
    #[command(flatten)]
    data: DataOptions,
}

impl Migrate {
    pub(super) async fn run(self) -> Result<ExitCode, CliError> {
        Core::open(&self.data, Clock::system()).await?;
        say!("The database is up to date.");
        Ok(ExitCode::SUCCESS)
    }
}

impl Prune {
    pub(super) async fn run(self) -> Result<ExitCode, CliError> {
        let core = Core::open(&self.data, Clock::system()).await?;
        let pruned = retention::prune(&core.runs, TimeDelta::days(i64::from(self.older_than))).await?;
        if pruned.elsewhere {
            say!("Another process is pruning already.");
        } else {
            say!("Removed {} runs that ended more than {} days ago.", pruned.runs, self.older_than);
        }
        Ok(ExitCode::SUCCESS)
    }
}
