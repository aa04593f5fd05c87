//! The work of a run of drift generation: family by family, a page of policies at a time. Pages gather for a moment and
//! are written together.
//!
//! Two passes over a family: what the tenant has, with its counterpart in the baseline; then what only the baseline has.
//! Findings that were not seen are resolved once the family was looked at whole. Whole policies are held for a few at a
//! time only, so that the number of policies does not matter to the memory.

use super::{
    baseline::{Ground, read, settle},
    contents::{Pair, differences},
    draft::Draft,
    matching::{Counterpart, Matched, Matching},
    page::{Page, own},
    writing::{Waiting, Writing},
};
use crate::{
    model::{drift::Baseline, reason::ReasonCode, run::RunProgress},
    server::{
        db::{
            Db,
            drift::snapshots::{self, Compared},
            runs,
        },
        graph::Family,
        runs::{JobError, RunHandle, handle::StepResult},
    },
};

/// Policies a page.
const PAGE: i64 = 500;

/// Does a run.
pub async fn generate(run: &RunHandle) -> Result<(), JobError> {
    let db = run.db();
    let baseline = read(&run.inputs().await?)
        .map_err(|error| JobError::Failed { code: ReasonCode::InvalidPayload, message: error.to_string() })?;
    let ground = settle(db, run.scope(), &run.run().initiator, &baseline).await?;
    let matching = match baseline {
        Baseline::Tenant { .. } => Matching::ByName,
        Baseline::Previous | Baseline::BackupSet { .. } => Matching::ById,
    };
    let waiting = Waiting::default();
    let mut generation =
        Generation { db, run, baseline: &baseline, ground: &ground, matching, done: 0, total: 0, at: None, waiting };
    for family in Family::ALL {
        generation.total += ground.current.count(db, family.as_str()).await?;
    }
    generation.begin().await?;
    for family in Family::ALL.iter().copied() {
        generation.family(family).await?;
    }
    generation.write().await
}

struct Generation<'a> {
    db: &'a Db,
    run: &'a RunHandle,
    baseline: &'a Baseline,
    ground: &'a Ground,
    matching: Matching,
    /// Policies looked at, of how many as far as that is known.
    done: u64,
    total: u64,
    /// The family that was looked at last.
    at: Option<Family>,
    waiting: Waiting,
}

const OURS: &str = "this tenant";
const THEIRS: &str = "the baseline";

