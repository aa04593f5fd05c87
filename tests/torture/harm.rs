//! What goes wrong: processes are killed, PostgreSQL is restarted, Microsoft Graph fails.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use rand::{Rng, SeedableRng, rngs::StdRng};
use tokio::time::interval;

use super::world::{World, add};
use crate::common::processes::Process;

const WORKERS: usize = 3;
const FAULTS: [&str; 6] =
    ["throttle:5", "unavailable:4", "forbidden:deviceConfigurations", "revoked:3", "slow:20", "broken:mobileApps"];

/// One thing after the other, so that each comes in a short time as well.
#[derive(Clone, Copy)]
enum Harm {
    KillWorker,
    StopWorker,
    KillServer,
    RestartPostgres,
    Fault,
}

const HARMS: [Harm; 8] = [
    Harm::Fault,
    Harm::KillWorker,
    Harm::KillServer,
    Harm::Fault,
    Harm::RestartPostgres,
    Harm::KillWorker,
    Harm::StopWorker,
    Harm::KillWorker,
];

/// The processes that there are.
pub struct Fleet {
    world: Arc<World>,
    workers: Vec<Process>,
    servers: Vec<Process>,
    rng: StdRng,
    restarted: Instant,
    /// What a process that was up did by itself.
    pub fell: Vec<String>,
}

impl Fleet {
    pub async fn start(world: &Arc<World>) -> Self {
        let mut fleet = Self {
            world: world.clone(),
            workers: (0..WORKERS).map(|_| world.installation.worker()).collect(),
            servers: world.addresses.iter().map(|address| world.installation.serve(address)).collect(),
            rng: StdRng::seed_from_u64(7),
            restarted: Instant::now(),
            fell: Vec::new(),
        };
        for process in fleet.workers.iter_mut().chain(&mut fleet.servers) {
            process.is_up().await;
        }
        fleet
    }

    /// Harms until then, one thing every so often; PostgreSQL no more often than `restart_every`.
    pub async fn harm(&mut self, until: Instant, every: Duration, restart_every: Duration) {
        let mut ticks = interval(every);
        for harm in HARMS.iter().cycle() {
            ticks.tick().await;
            if Instant::now() >= until {
                break;
            }
            self.replace_the_fallen();
            match harm {
                Harm::RestartPostgres if self.restarted.elapsed() >= restart_every => self.restart_postgres().await,
                Harm::RestartPostgres | Harm::Fault => self.fault().await,
                Harm::KillWorker => self.kill_worker(),
                Harm::StopWorker => self.stop_worker().await,
                Harm::KillServer => self.kill_server(),
            }
        }
        self.world.graph.set_faults(&[]).await;
        self.replace_the_fallen();
    }

    async fn restart_postgres(&mut self) {
        self.world.postgres.restart().await;
        self.restarted = Instant::now();
        add(&self.world.tally.restarts);
    }

    async fn fault(&mut self) {
        let fault = FAULTS[self.rng.random_range(0..FAULTS.len())];
        self.world.graph.set_faults(&[fault]).await;
        add(&self.world.tally.faults);
    }

    fn kill_worker(&mut self) {
        let place = self.rng.random_range(0..WORKERS);
        self.workers[place].kill();
        self.workers[place] = self.world.installation.worker();
        add(&self.world.tally.kills);
    }

    fn kill_server(&mut self) {
        let place = self.rng.random_range(0..self.servers.len());
        self.servers[place].kill();
        self.servers[place] = self.world.installation.serve(&self.world.addresses[place]);
        add(&self.world.tally.kills);
    }

    async fn stop_worker(&mut self) {
        let place = self.rng.random_range(0..WORKERS);
        let mut stopping = std::mem::replace(&mut self.workers[place], self.world.installation.worker());
        // One that has just been started has not set up its signals yet, or may not have found its database.
        let was_up = stopping.was_up();
        stopping.terminate();
        let ended = stopping.end().await;
        if was_up && !ended.success() {
            self.fell.push(format!("a worker that was asked to stop ended with {ended}:\n{}", stopping.said()));
        }
        add(&self.world.tally.stops);
    }

    /// What the workers have said, to find out why something is not done.
    pub fn said(&self) -> String {
        self.workers.iter().map(Process::said).collect::<Vec<_>>().join("\n---\n")
    }

    /// A process that was starting while PostgreSQL was away may give up; one that was up may not.
    pub fn replace_the_fallen(&mut self) {
        let world = self.world.clone();
        let workers = self.workers.iter_mut().map(|process| (process, None));
        let servers = self.servers.iter_mut().zip(&world.addresses).map(|(process, at)| (process, Some(at)));
        for (process, address) in workers.chain(servers) {
            let Some(ended) = process.ended() else { continue };
            if process.was_up() {
                self.fell.push(format!("a process ended by itself with {ended}:\n{}", process.said()));
            }
            *process = match address {
                None => world.installation.worker(),
                Some(address) => world.installation.serve(address),
            };
        }
    }
}
