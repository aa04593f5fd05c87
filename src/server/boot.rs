//! Putting a process together: the database, the services, the workers.

use std::{fs::TryLockError, path::Path, sync::Arc, time::Duration};

use chrono::TimeDelta;
use leptos::config::{Env, LeptosOptions, get_configuration};
use tokio_util::sync::CancellationToken;

use super::{
    auth::AuthService,
    clock::Clock,
    config::{Config, DataOptions, UnknownDatabase, WorkerOptions},
    connections::Connections,
    db::{Db, DbSettings, MigrationError, installation},
    graph::RetryPolicy,
    jobs,
    live::Hub,
    net::http_client,
    notify::{
        InboxService, TellPeople,
        outgoing::{self, MailSettingsError, Outgoing, OutgoingSettings, TellDestinations},
    },
    restore::{self, DriverSettings, RestoreService},
    restore_shadow::{CancelRestore, SyncRestoreRunToOperation},
    runs::{OperationRunService, RunListener, TrackerSettings},
    schedules::{self, Schedules},
    secrets::{SecretBox, SecretError},
    state::AppState,
    worker::{self, WorkerSettings},
};

const HEARTBEAT: Duration = Duration::from_secs(10);
/// A job that was asked to stop and does not is cut off after this.
const CANCEL_PATIENCE: Duration = Duration::from_secs(60);

/// The pause between two tries to have the data directory alone.
const LOCK_PAUSE: Duration = Duration::from_millis(20);

/// Why a process cannot start, as its operator reads it.
#[derive(Debug, thiserror::Error)]
pub enum BootError {
    #[error("the data directory {path} cannot be used: {cause}")]
    DataDir { path: String, cause: std::io::Error },
    #[error("the database cannot be opened ({what}): {cause}")]
    Database { what: String, cause: sqlx::Error },
    #[error(
        "DATABASE_URL must begin with postgres:// or be absent; without it the data is in SQLite in the data directory"
    )]
    DatabaseUrl(UnknownDatabase),
    #[error(transparent)]
    Migration(#[from] MigrationError),
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error("{what} is of an older version of Runledger, or empty; `runledger migrate` brings it to this one")]
    NotMigrated { what: String },
    #[error(
        "the client secrets in this database are encrypted under another key; give every node the same RUNLEDGER_SECRET_KEY"
    )]
    OtherKey,
    #[error(transparent)]
    Mail(#[from] MailSettingsError),
    #[error("the HTTP client cannot be made: {0}")]
    Http(#[from] reqwest::Error),
    #[error(
        "the built page is not found ({0}); start the server from the folder with Leptos.toml, or set LEPTOS_OUTPUT_NAME and LEPTOS_SITE_ROOT"
    )]
    Leptos(String),
    #[error("{addr} cannot be listened on: {cause}")]
    Listen { addr: String, cause: std::io::Error },
}

/// What every command that works on the data needs.
#[derive(Clone)]
pub struct Core {
    pub db: Db,
    pub clock: Clock,
    pub secrets: SecretBox,
    pub live: Hub,
    pub runs: OperationRunService,
    pub restores: RestoreService,
    pub auth: AuthService,
    pub inbox: InboxService,
    pub outgoing: Outgoing,
}

impl Core {
    /// Opens the data, migrated.
    pub async fn open(data: &DataOptions, clock: Clock) -> Result<Self, BootError> {
        let data_dir_failed = |cause| BootError::DataDir { path: data.data_dir.display().to_string(), cause };
        make_private_folder(&data.data_dir).map_err(data_dir_failed)?;
        let settings = data.database().map_err(BootError::DatabaseUrl)?;
        // One process at a time makes the database and the key.
        let alone = lock(&data.data_dir).await.map_err(data_dir_failed)?;
        let failed = |cause| BootError::Database { what: name(&settings), cause };
        let db = Db::connect(&settings).await.map_err(failed)?;
        db.migrate().await?;
        // A database that only reads opens and migrates without a word when there is nothing to migrate.
        db.ping().await.map_err(failed)?;
        let secrets = SecretBox::open(data.secret_key.as_deref(), &data.data_dir)?;
        share_key(&db, &secrets).await?;
        drop(alone);
        Ok(Self::on(db, clock, secrets))
    }

