//! Group commit: requests that come while a transaction is under way are written by the next one, all together. One
//! request alone waits for nobody.

use std::{panic::AssertUnwindSafe, sync::Arc};

use futures::{FutureExt, future::BoxFuture};
use tokio::sync::{mpsc, oneshot};

use crate::server::{db::DbResult, error::is_away};

/// Requests in one transaction at most.
const MOST: usize = 128;

type Answer<A> = oneshot::Sender<DbResult<A>>;
type Write<Q, A> = dyn Fn(Vec<Arc<Q>>) -> BoxFuture<'static, DbResult<Vec<A>>> + Send + Sync;

/// Takes requests `Q` and answers each with an `A`. Cheap to clone; its task ends with the last clone.
pub(super) struct Gatherer<Q, A> {
    inbox: mpsc::UnboundedSender<(Arc<Q>, Answer<A>)>,
}

impl<Q, A> Clone for Gatherer<Q, A> {
    fn clone(&self) -> Self {
        Self { inbox: self.inbox.clone() }
    }
}

impl<Q: Send + Sync + 'static, A: Send + 'static> Gatherer<Q, A> {
    /// `write` does some requests in one transaction, and gives the answers in their order.
    pub(super) fn start(
        write: impl Fn(Vec<Arc<Q>>) -> BoxFuture<'static, DbResult<Vec<A>>> + Send + Sync + 'static,
    ) -> Self {
        let (inbox, requests) = mpsc::unbounded_channel();
        tokio::spawn(gather(requests, Box::new(write)));
        Self { inbox }
    }

    /// The answer once it is committed. A request that was taken is done, whether or not its caller waits for the answer.
    pub(super) async fn ask(&self, request: Arc<Q>) -> DbResult<A> {
        let (answer, answered) = oneshot::channel();
        let _ = self.inbox.send((request, answer));
        answered.await.unwrap_or(Err(sqlx::Error::WorkerCrashed))
    }
}

async fn gather<Q: Send + Sync, A: Send>(
    mut requests: mpsc::UnboundedReceiver<(Arc<Q>, Answer<A>)>,
    write: Box<Write<Q, A>>,
) {
    while let Some(first) = requests.recv().await {
        // Those who were just answered have a chance to ask again before the next transaction begins.
        tokio::task::yield_now().await;
        let (mut asked, mut waiting) = (vec![first.0], vec![first.1]);
        while asked.len() < MOST
            && let Ok((request, answer)) = requests.try_recv()
        {
            asked.push(request);
            waiting.push(answer);
        }
        match written(&*write, asked.clone()).await {
            Ok(answers) => waiting.into_iter().zip(answers).for_each(|(to, answer)| drop(to.send(Ok(answer)))),
            // One of them is refused by a constraint: each alone, so that the others do not suffer.
            Err(error @ sqlx::Error::Database(_)) if asked.len() > 1 && !is_away(&error) => {
                for (request, to) in asked.into_iter().zip(waiting) {
                    let answer = written(&*write, vec![request]).await.and_then(only);
                    let _ = to.send(answer);
                }
            }
            Err(error) => {
                let first = waiting.swap_remove(0);
                waiting.into_iter().for_each(|to| drop(to.send(Err(alike(&error)))));
                let _ = first.send(Err(error));
            }
        }
    }
}

/// A panic is an error of these requests, not the end of the gatherer.
async fn written<Q, A>(write: &Write<Q, A>, requests: Vec<Arc<Q>>) -> DbResult<Vec<A>> {
    AssertUnwindSafe(async { write(requests).await }).catch_unwind().await.unwrap_or(Err(sqlx::Error::WorkerCrashed))
}

fn only<A>(answers: Vec<A>) -> DbResult<A> {
    answers.into_iter().next().ok_or(sqlx::Error::RowNotFound)
}

/// The same error for another request of the transaction: sqlx's cannot be cloned.
fn alike(error: &sqlx::Error) -> sqlx::Error {
    match error {
        sqlx::Error::PoolTimedOut => sqlx::Error::PoolTimedOut,
        sqlx::Error::PoolClosed => sqlx::Error::PoolClosed,
        sqlx::Error::Io(cause) => sqlx::Error::Io(std::io::Error::new(cause.kind(), cause.to_string())),
        other => sqlx::Error::Protocol(other.to_string()),
    }
}
