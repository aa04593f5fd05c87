//! `make bench`: the numbers, each beside the same work done by the plainest thing that could do it, in the same run.

mod ensure;
mod events;
mod limits;
mod lists;
mod measure;
mod producers;
mod prune;
mod queue;
mod report;
mod seeding;
mod stage;
mod web;

use std::process::ExitCode;

use clap::Parser;

use crate::{report::Report, stage::Stages};

/// The same as the server's: memory is measured too.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Measures Runledger. PostgreSQL is the one at RUNLEDGER_TEST_POSTGRES_URL.
#[derive(Debug, Parser)]
struct Options {
    /// Smaller tables and shorter times: under three minutes in all.
    #[arg(long)]
    quick: bool,
    /// Only these suites, by name.
    suites: Vec<String>,
    /// What cargo says to every bench.
    #[arg(long, hide = true)]
    bench: bool,
    /// The bench's own second process: so many viewers of the events at an address.
    #[arg(long, hide = true)]
    viewers: Option<usize>,
    #[arg(long, hide = true, default_value = "")]
    viewers_of: String,
    #[arg(long, hide = true, default_value = "")]
    viewers_cookie: String,
}

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::parse();
    if let Some(viewers) = options.viewers {
        events::view(viewers, &options.viewers_of, &options.viewers_cookie).await;
        return ExitCode::SUCCESS;
    }
    let mut report = Report::new(options.quick);
    let mut stages = Stages::new(options.quick);
    let wanted = |name: &str| options.suites.is_empty() || options.suites.iter().any(|suite| suite == name);
    // Seeded tables come first: later suites measure on them.
    if wanted("seed") {
        seeding::measure(&mut stages, &mut report).await;
    }
    if wanted("ensure") {
        ensure::measure(&mut stages, &mut report).await;
    }
    if wanted("queue") {
        queue::measure(&mut stages, &mut report).await;
    }
    if wanted("lists") {
        lists::measure(&mut stages, &mut report).await;
    }
    if wanted("events") {
        events::measure(&mut stages, &mut report).await;
    }
    if wanted("prune") {
        prune::measure(&mut stages, &mut report).await;
    }
    if wanted("work") {
        producers::measure(&mut stages, &mut report).await;
    }
    stages.remove().await;
    report.finish()
}
