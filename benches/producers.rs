//! The producers on a Graph that answers at once, and comparing thousands of policies.

use std::{path::Path, time::Instant};

use clap::Parser;
use runledger::{
    model::{operation::OperationType, run::RunOutcome},
    server::{
        config::WorkerOptions,
        drift::compare,
        graph::RetryPolicy,
        runs::NewRun,
        simulator::{Simulator, SimulatorOptions, serve},
    },
};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{
    measure::{memory, peak_memory, reset_peak},
    report::{Aim, Report, Row},
    stage::{Engine, Stage, Stages, new_run},
};

/// The product's own options, with its defaults.
#[derive(clap::Parser)]
struct Work {
    #[command(flatten)]
    options: WorkerOptions,
}

pub async fn measure(stages: &mut Stages, report: &mut Report) {
    let (policies, groups) = if stages.quick { (500, 2_000) } else { (5_000, 20_000) };
    for engine in Engine::BOTH {
        let folder = tempfile::tempdir().expect("a folder for policies");
        write_policies(folder.path(), policies);
        let data = SimulatorOptions { data: Some(folder.path().to_owned()), page_size: 999, ..Default::default() };
        sync(report, engine, OperationType::PolicySync, policies as u64, data).await;
        let many = SimulatorOptions { groups, page_size: 999, ..Default::default() };
        sync(report, engine, OperationType::DirectoryGroupsSync, groups as u64, many).await;
    }
    comparing(report, policies);
}

async fn sync(
    report: &mut Report,
    engine: Engine,
    operation_type: OperationType,
    items: u64,
    options: SimulatorOptions,
) {
    let stage = Stage::open(engine).await;
    let simulator = Simulator::new(options).expect("the simulator starts");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let url = format!("http://{}", listener.local_addr().expect("it is bound"));
    let stopping = CancellationToken::new();
    tokio::spawn(serve(listener, simulator, stopping.clone().cancelled_owned()));
    let scope = stage.tenant("bench", &url).await;
    let work = Work::parse_from(["bench", "--concurrency", "1", "--allow-private-addresses"]).options;
    let workers = stage.core.start_workers(&work, RetryPolicy::system(), &stopping).expect("the workers start");
    for round in ["first", "again"] {
        reset_peak();
        let before = memory();
        let begun = Instant::now();
        let new = NewRun { operation_type, inputs: json!({}), ..new_run(0) };
        let id = stage.core.runs.ensure_run(scope, new).await.expect("it is created").run().id;
        let detail = loop {
            let detail = stage.core.runs.detail(scope, id).await.expect("it is read").expect("it is there");
            if !detail.run.status.is_active() {
                break detail;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        };
        let took = begun.elapsed().as_secs_f64();
        assert_eq!(detail.run.outcome, Some(RunOutcome::Succeeded), "{:?}", detail.failures);
        assert!(detail.run.summary_counts.succeeded >= items, "{:?}", detail.run.summary_counts);
        let row = |what: &str, figure, unit| {
            Row::new("work", format!("{operation_type} {round}, {what}"), figure, unit).on(engine.name())
        };
        let rate = detail.run.summary_counts.processed as f64 / took;
        report.add(row(&format!("{items} items"), rate, "items/s").aim(Aim::AtLeast(1_000.0)));
        report.add(row("memory at its peak, with the simulator's", peak_memory() - before, "MiB"));
    }
    stopping.cancel();
    drop(workers);
    stage.remove().await;
}

/// A file with this many device configurations of some forty settings.
fn write_policies(folder: &Path, count: usize) {
    let policies: Vec<Value> = (0..count).map(policy).collect();
    let file = json!({
        "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#deviceManagement/deviceConfigurations",
        "value": policies,
    });
    std::fs::write(folder.join("deviceConfigurations.json"), file.to_string()).expect("the file is written");
}

fn policy(number: usize) -> Value {
    let mut policy = json!({
        "@odata.type": "#microsoft.graph.windows10GeneralConfiguration",
        "id": format!("{number:08x}-0000-4000-8000-000000000000"),
        "displayName": format!("Windows - Restrictions {number}"),
        "description": "Made for measuring",
        "version": 1,
    });
    for setting in 0..40 {
        policy[format!("setting{setting}")] = match setting % 4 {
            0 => json!(number.is_multiple_of(2)),
            1 => json!(number + setting),
            2 => json!(["first", "second", { "name": "third", "value": number }]),
            _ => json!({ "inner": { "value": setting, "text": "some text that is not short" } }),
        };
    }
    policy
}

/// Compares as many policies with changed ones.
fn comparing(report: &mut Report, count: usize) {
    let before: Vec<Value> = (0..count).map(policy).collect();
    let mut after = before.clone();
    for policy in after.iter_mut().step_by(10) {
        policy["setting3"]["inner"]["value"] = json!("changed");
    }
    let begun = Instant::now();
    let changed = before.iter().zip(&after).filter(|(before, after)| !compare(before, after).is_empty()).count();
    let took = begun.elapsed().as_secs_f64();
    assert_eq!(changed, count.div_ceil(10));
    let begun = Instant::now();
    let unequal = before.iter().zip(&after).filter(|(before, after)| before != after).count();
    let plain = begun.elapsed().as_secs_f64();
    assert_eq!(unequal, changed);
    let row = Row::new("work", format!("compare {count} policies with {count}"), took, "s");
    report.add(row.beside("are they equal", plain).aim(Aim::AtMost(10.0)));
}
