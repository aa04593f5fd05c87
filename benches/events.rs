//! Viewers on one process, one run changing ten times a second. The viewers are another process, so that the memory that
//! is measured is the server's alone.

use std::time::Duration;

use runledger::{
    model::run::{RunProgress, SummaryCounts},
    server::{clock::Clock, runs::RunChange},
};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    process::Command,
    task::JoinSet,
};

use crate::{
    measure::{Times, memory},
    report::{Aim, Report, Row},
    stage::{BIG, Engine, Stage, Stages, new_run},
    web::Web,
};

const CHANGES_A_SECOND: u32 = 10;
/// Before the time in the step of the run's progress, in microseconds since 1970.
const MARK: &str = "changed at ";

pub async fn measure(stages: &mut Stages, report: &mut Report) {
    let (viewers, seconds): (u32, u32) = if stages.quick { (500, 3) } else { (2_000, 15) };
    for engine in Engine::BOTH {
        let stage = Stage::open(engine).await;
        stage.seed(2_000).await;
        let scope = stage.scope(BIG).await;
        let web = Web::start(&stage.core, scope).await;
        let before = memory();
        let mut child = Command::new(std::env::current_exe().expect("this program has a name"))
            .args(["--viewers", &viewers.to_string(), "--viewers-of", &web.url, "--viewers-cookie", &web.cookie])
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the viewers start");
        let mut lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        assert_eq!(lines.next_line().await.expect("the viewers speak").as_deref(), Some("ready"));
        let each = (memory() - before) * 1024.0 / f64::from(viewers);
        change(&stage, scope, seconds).await;
        // The end of its input tells the viewers to count.
        drop(child.stdin.take());
        let told = lines.next_line().await.expect("the viewers speak").expect("the viewers count");
        let micros: Vec<u64> = serde_json::from_str(&told).expect("it is a list");
        let expected = u64::from(seconds * CHANGES_A_SECOND) * u64::from(viewers);
        let times = Times::of(micros.iter().map(|time| Duration::from_micros(*time)).collect(), Duration::from_secs(1));
        let row = |what: String, figure, unit| Row::new("events", what, figure, unit).on(engine.name());
        let delivered = format!("change to {viewers} viewers, p99");
        report.add(row(delivered, times.p99(), "ms").aim(Aim::AtMost(1_000.0)));
        report.add(row(format!("change to {viewers} viewers, p50"), times.p50(), "ms"));
        let share = micros.len() as f64 / expected as f64;
        report.add(row("messages of changes made".to_owned(), share, "share"));
        report.add(row("memory of a viewer".to_owned(), each, "KiB"));
        drop(web);
        stage.remove().await;
    }
}

async fn change(stage: &Stage, scope: runledger::server::db::scope::TenantScope, seconds: u32) {
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

/// The other process: so many viewers, until standard input ends; then all their times, as JSON.
pub async fn view(viewers: usize, url: &str, cookie: &str) {
    let address = url.trim_start_matches("http://").to_owned();
    let request = format!(
        "GET /t/{BIG}/events HTTP/1.1\r\nhost: {address}\r\ncookie: {cookie}\r\naccept: text/event-stream\r\n\r\n"
    );
    let stopping = tokio_util::sync::CancellationToken::new();
    let mut all = JoinSet::new();
    for _ in 0..viewers {
        let mut stream = TcpStream::connect(&address).await.expect("the server answers");
        stream.write_all(request.as_bytes()).await.expect("the server listens");
        let mut stream = BufReader::with_capacity(2048, stream);
        let mut head = String::new();
        stream.read_line(&mut head).await.expect("the server answers");
        assert!(head.contains("200"), "{head}");
        let stopping = stopping.clone();
        all.spawn(async move {
            let clock = Clock::system();
            let (mut line, mut times) = (String::new(), Vec::new());
            loop {
                line.clear();
                tokio::select! {
                    () = stopping.cancelled() => return times,
                    read = stream.read_line(&mut line) => if read.unwrap_or(0) == 0 { return times },
                }
                if let Some((_, after)) = line.split_once(MARK) {
                    let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
                    let sent: i64 = digits.parse().expect("it is a time");
                    times.push((clock.now().timestamp_micros() - sent).unsigned_abs());
                }
            }
        });
    }
    println!("ready");
    let mut rest = Vec::new();
    let _ = tokio::io::stdin().read_to_end(&mut rest).await;
    stopping.cancel();
    let mut times: Vec<u64> = Vec::new();
    while let Some(each) = all.join_next().await {
        times.extend(each.expect("a viewer panicked"));
    }
    println!("{}", serde_json::to_string(&times).expect("numbers are JSON"));
}
