//! Seeding: a believable ledger of any size, for measuring and for trying out. The same for the same plan.

mod details;
mod run;
mod world;

use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use futures::{StreamExt, TryStreamExt, stream};
use rand::{SeedableRng, rngs::StdRng};
use tokio::sync::mpsc;

pub use world::World;

use super::{
    db::{
        Db,
        bulk::{self, SeededRun},
        tenants,
    },
    secrets::{SecretBox, SecretError},
};

/// How far back the history reaches: further than retention keeps by default, so that there is something to prune.
pub const DAYS: i64 = 120;
/// Runs written by one transaction.
const BATCH: usize = 4_000;
/// Transactions at a time on PostgreSQL; SQLite has one writer.
const WRITERS: usize = 2;
/// How often progress is told.
const TELL_EVERY: Duration = Duration::from_secs(2);

/// What is wanted.
#[derive(Debug, Clone, Copy)]
pub struct SeedPlan {
    pub runs: u64,
    /// The first of them is big: it has six runs in ten.
    pub tenants: u32,
    pub seed: u64,
    /// The moment after the newest run.
    pub end: DateTime<Utc>,
}

/// How far it is, or what was written at the end.
#[derive(Debug, Clone, Copy, Default)]
pub struct Seeded {
    pub runs: u64,
    /// Of all tables: runs, their history, what belongs to them.
    pub rows: u64,
    pub took: Duration,
}

impl Seeded {
    pub fn rows_a_second(&self) -> f64 {
        self.rows as f64 / self.took.as_secs_f64().max(0.001)
    }
}

#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    #[error("the tenant {0} is there already: this database has been seeded before; take an empty one")]
    Seeded(String),
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Writes the plan's tenants, people and runs, and tells now and then how far it is.
pub async fn seed(
    db: &Db,
    secrets: &SecretBox,
    plan: SeedPlan,
    mut tell: impl FnMut(&Seeded),
) -> Result<Seeded, SeedError> {
    let begun = Instant::now();
    let mut rng = StdRng::seed_from_u64(plan.seed);
    let world = World::imagine(&mut rng, plan.tenants, plan.end - TimeDelta::days(DAYS));
    for tenant in &world.tenants {
        if tenants::by_slug(db, &tenant.slug).await?.is_some() {
            return Err(SeedError::Seeded(tenant.slug.clone()));
        }
    }
    let mut seeded = Seeded { rows: world.write(db, secrets).await?, ..Seeded::default() };

    let (batches, written) = mpsc::channel(WRITERS);
    // Imagining is computing: it has a thread of its own, one step ahead of the database.
    let author = tokio::task::spawn_blocking(move || imagine(&mut rng, &world, plan, &batches));
    let writers = match db {
        Db::Sqlite(_) => 1,
        Db::Postgres(_) => WRITERS,
    };
    let imagined = stream::unfold(written, |mut batches| async move {
        let batch: Vec<SeededRun> = batches.recv().await?;
        Some((batch, batches))
    });
    let mut written = imagined
        .map(|batch| async move { bulk::write(db, &batch).await.map(|rows| (batch.len() as u64, rows)) })
        .buffer_unordered(writers)
        .boxed();
    let mut told = begun;
    while let Some((runs, rows)) = written.try_next().await? {
        seeded.runs += runs;
        seeded.rows += rows;
        seeded.took = begun.elapsed();
        if told.elapsed() > TELL_EVERY && seeded.runs < plan.runs {
            told = Instant::now();
            tell(&seeded);
        }
    }
    drop(written);
    // It has ended: its channel is closed.
    let _ = author.await;
    bulk::analyze(db).await?;
    seeded.took = begun.elapsed();
    Ok(seeded)
}

/// Imagines all runs, oldest first, until nobody takes them any more.
fn imagine(rng: &mut StdRng, world: &World, plan: SeedPlan, batches: &mpsc::Sender<Vec<SeededRun>>) {
    let mut batch = Vec::with_capacity(BATCH);
    for index in 0..plan.runs {
        let created_at = run::moment(rng, plan, index);
        batch.push(run::imagine(rng, world, created_at));
        if batch.len() == BATCH || index + 1 == plan.runs {
            let full = std::mem::replace(&mut batch, Vec::with_capacity(BATCH));
            if batches.blocking_send(full).is_err() {
                return;
            }
        }
    }
}
