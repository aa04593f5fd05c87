//! `runledger seed`: a history of any size, for measuring and for trying out.

use std::process::ExitCode;

use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use clap::Args;

use super::CliError;
use crate::server::{
    boot::Core,
    clock::Clock,
    config::DataOptions,
    seed::{self, SeedError, SeedPlan},
};

/// Write tenants, people and completed runs of the last 120 days. The same options give the same rows.
/// To see them in the browser, give somebody a role: `runledger user grant EMAIL adatum readonly`.
#[derive(Debug, Args)]
pub(super) struct Seed {
    /// How many runs.
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1..))]
    runs: u64,
    /// How many tenants; the first, adatum, is big and has six runs in ten.
    #[arg(long, value_name = "T", default_value_t = 12, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    tenants: u32,
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// The moment after the newest run, as 2026-01-31T00:00:00Z; today's midnight when it is not given.
    #[arg(long, value_name = "TIME")]
    end: Option<DateTime<Utc>>,
    #[command(flatten)]
    data: DataOptions,
}

impl Seed {
    pub(super) async fn run(self) -> Result<ExitCode, CliError> {
        let core = Core::open(&self.data, Clock::system()).await?;
        let now = core.clock.now();
        let midnight = now.duration_trunc(TimeDelta::days(1)).unwrap_or(now);
        let plan =
            SeedPlan { runs: self.runs, tenants: self.tenants, seed: self.seed, end: self.end.unwrap_or(midnight) };
        let seeded = seed::seed(&core.db, &core.secrets, plan, |so_far| {
            eprintln!("{} of {} runs, {:.0} rows a second", so_far.runs, plan.runs, so_far.rows_a_second());
        })
        .await?;
        say!(
            "Wrote {} runs, {} rows in all, in {:.1} s: {:.0} rows a second.",
            seeded.runs,
            seeded.rows,
            seeded.took.as_secs_f64(),
            seeded.rows_a_second()
        );
        Ok(ExitCode::SUCCESS)
    }
}

impl From<SeedError> for CliError {
    fn from(error: SeedError) -> Self {
        match error {
            SeedError::Database(error) => Self::Database(error),
            other => Self::Refused(other.to_string()),
        }
    }
}
