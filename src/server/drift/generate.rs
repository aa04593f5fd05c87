//! The work of a run of drift generation: family by family, a page of policies at a time, each page one transaction.
//!
//! Two passes over a family: what the tenant has, with its counterpart in the baseline; then what only the baseline has.
//! Findings that were not seen are resolved once the family was looked at whole. Whole policies are held for a few at a
//! time only, so that the number of policies does not matter to the memory.

use super::{
    baseline::{Ground, NoGround, read, settle},
    contents::{Pair, differences},
    draft::{Draft, by_identity},
    matching::{Counterpart, Matched, Matching},
    page::{Page, own},
};
use crate::{
    model::{
        drift::{Baseline, FindingEventKind},
        ids::FindingId,
        reason::ReasonCode,
        run::RunProgress,
    },
    server::{
        db::{
            Db, Tx,
            drift::{
                findings::{self, Author, BATCH, Looking, NewEvent},
                snapshots::{self, Compared},
            },
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
    let mut generation = Generation { db, run, baseline: &baseline, ground: &ground, matching, done: 0, total: 0 };
    for family in Family::ALL {
        generation.total += ground.current.count(db, family.as_str()).await?;
    }
    generation.begin().await?;
    for family in Family::ALL.iter().copied() {
        generation.family(family).await?;
    }
    Ok(())
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
        step.commit(StepResult { counts, failures: Vec::new(), progress: Some(self.progress(None)) }).await
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
            self.write(family, page).await?;
        }
        after.clear();
        loop {
            let heads = theirs.page(self.db, code, &after, PAGE).await?;
            let Some(last) = heads.last() else { break };
            after.clone_from(&last.graph_id);
            let matched = self.matching.find(self.db, family, theirs, ours, heads).await?;
            let page = self.theirs(family, matched, &mut uncompared);
            self.write(family, page).await?;
        }
        self.resolve(family, &uncompared).await
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

    /// Writes a page's findings with its counts.
    async fn write(&mut self, family: Family, page: Page) -> Result<(), JobError> {
        if page.counts.total == 0 {
            return self.run.check();
        }
        self.done += page.counts.total;
        let mut step = self.run.step().await?;
        self.still_there(step.tx()).await?;
        let (mut new, mut known) = (0, 0);
        let mut drafts: Vec<_> = by_identity(page.drafts, self.baseline, family.as_str()).into_iter().collect();
        // In one order, so that nobody waits for each other; and ids follow the order of places.
        drafts.sort_by(|(_, a), (_, b)| (&a.policy_key, &a.change.path).cmp(&(&b.policy_key, &b.change.path)));
        while !drafts.is_empty() {
            let rest = drafts.split_off(drafts.len().min(BATCH));
            let (added, seen) = self.write_batch(step.tx(), family, drafts).await?;
            (new, known, drafts) = (new + added, known + seen, rest);
        }
        let mut counts = own([("findings", new), ("known", known), ("unknown_targets", page.unknown_targets)]);
        counts.merge(&page.counts);
        let progress = Some(self.progress(Some(family)));
        step.commit(StepResult { counts, failures: page.failures, progress }).await
    }

    /// How many of them are new, and how many were known.
    async fn write_batch(
        &self,
        tx: &mut Tx,
        family: Family,
        drafts: Vec<(String, Draft)>,
    ) -> Result<(u64, u64), JobError> {
        let scope = self.run.scope();
        let keys: Vec<&str> = drafts.iter().map(|(key, _)| key.as_str()).collect();
        let stored = findings::known(tx, scope, &keys).await?;
        let (mut seen, mut events, mut new) = (Vec::new(), Vec::new(), 0);
        for (key, draft) in drafts {
            let known = stored.get(&key);
            let judged = draft.judge(key, FindingId(self.run.new_id()), known, self.run.id());
            new += u64::from(judged.is_new);
            events.extend(judged.event.map(|kind| self.event(judged.seen.id, kind)));
            seen.push(judged.seen);
        }
        findings::write(tx, self.ground_of(family), &seen, self.looking()).await?;
        findings::note(tx, scope, &events, self.author(), self.run.now()).await?;
        Ok((new, seen.len() as u64 - new))
    }

    /// The family was looked at whole: what was not seen is gone.
    async fn resolve(&self, family: Family, uncompared: &[String]) -> Result<(), JobError> {
        let mut first = true;
        loop {
            let mut step = self.run.step().await?;
            self.still_there(step.tx()).await?;
            let ground = self.ground_of(family);
            // What an earlier attempt has resolved counts as well.
            let before = if first { findings::resolved_by(step.tx(), ground, self.run.id()).await? } else { 0 };
            let gone = findings::resolve_unseen(step.tx(), ground, uncompared, self.looking(), BATCH as i64).await?;
            if gone.is_empty() && before == 0 {
                return Ok(());
            }
            let events: Vec<_> = gone.iter().map(|id| self.event(*id, FindingEventKind::Resolved)).collect();
            findings::note(step.tx(), self.run.scope(), &events, self.author(), self.run.now()).await?;
            let counts = own([("resolved", before + gone.len() as u64)]);
            step.commit(StepResult { counts, ..StepResult::default() }).await?;
            first = false;
        }
    }

    /// A baseline that went away in between has no policies, which would be findings all of them.
    async fn still_there(&self, tx: &mut Tx) -> Result<(), JobError> {
        if let Baseline::BackupSet { id } = self.baseline
            && !snapshots::backup_set_exists(tx, self.run.scope(), *id).await?
        {
            return Err(NoGround::SetGone.into());
        }
        Ok(())
    }

    fn event(&self, finding: FindingId, kind: FindingEventKind) -> NewEvent {
        NewEvent { id: self.run.new_id(), finding, kind }
    }

    fn author(&self) -> Author<'_> {
        Author { actor: None, run: Some(self.run.id()), reason: None }
    }

    fn looking(&self) -> Looking {
        Looking { run: self.run.id(), attempt: self.run.attempt(), at: self.run.now() }
    }

    fn ground_of(&self, family: Family) -> findings::Ground<'_> {
        findings::Ground {
            scope: self.run.scope(),
            baseline: self.baseline,
            baseline_name: &self.ground.baseline_name,
            family: family.as_str(),
        }
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
