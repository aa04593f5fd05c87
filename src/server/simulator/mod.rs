//! The Graph simulator: a Microsoft Graph with an Intune tenant behind it, for demos and for tests.
//! It reads like the real one (paging, errors, tokens, throttling) and can be told to fail.

mod admin;
mod answer;
mod base64;
mod batch;
mod collection;
mod content;
mod delta;
mod delta_token;
mod expand;
mod fault;
mod fault_answer;
mod faults;
mod filter;
mod folder;
mod graph;
mod group_changes;
mod lock;
mod options;
mod origin;
mod page;
mod query;
mod resource;
mod routes;
mod sample;
mod seeded;
mod sign_in;
mod stats;
mod store;
mod tokens;
mod view;
mod write;
mod write_templates;

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

pub use self::collection::Collection;
pub use self::fault::{Fault, FaultError};
pub use self::folder::{FileProblem, SimulatorError};
pub use self::options::SimulatorOptions;

use self::faults::Faults;
use self::group_changes::Journals;
use self::stats::Stats;
use self::store::Store;
use self::tokens::Tokens;
use crate::server::clock::Clock;

/// One simulated Graph with its sign-in service. Clones share everything.
#[derive(Clone)]
pub struct Simulator {
    state: Arc<State>,
}

/// What the handlers share.
struct State {
    clock: Clock,
    client_secret: Option<String>,
    latency: Duration,
    page_size: usize,
    store: Store,
    journals: Journals,
    tokens: Tokens,
    faults: Faults,
    stats: Stats,
}

impl Simulator {
    /// # Errors
    /// The data folder cannot be read, or holds files that are no JSON or no Graph object; all such files are named.
    pub fn new(options: SimulatorOptions) -> Result<Self, SimulatorError> {
        let store = match &options.data {
            Some(folder) => Store::of_content(folder::read(folder)?),
            None => Store::of_samples(options.seed, options.groups),
        };
        let clock = Clock::system();
        let journal_id = clock.new_id().simple().to_string();
        let state = State {
            tokens: Tokens::new(clock.clone()),
            clock,
            client_secret: options.client_secret,
            latency: options.latency,
            page_size: options.page_size.max(1),
            store,
            journals: Journals::new(journal_id),
            faults: Faults::new(options.faults),
            stats: Stats::default(),
        };
        Ok(Self { state: Arc::new(state) })
    }

    /// How many objects a tenant starts with, for every collection, empty ones too.
    pub fn content_summary(&self) -> BTreeMap<Collection, usize> {
        self.state.store.initial_summary()
    }

    pub fn router(&self) -> axum::Router {
        routes::router(Arc::clone(&self.state))
    }
}

/// Serves until `stop` is ready; requests under way are finished.
///
/// # Errors
/// The listener fails.
pub async fn serve<F>(listener: tokio::net::TcpListener, simulator: Simulator, stop: F) -> std::io::Result<()>
where
    F: Future + Send + 'static,
{
    let stop = async move {
        stop.await;
    };
    axum::serve(listener, simulator.router().into_make_service()).with_graceful_shutdown(stop).await
}
