//! `runledger doctor`: what a start would put right, without changing anything.

use std::{process::ExitCode, time::Duration};

use clap::Args;
use serde_json::json;

use super::CliError;
use crate::server::{boot::Core, clock::Clock, config::DataOptions, runs::repair::Health};

#[derive(Debug, Args)]
pub(super) struct Doctor {
    #[arg(long)]
    json: bool,
    /// A run whose worker gives no sign of life for this many seconds goes to another worker.
    #[arg(long, env = "RUNLEDGER_LEASE_SECONDS", default_value_t = 60)]
    lease_seconds: u64,
    #[command(flatten)]
    data: DataOptions,
}

impl Doctor {
    pub(super) async fn run(self) -> Result<ExitCode, CliError> {
        let core = Core::look(&self.data, Clock::system()).await?;
        let health = core.runs.health(Duration::from_secs(self.lease_seconds)).await?;
        if self.json {
            let mut told = json!(health);
            told["well"] = json!(health.is_well());
            say!("{told}");
        } else {
            for line in lines(&health) {
                say!("{line}");
            }
        }
        Ok(if health.is_well() { ExitCode::SUCCESS } else { ExitCode::from(1) })
    }
}

/// The findings as sentences, the good news first.
fn lines(health: &Health) -> Vec<String> {
    let Health { waiting, running, repairs, silent, unknown_type, restores_half_way, parked } = health;
    let mut lines = vec![match waiting {
        1 => format!("1 run waits for a worker, {running} are running."),
        _ => format!("{waiting} runs wait for a worker, {running} are running."),
    }];
    let findings = [
        (
            repairs.runs_without_task.cast_signed(),
            "run waits without a task; the next worker that starts queues one.",
            "runs wait without a task; the next worker that starts queues one for each.",
        ),
        (
            repairs.tasks_without_run.cast_signed(),
            "task belongs to no run; the next worker that starts removes it.",
            "tasks belong to no run; the next worker that starts removes them.",
        ),
        (
            repairs.tasks_unreadable.cast_signed(),
            "task cannot be read by the queue; the next worker that starts puts it aside.",
            "tasks cannot be read by the queue; the next worker that starts puts them aside.",
        ),
        (
            *silent,
            "running run has given no sign of life for longer than the lease; a worker takes it over.",
            "running runs have given no sign of life for longer than the lease; a worker takes them over.",
        ),
        (
            *unknown_type,
            "run is of a type that this version does not know; a newer version does it.",
            "runs are of types that this version does not know; a newer version does them.",
        ),
        (
            *restores_half_way,
            "confirmed restore has given no sign of life for longer than half of the lease; a worker goes on with it.",
            "confirmed restores have given no sign of life for longer than half of the lease; a worker goes on with them.",
        ),
    ];
    let found = findings.into_iter().filter(|(count, ..)| *count > 0);
    lines.extend(found.map(|(count, one, many)| format!("{count} {}", if count == 1 { one } else { many })));
    lines.extend(parked.iter().map(|task| format!("Put aside: task {task}")));
    if health.is_well() {
        lines.push("Nothing to repair.".to_owned());
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::runs::repair::Repairs;

    #[test]
    fn a_sick_installation_is_told_in_sentences_and_a_well_one_in_one() {
        let well = Health {
            waiting: 2,
            running: 1,
            repairs: Repairs::default(),
            silent: 0,
            unknown_type: 0,
            restores_half_way: 0,
            parked: Vec::new(),
        };
        assert_eq!(lines(&well), ["2 runs wait for a worker, 1 are running.", "Nothing to repair."]);
        let sick = Health { silent: 3, parked: vec!["x: odd".to_owned()], ..well };
        assert_eq!(lines(&sick).len(), 3);
        assert!(lines(&sick)[1].starts_with("3 running runs have"));
        assert!(lines(&Health { silent: 1, waiting: 1, ..sick })[1].starts_with("1 running run has"));
    }
}
