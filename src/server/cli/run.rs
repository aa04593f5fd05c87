//! `runledger run`: starting and looking at runs from scripts.

use std::{process::ExitCode, time::Duration};

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{CliError, admin::find_tenant};
use crate::{
    model::{
        filter::RunFilter,
        ids::RunId,
        operation::OperationType,
        run::{Initiator, Run, RunDetail, RunOutcome, Started},
        time,
    },
    server::{
        boot::Core,
        clock::Clock,
        config::DataOptions,
        db::{runs, scope::TenantScope},
        error::ServiceError,
        start::{retry, start},
    },
};

/// How often a waiting command looks.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// When nobody has taken the run by then, the person is told that there may be no worker.
const NOBODY_AFTER: Duration = Duration::from_secs(10);

#[derive(Debug, Subcommand)]
pub(super) enum RunCommand {
    /// Start an operation, or join the active run that does the same work.
    /// With --wait the exit code tells the outcome: 0 succeeded, 1 failed, 2 partially succeeded, 3 cancelled.
    Start(StartRun),
    /// The newest runs of a tenant.
    List(ListRuns),
    /// One run.
    Show(ShowRun),
    /// Stop a run: one that waits ends at once, a running one stops at its next step.
    Cancel(ShowRun),
    /// Do a run again that failed, wholly or in part, or was cancelled.
    Retry(RetryRun),
}

#[derive(Debug, Args)]
pub(super) struct StartRun {
    /// The tenant.
    slug: String,
    /// The operation type, as inventory.sync.
    #[arg(value_name = "TYPE")]
    operation_type: OperationType,
    /// The operation's inputs: a JSON object.
    #[arg(long, value_name = "JSON", default_value = "{}")]
    input: String,
    /// Wait until the run is completed.
    #[arg(long)]
    wait: bool,
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    data: DataOptions,
}

#[derive(Debug, Args)]
pub(super) struct RetryRun {
    #[command(flatten)]
    run: ShowRun,
    /// Only what failed in it, for types that can.
    #[arg(long)]
    failed_only: bool,
}

#[derive(Debug, Args)]
pub(super) struct ListRuns {
    slug: String,
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    data: DataOptions,
}

#[derive(Debug, Args)]
pub(super) struct ShowRun {
    id: RunId,
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    data: DataOptions,
}

impl RunCommand {
    pub(super) async fn run(self) -> Result<ExitCode, CliError> {
        match self {
            Self::Start(command) => command.run().await,
            Self::List(command) => command.run().await,
            Self::Show(command) => command.run().await,
            Self::Cancel(command) => command.cancel().await,
            Self::Retry(command) => command.run().await,
        }
    }
}

impl StartRun {
    async fn run(self) -> Result<ExitCode, CliError> {
        let inputs: Value = serde_json::from_str(&self.input)
            .map_err(|error| CliError::Refused(format!("--input is not JSON: {error}")))?;
        let core = Core::open(&self.data, Clock::system()).await?;
        let scope = find_tenant(&core, &self.slug).await?.scope();
        let started: Started =
            start(&core.runs, scope, self.operation_type, &inputs, at_the_command_line()).await?.into();
        core.live.flush().await;
        let run = if self.wait { wait(&core, started.run.clone()).await? } else { started.run.clone() };
        let outcome = run.outcome;
        tell_started(&core, scope, &Started { run, ..started }, self.json).await?;
        Ok(if self.wait { exit_code(outcome) } else { ExitCode::SUCCESS })
    }
}

