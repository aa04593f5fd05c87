//! A PostgreSQL that belongs to one test, which may do with it what it likes.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

/// It goes with the test, be it killed: it lives as long as its standard input is open.
pub struct OwnPostgres {
    keeper: Child,
    url: String,
}

impl OwnPostgres {
    /// As the tests' own server is made, only that it keeps what it has promised when it crashes.
    pub fn start() -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/with-postgres");
        let mut keeper = Command::new(script)
            .args(["sh", "-c", "echo $RUNLEDGER_TEST_POSTGRES_URL; exec cat"])
            .env("RUNLEDGER_POSTGRES", "durable")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut url = String::new();
        BufReader::new(keeper.stdout.take().unwrap()).read_line(&mut url).unwrap();
        assert!(url.starts_with("postgres://"), "PostgreSQL did not start");
        Self { keeper, url: url.trim().to_owned() }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// Restarts the server as a crash would. Its folder is asked for over a connection, so it has to be there.
    pub async fn restart(&self) {
        use sqlx::Connection;
        let mut connection = sqlx::PgConnection::connect(&self.url).await.unwrap();
        let data: String = sqlx::query_scalar("SHOW data_directory").fetch_one(&mut connection).await.unwrap();
        let script = r#"bin=${RUNLEDGER_POSTGRES_BIN:-$(ls -d /usr/lib/postgresql/*/bin | tail -1)}
            cmd="$bin/pg_ctl -D $0 -m immediate -w restart -l $0/server.log"
            cd /; if [ "$(id -u)" = 0 ]; then runuser -u postgres -- $cmd; else $cmd; fi >/dev/null 2>&1"#;
        let status = tokio::process::Command::new("sh").args(["-c", script, &data]).status().await.unwrap();
        assert!(status.success(), "PostgreSQL restarts");
    }
}

impl Drop for OwnPostgres {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}
