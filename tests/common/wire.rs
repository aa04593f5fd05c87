//! A wire between a node and PostgreSQL that can be cut: as a whole, or one connection at its COMMIT.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use runledger::server::{
    boot::Core,
    db::{Db, DbSettings},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
};

use super::{TestApp, TestDatabase};

/// What happens, once, to the connection over which the word [`Trap::WORD`] has gone, when it commits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trap {
    /// The commit does not arrive.
    BeforeCommit,
    /// The commit is done, and nobody hears of it.
    AnswerToCommit,
}

impl Trap {
    pub const WORD: &'static str = "here the wire is cut";
}

/// Stands between a node and PostgreSQL.
pub struct Wire {
    pub url: String,
    database: DbSettings,
    open: watch::Sender<bool>,
    sprung: Arc<AtomicBool>,
}

impl Wire {
    pub async fn to(database: &TestDatabase) -> Self {
        Self::with(database, None).await
    }

    pub async fn with(database: &TestDatabase, trap: Option<Trap>) -> Self {
        let DbSettings::Postgres { url, .. } = database.settings() else { panic!("on PostgreSQL") };
        let mut url = url::Url::parse(url).unwrap();
        let server = (url.host_str().unwrap().to_owned(), url.port().unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        url.set_port(Some(listener.local_addr().unwrap().port())).unwrap();
        let (open, state) = watch::channel(true);
        let sprung = Arc::new(AtomicBool::new(false));
        let springs = sprung.clone();
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let (server, mut state, springs) = (server.clone(), state.clone(), springs.clone());
                tokio::spawn(async move {
                    // A cut wire takes no connection, and ends those that it has.
                    if !*state.borrow() {
                        return;
                    }
                    let Ok(far) = TcpStream::connect((server.0.as_str(), server.1)).await else { return };
                    tokio::select! {
                        _ = carry(near, far, trap, &springs) => {}
                        _ = state.wait_for(|open| !open) => {}
                    }
                });
            }
        });
        let database = DbSettings::Postgres { url: url.to_string(), connections: 8 };
        Self { url: url.to_string(), database, open, sprung }
    }

    /// A node at this end of the wire, with the clock and the keys of the other.
    pub async fn app(&self, other: &TestApp) -> TestApp {
        let db = Db::connect(&self.database).await.unwrap();
        let core = Core::on(db, other.core.clock.clone(), other.core.secrets.clone());
        TestApp { core, database: TestDatabase::reached(self.database.clone()) }
    }

    pub fn cut(&self) {
        self.open.send_replace(false);
    }

    pub fn mend(&self) {
        self.open.send_replace(true);
    }

    /// Whether the trap was there for somebody.
    pub fn has_sprung(&self) -> bool {
        self.sprung.load(Ordering::SeqCst)
    }
}

/// Carries what both sides say until one of them ends, or the trap springs.
async fn carry(
    mut near: TcpStream,
    mut far: TcpStream,
    trap: Option<Trap>,
    sprung: &AtomicBool,
) -> std::io::Result<()> {
    let (mut asked, mut told) = (vec![0; 16_384], vec![0; 16_384]);
    let mut marked = false;
    loop {
        tokio::select! {
            length = near.read(&mut asked) => {
                let said = &asked[..length?];
                if said.is_empty() {
                    return Ok(());
                }
                marked |= says(said, Trap::WORD);
                match trap.filter(|_| marked && says(said, "COMMIT")) {
                    Some(trap) if !sprung.swap(true, Ordering::SeqCst) => return spring(trap, far, said).await,
                    _ => far.write_all(said).await?,
                }
            }
            length = far.read(&mut told) => {
                let said = &told[..length?];
                if said.is_empty() {
                    return Ok(());
                }
                near.write_all(said).await?;
            }
        }
    }
}

async fn spring(trap: Trap, mut far: TcpStream, commit: &[u8]) -> std::io::Result<()> {
    if trap == Trap::AnswerToCommit {
        far.write_all(commit).await?;
        // Once there is an answer it is done.
        far.read_u8().await?;
    }
    Ok(())
}

fn says(said: &[u8], word: &str) -> bool {
    said.windows(word.len()).any(|part| part == word.as_bytes())
}
