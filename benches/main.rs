//! `make bench`: the numbers, each beside the same work done by the plainest thing that could do it, in the same run.

mod bare;
mod ensure;
mod events;
mod graph;
mod heap;
mod limits;
mod lists;
mod measure;
mod notify;
mod policies;
mod producers;
mod prune;
mod queue;
mod report;
mod seeding;
mod stage;
mod viewers;
mod web;

use std::{path::PathBuf, process::ExitCode};

use clap::Parser;

use crate::{report::Report, stage::Stages};

/// The same as the server's: memory is measured too.
#[global_allocator]
static ALLOCATOR: heap::Counted = heap::Counted;

/// Measures Runledger. PostgreSQL is the one at RUNLEDGER_TEST_POSTGRES_URL.
#[derive(Debug, Parser)]
struct Options {
    /// Smaller tables and shorter times: less than three minutes in all.
    #[arg(long)]
    quick: bool,
    /// Only these suites, by name.
    suites: Vec<String>,
    /// What cargo says to every bench.
    #[arg(long, hide = true)]
    bench: bool,
    /// The bench's own second process: viewers of the events at an address.
    #[arg(long, hide = true)]
    viewers_of: Option<String>,
    #[command(flatten)]
    watch: viewers::Watch,
    /// The bench's own second process: a Graph of these files, or with so many groups.
    #[arg(long, hide = true)]
    graph_of: Option<PathBuf>,
    #[arg(long, hide = true)]
    graph_groups: Option<usize>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::parse();
    if let Some(url) = options.viewers_of {
        viewers::view(&url, options.watch).await;
        return ExitCode::SUCCESS;
    }
    if options.graph_of.is_some() || options.graph_groups.is_some() {
        graph::simulate(options.graph_of, options.graph_groups.unwrap_or(0)).await;
        return ExitCode::SUCCESS;
    }
    let mut report = Report::new(options.quick);
    let mut stages = Stages::new(options.quick);
    let wanted = |name: &str| options.suites.is_empty() || options.suites.iter().any(|suite| suite == name);
    // First, while the process has no memory of other suites.
    if wanted("work") {
        producers::measure(&mut stages, &mut report).await;
    }
    // Seeded tables come next: later suites measure on them.
    if wanted("seed") {
        seeding::measure(&mut stages, &mut report).await;
    }
    // Before the thousands of active runs that creating leaves in these tables.
    if wanted("lists") {
        lists::measure(&mut stages, &mut report).await;
    }
    if wanted("ensure") {
        ensure::measure(&mut stages, &mut report).await;
    }
    if wanted("queue") {
        queue::measure(&mut stages, &mut report).await;
    }
    if wanted("events") {
        events::measure(&mut stages, &mut report).await;
    }
    if wanted("notify") {
        notify::measure(&mut stages, &mut report).await;
    }
    // It fills tables of its own, for which a disk may have no room beside the others.
    stages.remove().await;
    if wanted("prune") {
        prune::measure(&stages, &mut report).await;
    }
    report.finish()
}