    /// Opens the data as it is, to look at it: nothing is made and nothing migrated, and no secret can be read.
    pub async fn look(data: &DataOptions, clock: Clock) -> Result<Self, BootError> {
        let settings = data.database().map_err(BootError::DatabaseUrl)?;
        if let DbSettings::Sqlite { file, .. } = &settings
            && !file.is_file()
        {
            return Err(BootError::NotMigrated { what: name(&settings) });
        }
        let failed = |cause| BootError::Database { what: name(&settings), cause };
        let db = Db::look(&settings).await.map_err(failed)?;
        let (version, ours) = (installation::version(&db).await.map_err(failed)?, Db::newest_migration());
        match version {
            Some(version) if version > ours => Err(MigrationError::Newer(version).into()),
            Some(version) if version == ours => Ok(Self::on(db, clock, SecretBox::of_nobody()?)),
            _ => Err(BootError::NotMigrated { what: name(&settings) }),
        }
    }

    /// The services on a database that is open and migrated.
    pub fn on(db: Db, clock: Clock, secrets: SecretBox) -> Self {
        let live = Hub::start(&db);
        let mut mirrors = jobs::mirrors();
        mirrors.extend(schedules::mirrors());
        mirrors.push(Box::new(CancelRestore::new(&db, &clock)));
        let listeners: Vec<Box<dyn RunListener>> = vec![Box::new(TellPeople), Box::new(TellDestinations)];
        let runs = OperationRunService::new(db.clone(), clock.clone(), live.clone(), mirrors, listeners);
        let listener = Box::new(SyncRestoreRunToOperation::new(runs.clone()));
        let restores = RestoreService::new(db.clone(), clock.clone(), vec![listener]);
        let auth = AuthService::new(db.clone(), clock.clone());
        let inbox = InboxService::new(db.clone(), clock.clone(), live.clone());
        let outgoing = Outgoing::new(db.clone(), clock.clone(), secrets.clone());
        Self { db, clock, secrets, live, runs, restores, auth, inbox, outgoing }
    }

    /// The same with notifications that go out as the operator wants it.
    pub fn sending(self, settings: OutgoingSettings) -> Self {
        Self { outgoing: self.outgoing.with(settings), ..self }
    }

    /// Starts the workers of this process.
    pub fn start_workers(
        &self,
        options: &WorkerOptions,
        retry: RetryPolicy,
        stopping: &CancellationToken,
    ) -> Result<tokio::task::JoinSet<()>, BootError> {
        if options.concurrency == 0 {
            return Ok(tokio::task::JoinSet::new());
        }
        let policy = options.outbound();
        let http = http_client(policy)?;
        let connections =
            Connections::new(self.db.clone(), self.clock.clone(), self.secrets.clone(), http, policy, retry);
        let settings = WorkerSettings {
            concurrency: options.concurrency,
            tracker: TrackerSettings {
                worker: worker_name(),
                // Several beats fit into the lease, so that one that is late does not matter.
                heartbeat_every: HEARTBEAT.min(options.lease() / 4),
                time_limit: options.time_limit(),
                cancel_patience: CANCEL_PATIENCE,
                limits: options.limits(),
            },
            lease: options.lease(),
            retention: TimeDelta::days(i64::from(options.retention_days)),
            prune_at: options.prune_at.clone(),
            grace: Duration::from_secs(options.grace_seconds),
        };
        let router = jobs::JobRouter::new(jobs::producers(&connections));
        let mut workers = worker::start(&self.runs, &self.live, router, &settings, stopping);
        workers.spawn(outgoing::clockwork(self.outgoing.clone(), stopping.clone()));
        workers.spawn(schedules::clockwork(self.schedules(), stopping.clone()));
        let restoring =
            DriverSettings { patience: options.lease() / 2, grace: settings.grace, of_tenant: options.tenant_runs };
        workers.spawn(restore::drive(self.restores.clone(), connections, restoring, stopping.clone()));
        Ok(workers)
    }

