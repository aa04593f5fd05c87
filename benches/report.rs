//! What was measured: a table while it runs, `bench.json` at the end.

use std::{path::PathBuf, process::ExitCode};

use serde::Serialize;

/// What a figure should be.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Aim {
    AtLeast(f64),
    AtMost(f64),
    /// Of the limit.
    RatioAtLeast(f64),
    RatioAtMost(f64),
    /// Of the limit, or else the figure.
    RatioAtMostOrAtMost(f64, f64),
}

/// One line of the table.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    pub suite: &'static str,
    pub what: String,
    pub engine: Option<&'static str>,
    pub figure: f64,
    pub unit: &'static str,
    /// The same work done by the plainest thing, and what that is.
    pub limit: Option<f64>,
    pub limit_is: Option<String>,
    pub ratio: Option<f64>,
    pub aim: Option<Aim>,
    pub met: Option<bool>,
}

impl Row {
    pub fn new(suite: &'static str, what: impl Into<String>, figure: f64, unit: &'static str) -> Self {
        Self {
            suite,
            what: what.into(),
            engine: None,
            figure,
            unit,
            limit: None,
            limit_is: None,
            ratio: None,
            aim: None,
            met: None,
        }
    }

    pub const fn on(mut self, engine: &'static str) -> Self {
        self.engine = Some(engine);
        self
    }

    pub fn beside(mut self, limit_is: impl Into<String>, limit: f64) -> Self {
        self.limit = Some(limit);
        self.limit_is = Some(limit_is.into());
        self.ratio = Some(self.figure / limit);
        self
    }

    pub fn aim(mut self, aim: Aim) -> Self {
        self.met = match aim {
            Aim::AtLeast(least) => Some(self.figure >= least),
            Aim::AtMost(most) => Some(self.figure <= most),
            Aim::RatioAtLeast(least) => self.ratio.map(|ratio| ratio >= least),
            Aim::RatioAtMost(most) => self.ratio.map(|ratio| ratio <= most),
            Aim::RatioAtMostOrAtMost(ratio, most) => {
                Some(self.figure <= most || self.ratio.is_some_and(|is| is <= ratio))
            }
        };
        self.aim = Some(aim);
        self
    }
}

#[derive(Serialize)]
pub struct Report {
    quick: bool,
    cores: usize,
    rows: Vec<Row>,
}

impl Report {
    pub fn new(quick: bool) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        println!(
            "{:<8} {:<60} {:<10} {:>12} {:<8} {:>12} {:>6} {:>10}",
            "suite", "what", "on", "figure", "", "limit", "ratio", "aim"
        );
        Self { quick, cores, rows: Vec::new() }
    }

    pub fn add(&mut self, row: Row) {
        let aim = match row.aim {
            Some(Aim::AtLeast(least)) => format!("≥ {}", number(least)),
            Some(Aim::AtMost(most)) => format!("≤ {}", number(most)),
            Some(Aim::RatioAtLeast(least)) => format!("≥ {least} ×"),
            Some(Aim::RatioAtMost(most)) => format!("≤ {most} ×"),
            Some(Aim::RatioAtMostOrAtMost(ratio, most)) => format!("≤ {ratio} × or {}", number(most)),
            None => String::new(),
        };
        println!(
            "{:<8} {:<60} {:<10} {:>12} {:<8} {:>12} {:>6} {:>10} {}",
            row.suite,
            row.what,
            row.engine.unwrap_or(""),
            number(row.figure),
            row.unit,
            row.limit.map(number).unwrap_or_default(),
            row.ratio.map(|ratio| format!("{ratio:.2}")).unwrap_or_default(),
            aim,
            match row.met {
                Some(true) => "met",
                Some(false) => "MISSED",
                None => "",
            },
        );
        self.rows.push(row);
    }

    /// Writes `bench.json` into cargo's target folder.
    pub fn finish(&self) -> ExitCode {
        let folder = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from);
        let file = folder.join("bench.json");
        let written = serde_json::to_vec_pretty(self)
            .map_err(std::io::Error::from)
            .and_then(|json| std::fs::create_dir_all(&folder).and_then(|()| std::fs::write(&file, json)));
        match written {
            Ok(()) => {
                let missed = self.rows.iter().filter(|row| row.met == Some(false)).count();
                println!("{} figures, {missed} aims missed; all of it is in {}", self.rows.len(), file.display());
                ExitCode::SUCCESS
            }
            Err(error) => {
                eprintln!("{} could not be written: {error}", file.display());
                ExitCode::FAILURE
            }
        }
    }
}

/// Three digits that count.
fn number(value: f64) -> String {
    match value.abs() {
        large if large >= 100.0 => format!("{value:.0}"),
        middle if middle >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}
