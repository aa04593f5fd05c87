//! A wire between a node and PostgreSQL that can be cut, go dead, or lose a commit or the answer to it.

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
    /// Connections of an earlier generation are half open: they stand, and carry nothing.
    generation: watch::Sender<u32>,
    losses: Losses,
}

/// What the wire is to lose.
#[derive(Clone, Default)]
struct Losses {
    trap: Option<Trap>,
    sprung: Arc<AtomicBool>,
    /// The answer to the next commit, whoever's it is.
    next_answer: Arc<AtomicBool>,
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
        let (generation, generations) = watch::channel(0);
        let losses = Losses { trap, ..Losses::default() };
        let loses = losses.clone();
        tokio::spawn(async move {
            while let Ok((mut near, _)) = listener.accept().await {
                let (server, mut state, loses) = (server.clone(), state.clone(), loses.clone());
                let mut generations = generations.clone();
                generations.mark_unchanged();
                tokio::spawn(async move {
                    // A cut wire takes no connection, and ends those that it has.
                    if !*state.borrow() {
                        return;
                    }
                    let Ok(mut far) = TcpStream::connect((server.0.as_str(), server.1)).await else { return };
                    let ends = async { drop(state.wait_for(|open| !open).await) };
                    let dead = tokio::select! {
                        _ = carry(&mut near, &mut far, &loses) => false,
                        () = ends => false,
                        _ = generations.changed() => true,
                    };
                    if dead {
                        std::future::pending().await
                    }
                });
            }
        });
        let database = DbSettings::Postgres { url: url.to_string(), connections: 8 };
        Self { url: url.to_string(), database, open, generation, losses }
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

    /// The connections that there are carry nothing any more, and nobody is told. New ones work.
    pub fn deaden(&self) {
        self.generation.send_modify(|generation| *generation += 1);
    }

    /// What makes the wire lose the answer to the next commit, and its connection; false again once that has happened.
    pub fn lossy(&self) -> Arc<AtomicBool> {
        self.losses.next_answer.clone()
    }

    /// Whether the trap was there for somebody.
    pub fn has_sprung(&self) -> bool {
        self.losses.sprung.load(Ordering::SeqCst)
    }
}

impl Losses {
    /// What is to become of this commit.
    fn of(&self, marked: bool) -> Option<Trap> {
        if self.next_answer.load(Ordering::SeqCst) {
            return Some(Trap::AnswerToCommit);
        }
        self.trap.filter(|_| marked && !self.sprung.swap(true, Ordering::SeqCst))
    }
}

/// Carries what both sides say until one of them ends, or something is lost.
async fn carry(near: &mut TcpStream, far: &mut TcpStream, losses: &Losses) -> std::io::Result<()> {
    let (mut asked, mut told) = (vec![0; 65_536], vec![0; 65_536]);
    let mut marked = false;
    loop {
        tokio::select! {
            length = near.read(&mut asked) => {
                let said = &asked[..length?];
                if said.is_empty() {
                    return Ok(());
                }
                marked |= says(said, Trap::WORD);
                let lost = if says(said, "COMMIT") { losses.of(marked) } else { None };
                if lost == Some(Trap::BeforeCommit) {
                    return Ok(());
                }
                far.write_all(said).await?;
                if lost == Some(Trap::AnswerToCommit) {
                    // Once there is an answer it is done.
                    far.read_u8().await?;
                    losses.next_answer.store(false, Ordering::SeqCst);
                    return Ok(());
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

fn says(said: &[u8], word: &str) -> bool {
    said.windows(word.len()).any(|part| part == word.as_bytes())
}