impl Generation<'_> {
    /// Notes what is compared.
    async fn begin(&mut self) -> Result<(), JobError> {
        let mut step = self.run.step().await?;
        let ground = self.ground;
        let compared = Compared {
            snapshot: ground.snapshot,
            baseline: self.baseline,
            baseline_name: &ground.baseline_name,
            baseline_at: ground.baseline_at,
        };
        // The run before its own record: the heartbeat takes them in this order as well.
        runs::lock(step.tx(), self.run.id()).await?;
        snapshots::note_compared(step.tx(), self.run.scope(), self.run.id(), &compared).await?;
        let counts = own([("findings", 0), ("known", 0), ("resolved", 0), ("unknown_targets", 0)]);
        step.commit(StepResult { counts, progress: Some(self.progress(None)), ..StepResult::default() }).await
    }

    async fn family(&mut self, family: Family) -> Result<(), JobError> {
        let code = family.as_str();
        // A backup set says nothing of families of which it has no policy.
        let covers = match self.baseline {
            Baseline::BackupSet { .. } => self.ground.baseline.count(self.db, code).await? > 0,
            Baseline::Previous | Baseline::Tenant { .. } => true,
        };
        if !covers {
            self.total -= self.ground.current.count(self.db, code).await?.min(self.total);
            return Ok(());
        }
        let mut uncompared = Vec::new();
        let (ours, theirs) = (self.ground.current, self.ground.baseline);
        let mut after = String::new();
        loop {
            let heads = ours.page(self.db, code, &after, PAGE).await?;
            let Some(last) = heads.last() else { break };
            after.clone_from(&last.graph_id);
            let matched = self.matching.find(self.db, family, ours, theirs, heads).await?;
            let page = self.ours(family, matched, &mut uncompared).await?;
            self.found(family, page).await?;
        }
        after.clear();
        loop {
            let heads = theirs.page(self.db, code, &after, PAGE).await?;
            let Some(last) = heads.last() else { break };
            after.clone_from(&last.graph_id);
            let matched = self.matching.find(self.db, family, theirs, ours, heads).await?;
            let page = self.theirs(family, matched, &mut uncompared);
            self.found(family, page).await?;
        }
        self.whole(family, uncompared).await
    }

    /// A page of the tenant's policies.
    async fn ours(
        &self,
        family: Family,
        matched: Vec<Matched>,
        uncompared: &mut Vec<String>,
    ) -> Result<Page, JobError> {
        let mut page = Page::default();
        let mut pairs = Vec::new();
        for matched in matched {
            match matched.other {
                Counterpart::Ambiguous { here, there } => {
                    page.ambiguous(&matched, here, there, [OURS, THEIRS]);
                    uncompared.push(matched.key);
                }
                // Whether a set that is not whole would have it, nobody knows.
                Counterpart::None if !self.ground.whole => {
                    page.count(0, 0, 1);
                    uncompared.push(matched.key);
                }
                Counterpart::None => pairs.push(Pair { key: matched.key, ours: matched.head, theirs: None }),
                Counterpart::One(other) => {
                    pairs.push(Pair { key: matched.key, ours: matched.head, theirs: Some(other) });
                }
            }
        }
        page.count(pairs.len() as u64, 0, 0);
        let sides = (self.ground.current, self.ground.baseline);
        let found = differences(self.db, family, sides, self.matching, &pairs, || self.run.check()).await?;
        (page.drafts, page.unknown_targets) = (found.drafts, found.unknown_targets);
        Ok(page)
    }

    /// A page of the baseline's policies: of interest is what the tenant has not.
    fn theirs(&self, family: Family, matched: Vec<Matched>, uncompared: &mut Vec<String>) -> Page {
        let mut page = Page::default();
        for matched in matched {
            match matched.other {
                Counterpart::None => {
                    page.drafts.push(Draft::missing(family, matched.key, matched.head.name));
                    page.count(1, 0, 0);
                }
                // With one of that name in the tenant it is told there.
                Counterpart::Ambiguous { here, there: 0 } => {
                    page.ambiguous(&matched, here, 0, [THEIRS, OURS]);
                    uncompared.push(matched.key);
                }
                Counterpart::Ambiguous { .. } | Counterpart::One(_) => {}
            }
        }
        page
    }

    /// Keeps a page until it is written.
    async fn found(&mut self, family: Family, page: Page) -> Result<(), JobError> {
        self.done += page.counts.total;
        self.at = Some(family);
        self.waiting.page(family, page);
        self.write_if_due().await
    }

    /// The family was looked at whole, but for these policies.
    async fn whole(&mut self, family: Family, uncompared: Vec<String>) -> Result<(), JobError> {
        self.waiting.whole(family, uncompared);
        self.write_if_due().await
    }

    async fn write_if_due(&mut self) -> Result<(), JobError> {
        if self.run.is_due() || self.waiting.is_full() { self.write().await } else { self.run.check() }
    }

    async fn write(&mut self) -> Result<(), JobError> {
        let writing = Writing { run: self.run, baseline: self.baseline, ground: self.ground };
        writing.write(self.waiting.take(), self.progress(self.at)).await
    }

    fn progress(&self, family: Option<Family>) -> RunProgress {
        RunProgress {
            done: self.done,
            total: Some(self.total.max(self.done)),
            unit: "policies".to_owned(),
            step: family.map(|family| family.label().to_owned()),
        }
    }
}
