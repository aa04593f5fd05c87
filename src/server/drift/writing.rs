//! Writes what a run of drift generation has found: pages of findings, and after a family was looked at whole the end of
//! what is gone, together with the run's counts.

use super::{
    baseline::{Ground, NoGround},
    draft::{Draft, by_identity},
    page::{Page, own},
};
use crate::{
    model::{
        drift::{Baseline, FindingEventKind},
        ids::FindingId,
        run::RunProgress,
    },
    server::{
        db::{
            Tx,
            drift::{
                findings::{self, Author, BATCH, Looking, NewEvent},
                snapshots,
            },
        },
        graph::Family,
        runs::{JobError, RunHandle, handle::StepResult},
    },
};

/// So many places that differ wait at most.
const MOST: usize = 2_000;

/// What waits to be written, family by family.
#[derive(Default)]
pub struct Waiting {
    parts: Vec<Part>,
}

struct Part {
    family: Family,
    page: Page,
    /// When the family was looked at whole: the policies that could not be compared.
    whole: Option<Vec<String>>,
}

impl Waiting {
    pub fn page(&mut self, family: Family, page: Page) {
        if page.counts.total > 0 {
            self.part(family).page.add(page);
        }
    }

    pub fn whole(&mut self, family: Family, uncompared: Vec<String>) {
        self.part(family).whole = Some(uncompared);
    }

    pub fn is_full(&self) -> bool {
        self.parts.iter().map(|part| part.page.drafts.len()).sum::<usize>() >= MOST
    }

    pub fn take(&mut self) -> Self {
        std::mem::take(self)
    }

    fn part(&mut self, family: Family) -> &mut Part {
        let place = match self.parts.iter().position(|part| part.family == family) {
            Some(place) => place,
            None => {
                self.parts.push(Part { family, page: Page::default(), whole: None });
                self.parts.len() - 1
            }
        };
        &mut self.parts[place]
    }
}

/// A run that writes.
pub struct Writing<'a> {
    pub run: &'a RunHandle,
    pub baseline: &'a Baseline,
    pub ground: &'a Ground,
}

impl Writing<'_> {
    /// Writes what waits in one transaction; only where very much is gone are there more.
    pub async fn write(&self, waiting: Waiting, progress: RunProgress) -> Result<(), JobError> {
        if waiting.parts.is_empty() {
            return match self.baseline {
                // A set that is gone covers nothing, which must not pass for nothing that differs.
                Baseline::BackupSet { .. } => self.still_there(self.run.step().await?.tx()).await,
                Baseline::Previous | Baseline::Tenant { .. } => self.run.check(),
            };
        }
        let mut step = self.run.step().await?;
        self.still_there(step.tx()).await?;
        let mut result = StepResult { progress: Some(progress), ..StepResult::default() };
        let mut unfinished = Vec::new();
        for Part { family, page, whole } in waiting.parts {
            result.merge(self.page(step.tx(), family, page).await?);
            let Some(uncompared) = whole else { continue };
            // What an earlier attempt has resolved counts as well.
            let before = findings::resolved_by(step.tx(), self.ground_of(family), self.run.id()).await?;
            let gone = self.resolve(step.tx(), family, &uncompared).await?;
            result.counts.merge(&own([("resolved", before + gone)]));
            if gone == BATCH as u64 {
                unfinished.push((family, uncompared));
            }
        }
        step.commit(result).await?;
        for (family, uncompared) in unfinished {
            self.resolve_rest(family, &uncompared).await?;
        }
        Ok(())
    }

    /// Writes a page's findings; gives its counts.
    async fn page(&self, tx: &mut Tx, family: Family, page: Page) -> Result<StepResult, JobError> {
        let (mut new, mut known) = (0, 0);
        let mut drafts: Vec<_> = by_identity(page.drafts, self.baseline, family.as_str()).into_iter().collect();
        // In one order, so that nobody waits for each other; and ids follow the order of places.
        drafts.sort_by(|(_, a), (_, b)| (&a.policy_key, &a.change.path).cmp(&(&b.policy_key, &b.change.path)));
        while !drafts.is_empty() {
            let rest = drafts.split_off(drafts.len().min(BATCH));
            let (added, seen) = self.batch(tx, family, drafts).await?;
            (new, known, drafts) = (new + added, known + seen, rest);
        }
        let mut counts = own([("findings", new), ("known", known), ("unknown_targets", page.unknown_targets)]);
        counts.merge(&page.counts);
        Ok(StepResult { counts, failures: page.failures, ..StepResult::default() })
    }

    /// How many of them are new, and how many were known.
    async fn batch(&self, tx: &mut Tx, family: Family, drafts: Vec<(String, Draft)>) -> Result<(u64, u64), JobError> {
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

    /// The family was looked at whole: what was not seen is gone. Gives how many findings, a batch of them at most.
    async fn resolve(&self, tx: &mut Tx, family: Family, uncompared: &[String]) -> Result<u64, JobError> {
        let ground = self.ground_of(family);
        let gone = findings::resolve_unseen(tx, ground, uncompared, self.looking(), BATCH as i64).await?;
        let events: Vec<_> = gone.iter().map(|id| self.event(*id, FindingEventKind::Resolved)).collect();
        findings::note(tx, self.run.scope(), &events, self.author(), self.run.now()).await?;
        Ok(gone.len() as u64)
    }

    async fn resolve_rest(&self, family: Family, uncompared: &[String]) -> Result<(), JobError> {
        loop {
            let mut step = self.run.step().await?;
            self.still_there(step.tx()).await?;
            let gone = self.resolve(step.tx(), family, uncompared).await?;
            if gone == 0 {
                return Ok(());
            }
            step.commit(StepResult { counts: own([("resolved", gone)]), ..StepResult::default() }).await?;
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
}
