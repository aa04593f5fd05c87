//! Viewers of the event stream as a process of their own, so that the memory that is measured is the server's alone. They
//! note when they see a change that says when it was made.

use std::{collections::HashSet, process::Stdio, time::Duration};

use runledger::server::clock::Clock;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines},
    net::TcpStream,
    process::{Child, ChildStdout, Command},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;

use crate::{measure::Times, stage::BIG};

/// What the viewers look for.
#[derive(Debug, Clone, clap::Args)]
pub struct Watch {
    /// Stands before the time, in microseconds since 1970.
    #[arg(long = "viewers-mark", hide = true, default_value = "")]
    pub mark: String,
    /// Stands in the messages that count.
    #[arg(long = "viewers-only", hide = true, default_value = "")]
    pub only: String,
}

/// Open streams; they end when this is dropped.
pub struct Viewers {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Viewers {
    /// One stream for each cookie, all of them open when this is done.
    pub async fn open(url: &str, cookies: &[String], watch: &Watch) -> Self {
        let mut child = Command::new(std::env::current_exe().expect("this program has a name"))
            .args(["--viewers-of", url, "--viewers-mark", &watch.mark, "--viewers-only", &watch.only])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the viewers start");
        let input = child.stdin.as_mut().expect("it is piped");
        input.write_all(format!("{}\n\n", cookies.join("\n")).as_bytes()).await.expect("the viewers listen");
        let mut lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        assert_eq!(lines.next_line().await.expect("the viewers speak").as_deref(), Some("ready"));
        Self { child, lines }
    }

    /// How long each change that was seen was on its way.
    pub async fn count(mut self) -> (Times, usize) {
        // The end of its input tells the viewers to count.
        drop(self.child.stdin.take());
        let told = self.lines.next_line().await.expect("the viewers speak").expect("the viewers count");
        let micros: Vec<u64> = serde_json::from_str(&told).expect("it is a list");
        let each: Vec<_> = micros.iter().map(|time| Duration::from_micros(*time)).collect();
        (Times::of(each, Duration::from_secs(1)), micros.len())
    }
}

/// The other process: a stream for each line of its input up to an empty one, until the input ends; then all their times,
/// as JSON.
pub async fn view(url: &str, watch: Watch) {
    let address = url.trim_start_matches("http://").to_owned();
    let mut input = BufReader::new(tokio::io::stdin()).lines();
    let stopping = CancellationToken::new();
    let mut all = JoinSet::new();
    while let Some(cookie) = input.next_line().await.expect("there is input").filter(|line| !line.is_empty()) {
        let stream = connect(&address, &cookie).await;
        all.spawn(note(stream, watch.clone(), stopping.clone()));
    }
    println!("ready");
    let _ = input.into_inner().read_to_end(&mut Vec::new()).await;
    stopping.cancel();
    let mut times: Vec<u64> = Vec::new();
    while let Some(each) = all.join_next().await {
        times.extend(each.expect("a viewer panicked"));
    }
    println!("{}", serde_json::to_string(&times).expect("numbers are JSON"));
}

async fn connect(address: &str, cookie: &str) -> BufReader<TcpStream> {
    let mut stream = TcpStream::connect(address).await.expect("the server answers");
    let request = format!(
        "GET /t/{BIG}/events HTTP/1.1\r\nhost: {address}\r\ncookie: {cookie}\r\naccept: text/event-stream\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.expect("the server listens");
    let mut stream = BufReader::with_capacity(2048, stream);
    let mut head = String::new();
    stream.read_line(&mut head).await.expect("the server answers");
    assert!(head.contains("200"), "{head}");
    stream
}

async fn note(mut stream: BufReader<TcpStream>, watch: Watch, stopping: CancellationToken) -> Vec<u64> {
    let clock = Clock::system();
    let (mut line, mut times, mut seen) = (String::new(), Vec::new(), HashSet::new());
    loop {
        line.clear();
        tokio::select! {
            () = stopping.cancelled() => return times,
            read = stream.read_line(&mut line) => if read.unwrap_or(0) == 0 { return times },
        }
        if !line.contains(&watch.only) {
            continue;
        }
        if let Some((_, after)) = line.split_once(&watch.mark) {
            let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
            let sent: i64 = digits.parse().expect("it is a time");
            // What is told a second time is not shown a second time.
            if seen.insert(sent) {
                times.push((clock.now().timestamp_micros() - sent).unsigned_abs());
            }
        }
    }
}