impl ListRuns {
    async fn run(self) -> Result<ExitCode, CliError> {
        let core = Core::open(&self.data, Clock::system()).await?;
        let scope = find_tenant(&core, &self.slug).await?.scope();
        let page = core.runs.list(scope, &RunFilter::default()).await?;
        if self.json {
            print_json(&json!(page.runs));
        } else {
            for run in &page.runs {
                say!(
                    "{}  {:<22}  {:<20}  {}",
                    run.id,
                    run.operation_type.as_str(),
                    run.state().word(),
                    time::absolute(run.created_at)
                );
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl RetryRun {
    async fn run(self) -> Result<ExitCode, CliError> {
        let Self { run: ShowRun { id, json, data }, failed_only } = self;
        let core = Core::open(&data, Clock::system()).await?;
        let (_, scope) = runs::find_any(&core.db, id).await?.ok_or_else(|| no_run(id))?;
        let started: Started = retry(&core.runs, scope, id, failed_only, at_the_command_line()).await?.into();
        tell_started(&core, scope, &started, json).await?;
        core.live.flush().await;
        Ok(ExitCode::SUCCESS)
    }
}

impl ShowRun {
    async fn cancel(self) -> Result<ExitCode, CliError> {
        let core = Core::open(&self.data, Clock::system()).await?;
        let (_, scope) = runs::find_any(&core.db, self.id).await?.ok_or_else(|| no_run(self.id))?;
        core.runs.cancel(scope, self.id, &at_the_command_line()).await.map_err(ServiceError::from)?;
        let detail = detail(&core, scope, self.id).await?;
        if self.json {
            print_json(&flat(&detail));
        } else if detail.run.status.is_active() {
            say!("Asked run {} to stop; it does so at its next step.", self.id);
        } else {
            say!("Cancelled run {}.", self.id);
        }
        core.live.flush().await;
        Ok(ExitCode::SUCCESS)
    }

    async fn run(self) -> Result<ExitCode, CliError> {
        let core = Core::open(&self.data, Clock::system()).await?;
        let (_, scope) = runs::find_any(&core.db, self.id).await?.ok_or_else(|| no_run(self.id))?;
        let detail = detail(&core, scope, self.id).await?;
        if self.json {
            print_json(&json!(flat(&detail)));
        } else {
            print_run(&detail);
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn at_the_command_line() -> Initiator {
    Initiator { user_id: None, name: "command line".to_owned() }
}

async fn tell_started(core: &Core, scope: TenantScope, started: &Started, json: bool) -> Result<(), CliError> {
    let detail = detail(core, scope, started.run.id).await?;
    if json {
        print_json(&with_created(&detail, started.created));
    } else {
        say!("{} run {}", if started.created { "Created" } else { "Joined" }, detail.run.id);
        print_run(&detail);
    }
    Ok(())
}

async fn detail(core: &Core, scope: TenantScope, id: RunId) -> Result<RunDetail, CliError> {
    core.runs.detail(scope, id).await?.ok_or_else(|| no_run(id))
}

fn no_run(id: RunId) -> CliError {
    CliError::Refused(format!("there is no run {id}"))
}

async fn wait(core: &Core, run: Run) -> Result<Run, CliError> {
    let mut looks = tokio::time::interval(LOOK_EVERY);
    let begun = tokio::time::Instant::now();
    let mut told = false;
    loop {
        looks.tick().await;
        let (now, _) = runs::find_any(&core.db, run.id).await?.ok_or_else(|| no_run(run.id))?;
        if !now.status.is_active() {
            return Ok(now);
        }
        if !told && now.attempt == 0 && begun.elapsed() > NOBODY_AFTER {
            told = true;
            eprintln!("runledger: nobody has taken the run yet; is `runledger serve` or `runledger worker` running?");
        }
    }
}

fn exit_code(outcome: Option<RunOutcome>) -> ExitCode {
    ExitCode::from(match outcome {
        Some(RunOutcome::Succeeded) | None => 0,
        Some(RunOutcome::Failed) => 1,
        Some(RunOutcome::PartiallySucceeded) => 2,
        Some(RunOutcome::Cancelled) => 3,
    })
}

/// The run with its failures, context and history, as one object.
fn flat(detail: &RunDetail) -> Value {
    let mut flat = json!(detail.run);
    flat["run_identity_hash"] = json!(detail.run_identity_hash);
    flat["failures"] = json!(detail.failures);
    flat["context"] = detail.context.clone();
    flat["events"] = json!(detail.events);
    flat
}

fn with_created(detail: &RunDetail, created: bool) -> Value {
    let mut flat = flat(detail);
    flat["created"] = json!(created);
    flat
}

fn print_json(value: &Value) {
    say!("{value}");
}

fn print_run(detail: &RunDetail) {
    let run = &detail.run;
    let counts = &run.summary_counts;
    say!("{}: {}", run.operation_type.label(), run.state().word());
    say!(
        "{} items: {} succeeded, {} failed, {} skipped",
        counts.total,
        counts.succeeded,
        counts.failed,
        counts.skipped
    );
    for failure in &detail.failures {
        say!("- {}: {}", failure.item.as_deref().unwrap_or("run"), failure.message);
    }
}
