//! Measuring: callers that do the same thing again and again, and the times it took them.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::task::JoinSet;

/// How long each of many calls took, and how many there were in a second.
#[derive(Debug, Clone, Default)]
pub struct Times {
    /// In microseconds, sorted.
    micros: Vec<u32>,
    pub took: Duration,
}

impl Times {
    pub fn of(mut each: Vec<Duration>, took: Duration) -> Self {
        each.sort_unstable();
        let micros = each.iter().map(|time| u32::try_from(time.as_micros()).unwrap_or(u32::MAX)).collect();
        Self { micros, took }
    }

    pub fn per_second(&self) -> f64 {
        self.micros.len() as f64 / self.took.as_secs_f64().max(1e-9)
    }

    /// The time in milliseconds that this share of the calls did not exceed.
    pub fn percentile(&self, share: f64) -> f64 {
        let Some(last) = self.micros.len().checked_sub(1) else { return f64::NAN };
        f64::from(self.micros[(last as f64 * share).round() as usize]) / 1000.0
    }

    pub fn p50(&self) -> f64 {
        self.percentile(0.5)
    }

    pub fn p95(&self) -> f64 {
        self.percentile(0.95)
    }

    pub fn p99(&self) -> f64 {
        self.percentile(0.99)
    }

    /// Both together, as if one had followed the other.
    fn and(mut self, other: Self) -> Self {
        self.micros.extend(other.micros);
        self.micros.sort_unstable();
        self.took += other.took;
        self
    }
}

/// One after the other, `times` times.
pub async fn repeat(times: usize, mut work: impl AsyncFnMut()) -> Times {
    let begun = Instant::now();
    let mut each = Vec::with_capacity(times);
    for _ in 0..times {
        let start = Instant::now();
        work().await;
        each.push(start.elapsed());
    }
    Times::of(each, begun.elapsed())
}

/// So many callers at once, for so long. The first fifth of the time warms up and does not count.
pub async fn callers<W, F>(callers: usize, time: Duration, work: W) -> Times
where
    W: Fn(usize) -> F + Send + Sync + 'static,
    F: Future<Output = ()> + Send,
{
    let work = Arc::new(work);
    let warm = Instant::now() + time / 5;
    let end = warm + time;
    let mut tasks = JoinSet::new();
    for caller in 0..callers {
        let work = work.clone();
        tasks.spawn(async move {
            let mut each = Vec::new();
            loop {
                let start = Instant::now();
                if start >= end {
                    return each;
                }
                work(caller).await;
                let done = Instant::now();
                if start >= warm && done <= end {
                    each.push(done - start);
                }
            }
        });
    }
    let mut all = Vec::new();
    while let Some(each) = tasks.join_next().await {
        all.extend(each.expect("a caller panicked"));
    }
    Times::of(all, time)
}

/// Measures several things in turns, so that a change in the machine's mood touches all of them alike.
pub async fn in_turns<const N: usize>(turns: usize, mut measure: impl AsyncFnMut(usize) -> Times) -> [Times; N] {
    let mut all: [Times; N] = std::array::from_fn(|_| Times::default());
    for _ in 0..turns {
        for (index, times) in all.iter_mut().enumerate() {
            *times = std::mem::take(times).and(measure(index).await);
        }
    }
    all
}

/// Resident memory of this process in MiB.
pub fn memory() -> f64 {
    status("VmRSS:")
}

/// The most that [`memory`] was since [`reset_peak`].
pub fn peak_memory() -> f64 {
    status("VmHWM:")
}

pub fn reset_peak() {
    // 5 resets the high-water mark; without the right to, the mark stays where it was.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

fn status(key: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(key)).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse::<f64>().map_or(f64::NAN, |kib| kib / 1024.0)
}