    pub fn schedules(&self) -> Schedules {
        Schedules::new(self.runs.clone())
    }

    /// The state of the web server.
    pub fn web(&self, config: Config, leptos: LeptosOptions, stopping: &CancellationToken) -> AppState {
        AppState {
            leptos,
            config: Arc::new(config),
            auth: self.auth.clone(),
            inbox: self.inbox.clone(),
            outgoing: self.outgoing.clone(),
            runs: self.runs.clone(),
            restores: self.restores.clone(),
            live: self.live.clone(),
            stopping: stopping.clone(),
        }
    }
}

/// On PostgreSQL nodes share the client secrets: one whose key is not that of the first is refused before it harms any.
async fn share_key(db: &Db, secrets: &SecretBox) -> Result<(), BootError> {
    const WORD: &str = "runledger";
    if let Db::Sqlite(_) = db {
        return Ok(());
    }
    let failed = |cause| BootError::Database { what: "PostgreSQL at DATABASE_URL".to_owned(), cause };
    let mut tx = db.begin().await.map_err(failed)?;
    let stored = installation::agree(&mut tx, "secret_key", &secrets.encrypt(WORD, WORD)?).await.map_err(failed)?;
    tx.commit().await.map_err(failed)?;
    secrets.decrypt(&stored, WORD).map(drop).map_err(|_| BootError::OtherKey)
}

/// Leptos' options: from the environment (as under cargo-leptos), else from `Leptos.toml` here or beside the program.
pub fn leptos_options() -> Result<LeptosOptions, BootError> {
    let beside = std::env::current_exe().ok().and_then(|exe| exe.parent().map(|folder| folder.join("Leptos.toml")));
    let file = [Some(Path::new("Leptos.toml").to_owned()), beside].into_iter().flatten().find(|file| file.is_file());
    let found = match (std::env::var_os("LEPTOS_OUTPUT_NAME"), &file) {
        (None, Some(file)) => get_configuration(file.to_str()),
        _ => get_configuration(None),
    };
    let mut options = found.map_err(|error| BootError::Leptos(error.to_string()))?.leptos_options;
    // Started where nothing says so: only the place of the page's files is then to be told.
    if options.output_name.is_empty() {
        options.output_name = "runledger".into();
        options.hash_files = true;
        options.env = Env::PROD;
    }
    let mut root = Path::new(&*options.site_root).to_owned();
    if let (true, Some(folder)) = (root.is_relative(), file.as_deref().and_then(Path::parent)) {
        root = folder.join(root);
    }
    if !root.join(&*options.site_pkg_dir).is_dir() {
        return Err(BootError::Leptos(format!("{} is no folder with the page's files", root.display())));
    }
    options.site_root = root.to_string_lossy().into();
    Ok(options)
}

/// The database holds password hashes: nobody else looks in.
fn make_private_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder)
}

/// Holds the data directory for as long as the file is open. Asks again and again: whoever waits can be told to stop.
async fn lock(folder: &Path) -> std::io::Result<std::fs::File> {
    let file = std::fs::File::create(folder.join("start.lock"))?;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => tokio::time::sleep(LOCK_PAUSE).await,
            Err(TryLockError::Error(cause)) => return Err(cause),
        }
    }
}

/// This process in the history of runs.
fn worker_name() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    match host.trim() {
        "" => format!("worker-{}", std::process::id()),
        host => format!("{host}-{}", std::process::id()),
    }
}

fn name(settings: &DbSettings) -> String {
    match settings {
        DbSettings::Sqlite { file, .. } => file.display().to_string(),
        // The address may hold a password.
        DbSettings::Postgres { .. } => "PostgreSQL at DATABASE_URL".to_owned(),
    }
}
