//! What is secret about a destination is neither in the log nor in the database.

use std::{
    io::Write,
    path::Path,
    sync::{Arc, LazyLock, Mutex},
};

use reqwest::StatusCode;
use runledger::server::{
    db::{Db, DbSettings},
    notify::outgoing::{Mailer, PATIENCE},
};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpListener,
};
use tracing_subscriber::{EnvFilter, fmt, fmt::MakeWriter};

use crate::{common::TestApp, on_both_engines, support::*};

/// Part of an address, and of a password.
const PATH: &str = "secret-path-of-the-hook";
const PASSWORD: &str = "hunter2-of-the-mail-server";

/// The log of this whole program, with more in it than the product writes unasked.
static LOG: LazyLock<Kept> = LazyLock::new(|| {
    let kept = Kept::default();
    let filter = EnvFilter::new("debug,runledger=trace");
    fmt().with_env_filter(filter).with_ansi(false).with_writer(kept.clone()).init();
    kept
});

#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Kept {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Kept {
    type Writer = Self;
    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// A mail server that asks who one is and believes nobody.
async fn suspicious_smtp_server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (read, mut write) = listener.accept().await.unwrap().0.into_split();
            let mut lines = BufReader::new(read).lines();
            write.write_all(b"220 test\r\n").await.unwrap();
            while let Ok(Some(line)) = lines.next_line().await {
                let answer: &[u8] = match line.get(..4) {
                    Some("EHLO") => b"250-test\r\n250 AUTH PLAIN LOGIN\r\n",
                    Some("AUTH") => b"535 no\r\n",
                    _ => b"221 bye\r\n",
                };
                if write.write_all(answer).await.is_err() {
                    break;
                }
            }
        }
    });
    format!("smtp://runledger:{PASSWORD}@{address}")
}

/// All that the database holds, as far as a reader of its files or of its rows sees it.
async fn stored(app: &TestApp) -> Vec<u8> {
    match (&app.core.db, app.database.settings()) {
        (Db::Postgres(pool), _) => {
            let mut all = Vec::new();
            for table in ["outgoing_destinations", "outgoing_deliveries", "audit_entries"] {
                let rows = sqlx::AssertSqlSafe(format!("SELECT {table}::text FROM {table}"));
                let rows: Vec<(String,)> = sqlx::query_as(rows).fetch_all(pool).await.unwrap();
                assert!(!rows.is_empty(), "{table}");
                all.extend(rows.into_iter().flat_map(|(row,)| row.into_bytes()));
            }
            all
        }
        (Db::Sqlite(_), DbSettings::Sqlite { file, .. }) => {
            let read = |file: &Path| std::fs::read(file).unwrap_or_default();
            [read(file), read(&file.with_extension("db-wal"))].concat()
        }
        _ => panic!("the settings are of another engine"),
    }
}

fn holds(haystack: &[u8], word: &str) -> bool {
    haystack.windows(word.len()).any(|window| window == word.as_bytes())
}

on_both_engines! {
    async fn nothing_that_is_secret_is_logged_or_stored_in_the_clear(app: TestApp) {
        let mut app = app;
        let log_of_all = LOG.clone();
        let sender = Some("Runledger <runledger@example.com>");
        let wrong = Mailer::new(&format!("smtp//runledger:{PASSWORD}@mail.example"), sender, PATIENCE);
        assert!(!wrong.err().expect("that is no address").to_string().contains(PASSWORD));
        let mailer = Mailer::new(&suspicious_smtp_server().await, sender, PATIENCE).unwrap();
        let World { contoso, ana, web: _web, .. } = world(&mut app, Some(mailer)).await;
        let receiver = Receiver::default();
        *receiver.answers.lock().unwrap() = vec![200, 500, 410];
        let host = receiver.start().await.replace("/hook", "");
        let mut secrets = Vec::new();
        for address in [&*host, &*host, &*host, "http://127.0.0.1:9"] {
            let (status, added) = add(&ana, "webhook", &format!("{address}/{PATH}?key={PATH}")).await;
            assert_eq!(status, StatusCode::OK, "{added}");
            secrets.push(added["secret"].as_str().unwrap().trim_start_matches("whsec_").to_owned());
        }
        add(&ana, "slack", &format!("{host}/{PATH}")).await;
        assert_eq!(add(&ana, "email", "ops@contoso.example").await.0, StatusCode::OK);
        // What is refused is not written down either.
        assert_eq!(add(&ana, "webhook", &format!("ftp://127.0.0.1/{PATH}")).await.0, StatusCode::UNPROCESSABLE_ENTITY);
        ended(&app, contoso, true, 0).await;
        assert_eq!(send_due(&app).await, 6);
        let lines = log(&ana).await;
        let states: Vec<&str> = lines.iter().map(|line| line["state"].as_str().unwrap()).collect();
        let count = |state: &str| states.iter().filter(|one| **one == state).count();
        assert_eq!((count("delivered"), count("given_up"), count("waiting")), (2, 1, 3), "{lines:#?}");
        let mail = lines.iter().find(|line| line["kind"] == "email").unwrap();
        assert_eq!(mail["status_code"], 535, "{mail}");
        let again = [("tenant", "contoso"), ("delivery", mail["id"].as_str().unwrap())];
        assert_eq!(ana.ask("outgoing/redeliver", &again).await.0, StatusCode::OK);

        let (text, stored) = (log_of_all.text(), stored(&app).await);
        assert!(text.contains("tried to deliver") && text.contains("could not be sent"), "the log is read");
        let shown: Value = ana.ask("outgoing/list", &[("tenant", "contoso")]).await.1;
        let words = ["whsec_", PATH, PASSWORD].into_iter().chain(secrets.iter().map(String::as_str));
        for word in words {
            let line = text.lines().find(|line| line.contains(word));
            assert!(line.is_none(), "{word} is in the log: {line:?}");
            assert!(!holds(&stored, word), "{word} is in the database");
            assert!(!shown.to_string().contains(word), "{word} is shown");
        }
    }
}
