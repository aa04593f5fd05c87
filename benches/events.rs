//! Viewers on one process, one run changing ten times a second.

use std::time::Duration;

use runledger::{
    model::run::{RunProgress, SummaryCounts},
    server::{db::scope::TenantScope, runs::RunChange},
};

use crate::{
    heap,
    report::{Aim, Report, Row},
    stage::{BIG, Engine, Stage, Stages, new_run},
    viewers::{Viewers, Watch},
    web::Web,
};

const CHANGES_A_SECOND: u32 = 10;
/// Before the time in the step of the run's progress.
const MARK: &str = "changed at ";

pub async fn measure(stages: &mut Stages, report: &mut Report) {
    let (viewers, seconds): (u32, u32) = if stages.quick { (500, 3) } else { (2_000, 15) };
    for engine in Engine::BOTH {
        let stage = Stage::open(engine).await;
        stage.seed(2_000).await;
        let scope = stage.scope(BIG).await;
        let web = Web::start(&stage.core, scope).await;
        heap::begin();
        let watch = Watch { mark: MARK.to_owned(), only: String::new() };
        let open = Viewers::open(&web, &vec![web.cookie.clone(); viewers as usize], &watch).await;
        let each = heap::grown() / 1024.0 / f64::from(viewers);
        change(&stage, scope, seconds).await;
        let (times, seen) = open.count().await;
        let expected = u64::from(seconds * CHANGES_A_SECOND) * u64::from(viewers);
        let row = |what: String, figure, unit| Row::new("events", what, figure, unit).on(engine.name());
        let delivered = format!("change to {viewers} viewers, p99");
        report.add(row(delivered, times.p99(), "ms").aim(Aim::AtMost(1_000.0)));
        report.add(row(format!("change to {viewers} viewers, p50"), times.p50(), "ms"));
        report.add(row("messages of changes made".to_owned(), seen as f64 / expected as f64, "share"));
        report.add(row("memory of a viewer, on the heap".to_owned(), each, "KiB"));
        drop(web);
        stage.remove().await;
    }
}

async fn change(stage: &Stage, scope: TenantScope, seconds: u32) {
    let ledger = &stage.core.runs;
    let run = ledger.ensure_run(scope, new_run(0)).await.expect("it is created").run().id;
    ledger.update_run(run, 0, "bench", RunChange::Start).await.expect("it starts");
    let mut ticks = tokio::time::interval(Duration::from_secs(1) / CHANGES_A_SECOND);
    for done in 0..seconds * CHANGES_A_SECOND {
        ticks.tick().await;
        let step = format!("{MARK}{}", stage.core.clock.now().timestamp_micros());
        let progress = RunProgress { done: u64::from(done), total: None, unit: "changes".to_owned(), step: Some(step) };
        let change =
            RunChange::Progress { counts: SummaryCounts::default(), failures: Vec::new(), progress: Some(progress) };
        ledger.update_run(run, 1, "bench", change).await.expect("it changes");
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
}
