//! Configuration: options of the command line, each also by environment.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use chrono::TimeDelta;
use clap::Args;
use url::Url;

use super::{
    db::DbSettings,
    net::OutboundPolicy,
    notify::outgoing::{MailSettingsError, Mailer, OutgoingSettings, PATIENCE},
    runs::Limits,
};
use crate::model::run::SILENT_AFTER;

/// Where the data is.
#[derive(Debug, Clone, Args)]
pub struct DataOptions {
    /// The folder of the SQLite database and of the key file; made when it is not there.
    #[arg(long, env = "RUNLEDGER_DATA_DIR", default_value = "data")]
    pub data_dir: PathBuf,
    /// A postgres:// address, for many nodes. Without it: SQLite in the data directory.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<String>,
    /// Most connections to PostgreSQL, or readers of SQLite. On PostgreSQL up to seven more are for signs of life, for the
    /// queue and for what nodes tell each other.
    #[arg(long, env = "RUNLEDGER_DATABASE_CONNECTIONS", default_value_t = 10,
          value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub database_connections: u32,
    /// 32 bytes in hex that encrypt the client secrets. Without it: `secret.key` in the data directory.
    #[arg(long, env = "RUNLEDGER_SECRET_KEY", hide_env_values = true)]
    pub secret_key: Option<String>,
}

impl DataOptions {
    pub fn database(&self) -> Result<DbSettings, UnknownDatabase> {
        let connections = self.database_connections;
        match self.database_url.as_deref() {
            None | Some("") => {
                Ok(DbSettings::Sqlite { file: self.data_dir.join("runledger.db"), readers: connections })
            }
            Some(url) if url.starts_with("postgres://") || url.starts_with("postgresql://") => {
                Ok(DbSettings::Postgres { url: url.to_owned(), connections })
            }
            // Silently writing to another database than the one meant would be worse.
            Some(_) => Err(UnknownDatabase),
        }
    }
}

/// The address is of no database that Runledger knows. It is not repeated: it may hold a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownDatabase;

/// How jobs are done.
#[derive(Debug, Clone, Args)]
pub struct WorkerOptions {
    /// How many runs this process does at once; 0 for none.
    #[arg(long, env = "RUNLEDGER_CONCURRENCY", default_value_t = 4)]
    pub concurrency: usize,
    /// A run that takes longer ends with `timeout`, in minutes.
    #[arg(long, env = "RUNLEDGER_TIME_LIMIT_MINUTES", default_value_t = 120)]
    pub time_limit_minutes: u64,
    /// Completed runs are removed after this many days.
    #[arg(long, env = "RUNLEDGER_RETENTION_DAYS", default_value_t = super::runs::retention::DEFAULT_DAYS,
          value_parser = clap::value_parser!(u32).range(..=super::runs::retention::MOST_DAYS))]
    pub retention_days: u32,
    /// When they are removed, in UTC: a cron expression of seconds, minutes, hours, day, month and weekday.
    #[arg(long, env = "RUNLEDGER_PRUNE_AT", default_value = "0 17 3 * * *")]
    pub prune_at: cron::Schedule,
    /// Let outgoing addresses lead to this machine or a private network, and be http.
    #[arg(long, env = "RUNLEDGER_ALLOW_PRIVATE_ADDRESSES", default_value_t = false, action = clap::ArgAction::Set,
          num_args = 0..=1, default_missing_value = "true")]
    pub allow_private_addresses: bool,
    /// The SMTP server that sends notifications: smtps://user:password@host:465 or smtp://user:password@host:587?tls=required.
    #[arg(long, env = "RUNLEDGER_SMTP_URL", hide_env_values = true)]
    pub smtp_url: Option<String>,
    /// Who they are from: Runledger <runledger@example.com>.
    #[arg(long, env = "RUNLEDGER_SMTP_FROM")]
    pub smtp_from: Option<String>,
    /// A run whose worker gives no sign of life for this many seconds goes to another worker; a restore after half of it.
    #[arg(long, env = "RUNLEDGER_LEASE_SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(2..=86_400))]
    pub lease_seconds: u64,
    /// How many runs of one tenant may be running at once, on all nodes together, and how many restores beside them.
    #[arg(long, env = "RUNLEDGER_TENANT_RUNS", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    pub tenant_runs: u32,
    /// How many runs of one tenant and operation type may be running at once, on all nodes together.
    #[arg(long, env = "RUNLEDGER_TENANT_TYPE_RUNS", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..))]
    pub tenant_type_runs: u32,
    /// How long running jobs, and policies that are being restored, may go on when the process is asked to stop, in seconds.
    #[arg(long, env = "RUNLEDGER_GRACE_SECONDS", default_value_t = 20)]
    pub grace_seconds: u64,
}

impl WorkerOptions {
    pub const fn outbound(&self) -> OutboundPolicy {
        OutboundPolicy { allow_private: self.allow_private_addresses }
    }

    /// How notifications go out, with links to the address people use.
    pub fn outgoing(&self, public_url: Option<Url>) -> Result<OutgoingSettings, MailSettingsError> {
        let url = self.smtp_url.as_deref().filter(|url| !url.is_empty());
        let mail = url.map(|url| Mailer::new(url, self.smtp_from.as_deref(), PATIENCE)).transpose()?;
        Ok(OutgoingSettings { policy: self.outbound(), mail, public_url })
    }

    pub const fn lease(&self) -> Duration {
        Duration::from_secs(self.lease_seconds)
    }

    pub const fn limits(&self) -> Limits {
        Limits { of_tenant: self.tenant_runs, of_type: self.tenant_type_runs }
    }

    pub const fn time_limit(&self) -> Duration {
        Duration::from_secs(self.time_limit_minutes * 60)
    }
}

/// How the pages are served.
#[derive(Debug, Clone, Args)]
pub struct WebOptions {
    /// Where to listen.
    #[arg(long, env = "RUNLEDGER_ADDR", default_value = "127.0.0.1:3000")]
    pub addr: SocketAddr,
    /// The address people use, when a proxy stands before the server; https makes cookies secure.
    #[arg(long, env = "RUNLEDGER_PUBLIC_URL")]
    pub public_url: Option<Url>,
}

/// What the running server keeps of its options.
#[derive(Debug, Clone)]
pub struct Config {
    pub public_url: Option<Url>,
    /// From when on pages call a run silent.
    pub silent_after: TimeDelta,
}

impl Config {
    /// A run is told as silent before it is taken from its worker.
    pub fn new(public_url: Option<Url>, lease: Duration) -> Self {
        let share = TimeDelta::from_std(lease * 2 / 3).unwrap_or(SILENT_AFTER);
        Self { public_url, silent_after: share.min(SILENT_AFTER) }
    }

    /// Whether people reach the server by TLS.
    pub fn https(&self) -> bool {
        self.public_url.as_ref().is_some_and(|url| url.scheme() == "https")
    }
}
