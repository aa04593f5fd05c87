//! Viewers on one process, one run changing ten times a second.

use std::time::Duration;

use runledger::{
    model::run::{RunProgress, SummaryCounts},
    server::{clock::Clock, db::scope::TenantScope, runs::RunChange},
};

use crate::{
    bare::BareStreams,
    heap,
    measure::Times,
    report::{Aim, Report, Row},
    stage::{BIG, Engine, Stage, Stages, new_run},
    viewers::{Viewers, Watch},
    web::Web,
};

const CHANGES_A_SECOND: u32 = 10;
/// Before the time in the step of the run's progress.
const MARK: &str = "changed at ";

pub async fn measure(stages: &mut Stages, report: &mut Report) {
    let (viewers, seconds): (u32, u32) = if stages.quick { (500, 2) } else { (2_000, 15) };
    for engine in Engine::BOTH {
        let stage = Stage::open(engine).await;
        stage.seed(2_000).await;
        let scope = stage.scope(BIG).await;
        let watch = Watch { mark: MARK.to_owned(), only: String::new() };
        let bare = bare(&stage.core.clock, &watch, viewers, seconds).await;
        let web = Web::start(&stage.core, scope).await;
        heap::begin();
        let open = Viewers::open(&web.url, &vec![web.cookie.clone(); viewers as usize], &watch).await;
        let each = heap::grown() / 1024.0 / f64::from(viewers);
        change(&stage, scope, seconds).await;
        let ours = Told::of(open, each).await;
        drop(web);
        let changes = f64::from(seconds * CHANGES_A_SECOND) * f64::from(viewers);
        let row = |what: String, unit, figure: &dyn Fn(&Told) -> f64| {
            Row::new("events", what, figure(&ours), unit).on(engine.name()).beside("bare writes", figure(&bare))
        };
        let delivered = |share: &str| format!("change to {viewers} viewers, {share}");
        report.add(row(delivered("p99"), "ms", &|told| told.times.p99()).aim(Aim::AtMost(1_000.0)));
        report.add(row(delivered("p50"), "ms", &|told| told.times.p50()));
        report.add(row("messages of changes made".to_owned(), "share", &|told| told.seen as f64 / changes));
        report.add(row("memory of a viewer, on the heap".to_owned(), "KiB", &|told| told.each));
        stage.remove().await;
    }
}

/// What came to the viewers, and what one of them cost in KiB.
struct Told {
    times: Times,
    seen: usize,
    each: f64,
}

impl Told {
    async fn of(viewers: Viewers, each: f64) -> Self {
        let (times, seen) = viewers.count().await;
        Self { times, seen, each }
    }
}

/// The same number of messages to the same viewers, of nothing.
async fn bare(clock: &Clock, watch: &Watch, viewers: u32, seconds: u32) -> Told {
    let streams = BareStreams::start().await;
    heap::begin();
    let open = Viewers::open(&streams.url, &vec!["none".to_owned(); viewers as usize], watch).await;
    let each = heap::grown() / 1024.0 / f64::from(viewers);
    let mut ticks = tokio::time::interval(Duration::from_secs(1) / CHANGES_A_SECOND);
    for _ in 0..seconds * CHANGES_A_SECOND {
        ticks.tick().await;
        streams.tell_all(&format!("{MARK}{}", clock.now().timestamp_micros()));
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    Told::of(open, each).await
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
