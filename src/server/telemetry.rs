//! The log: one line an event, to standard error.

use tracing_subscriber::{EnvFilter, fmt};

/// Starts logging. `RUNLEDGER_LOG` filters (as `runledger=debug`), `RUNLEDGER_LOG_FORMAT=json` makes lines of JSON.
pub fn start(default: &str) {
    let filter = EnvFilter::try_from_env("RUNLEDGER_LOG").unwrap_or_else(|_| EnvFilter::new(default));
    // A log that nobody reads any more must not take the server with it.
    let log = fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false).log_internal_errors(false);
    // Fails only where a test has started a log already.
    let _ = if std::env::var("RUNLEDGER_LOG_FORMAT").is_ok_and(|format| format == "json") {
        log.json().try_init()
    } else {
        log.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).try_init()
    };
}
