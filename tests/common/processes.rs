//! The built program as processes of its own, on a database that they share.

use std::{
    fs::File,
    net::TcpListener,
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use runledger::server::db::DbSettings;
use tempfile::TempDir;

use super::{TestDatabase, eventually};

const PROGRAM: &str = env!("CARGO_BIN_EXE_runledger");

/// A database and the environment of every process on it.
pub struct Installation {
    folder: Arc<TempDir>,
    environment: Vec<(&'static str, String)>,
    begun: AtomicU32,
}

impl Installation {
    pub fn on(database: &TestDatabase) -> Self {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        // Where the page's files would be: tests do without them.
        std::fs::create_dir_all(folder.path().join("site/pkg")).unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        let mut environment = vec![
            ("RUNLEDGER_SECRET_KEY", "11".repeat(32)),
            ("RUNLEDGER_ALLOW_PRIVATE_ADDRESSES", "true".to_owned()),
            ("LEPTOS_OUTPUT_NAME", "runledger".to_owned()),
            ("LEPTOS_SITE_ROOT", path("site")),
        ];
        match database.settings() {
            DbSettings::Postgres { url, .. } => {
                environment.extend([("DATABASE_URL", url.clone()), ("RUNLEDGER_DATA_DIR", path("data"))]);
            }
            DbSettings::Sqlite { file, .. } => {
                environment.push(("RUNLEDGER_DATA_DIR", file.parent().unwrap().display().to_string()));
            }
        }
        Self { folder, environment, begun: AtomicU32::new(0) }
    }

    /// With another setting for the processes that are yet to start.
    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.environment.push((name, value.to_owned()));
        self
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.args(arguments).env_remove("DATABASE_URL").envs(self.environment.iter().cloned());
        command
    }

    /// A server whose files [`Process::fill_disk`] can keep from growing: a write that fails must not end it, as by default
    /// it would.
    pub fn serve_on_small_disk(&self, address: &str) -> Process {
        let mut command = Command::new("sh");
        command.args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\"", PROGRAM, "serve", "--addr", address]);
        command.env_remove("DATABASE_URL").envs(self.environment.iter().cloned());
        self.start(command)
    }

    fn spawn(&self, arguments: &[&str]) -> Process {
        self.start(self.command(arguments))
    }

    /// A process that goes on; what it says is kept.
    fn start(&self, mut command: Command) -> Process {
        let log = self.folder.path().join(format!("{}.log", self.begun.fetch_add(1, Ordering::Relaxed)));
        let output = File::create(&log).unwrap();
        command.stdin(Stdio::null()).stdout(output.try_clone().unwrap()).stderr(output);
        Process { child: command.spawn().unwrap(), log, _folder: self.folder.clone() }
    }

    pub fn worker(&self) -> Process {
        self.spawn(&["worker"])
    }

    /// A web server at an address of this machine, as `free_address` gives it.
    pub fn serve(&self, address: &str) -> Process {
        self.spawn(&["serve", "--addr", address])
    }
}

/// An address that nobody listened on a moment ago.
pub fn free_address() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

/// A process; it is killed with the test.
pub struct Process {
    child: Child,
    log: PathBuf,
    _folder: Arc<TempDir>,
}

impl Process {
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// All that it has said so far.
    pub fn said(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Waits until it has said this.
    pub async fn says(&mut self, words: &str) {
        eventually(&format!("a process says {words:?}"), async || {
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none() || self.said().contains(words), "it ended: {ended:?}\n{}", self.said());
            self.said().contains(words).then_some(())
        })
        .await;
    }

    /// Waits until the server listens or the worker works.
    pub async fn is_up(&mut self) {
        eventually("a process is up", async || {
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none(), "it ended: {ended:?}\n{}", self.said());
            self.was_up().then_some(())
        })
        .await;
    }

    /// Whether it has got beyond its start.
    pub fn was_up(&self) -> bool {
        let said = self.said();
        said.contains("Runledger is at") || said.contains("working concurrency")
    }

    /// How it ended, if it did.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().unwrap()
    }

    /// SIGKILL: nothing is said, nothing is closed.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// SIGTERM: it is asked to stop.
    pub fn terminate(&self) {
        let asked = Command::new("kill").arg(self.id().to_string()).status().unwrap();
        assert!(asked.success());
    }

    /// From now on no file of it grows.
    pub fn fill_disk(&self) {
        self.limit_files("1:unlimited");
    }

    pub fn empty_disk(&self) {
        self.limit_files("unlimited:unlimited");
    }

    fn limit_files(&self, bytes: &str) {
        let id = self.id().to_string();
        let limited = Command::new("prlimit").args(["--pid", &*id, &*format!("--fsize={bytes}")]).status().unwrap();
        assert!(limited.success());
    }

    /// Waits for its end.
    pub async fn end(&mut self) -> ExitStatus {
        eventually("a process ends", async || self.ended()).await
    }

    /// Whether this process is who acts under this name in a run's history.
    pub fn is(&self, actor: &str) -> bool {
        actor.ends_with(&format!("-{}", self.id()))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}
