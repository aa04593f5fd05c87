//! A wire between a node and PostgreSQL that can be cut, go dead, or lose an answer.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use runledger::server::db::DbSettings;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
};

use super::TestDatabase;

/// What befalls the connections that the wire carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    /// They end, and there are no new ones.
    Cut,
}

pub struct Wire {
    pub url: String,
    state: watch::Sender<State>,
    /// Connections of an earlier generation are half open: they stand, and carry nothing.
    generation: watch::Sender<u32>,
    lossy: Arc<AtomicBool>,
}

impl Wire {
    pub async fn to(database: &TestDatabase) -> Self {
        let DbSettings::Postgres { url, .. } = database.settings() else { panic!("on PostgreSQL") };
        let mut url = url::Url::parse(url).unwrap();
        let server = (url.host_str().unwrap().to_owned(), url.port().unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        url.set_port(Some(listener.local_addr().unwrap().port())).unwrap();
        let (state, states) = watch::channel(State::Open);
        let (generation, generations) = watch::channel(0);
        let lossy = Arc::new(AtomicBool::new(false));
        let loses = lossy.clone();
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let (server, mut states, mut generations, loses) =
                    (server.clone(), states.clone(), generations.clone(), loses.clone());
                generations.mark_unchanged();
                tokio::spawn(async move {
                    if *states.borrow() == State::Cut {
                        return;
                    }
                    let Ok(far) = TcpStream::connect((server.0.as_str(), server.1)).await else { return };
                    let (mut near, mut far) = (near, far);
                    let dead = tokio::select! {
                        () = carry(&mut near, &mut far, &loses) => false,
                        _ = states.wait_for(|state| *state == State::Cut) => false,
                        _ = generations.changed() => true,
                    };
                    if dead {
                        std::future::pending::<()>().await;
                    }
                });
            }
        });
        Self { url: url.to_string(), state, generation, lossy }
    }

    pub fn cut(&self) {
        self.state.send_replace(State::Cut);
    }

    pub fn mend(&self) {
        self.state.send_replace(State::Open);
    }

    /// The connections that there are carry nothing any more, and nobody is told. New ones work.
    pub fn deaden(&self) {
        self.generation.send_modify(|generation| *generation += 1);
    }

    /// What makes the wire lose the answer to the next commit, and its connection; false again once that has happened.
    pub fn lossy(&self) -> Arc<AtomicBool> {
        self.lossy.clone()
    }
}

async fn carry(near: &mut TcpStream, far: &mut TcpStream, lossy: &AtomicBool) {
    let (mut up, mut down) = (vec![0; 64 * 1024], vec![0; 64 * 1024]);
    loop {
        tokio::select! {
            read = near.read(&mut up) => {
                let Ok(bytes @ 1..) = read else { return };
                let commits = up[..bytes].windows(6).any(|word| word == b"COMMIT");
                if far.write_all(&up[..bytes]).await.is_err() {
                    return;
                }
                if commits && lossy.load(Ordering::SeqCst) {
                    // It is committed once the server says so.
                    let _ = far.read(&mut down).await;
                    lossy.store(false, Ordering::SeqCst);
                    return;
                }
            }
            read = far.read(&mut down) => {
                let Ok(bytes @ 1..) = read else { return };
                if near.write_all(&down[..bytes]).await.is_err() {
                    return;
                }
            }
        }
    }
}
