//! Takes what a change list says of groups into the tenant's groups, page by page.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};

use crate::model::{
    directory_group::{GroupKind, RemovedReason},
    ids::RunId,
};
use crate::server::{
    db::{
        DbResult, Tx,
        directory_groups::{self, GroupFacts, Pass, StoredGroup},
        group_members::{self, Membership},
        scope::TenantScope,
    },
    graph::GroupChange,
};

const UNIFIED: &str = "Unified";
const DYNAMIC: &str = "DynamicMembership";

/// By how much the counts of a run change. An attempt may count a group in one way and, when it is told of again, in
/// another: then the former count is taken back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Groups that are there, with `created_run_id` of the run.
    pub created: i64,
    /// Groups that are there, with `changed_run_id` of the run, that it did not create. Who comes or goes changes a group
    /// as well.
    pub updated: i64,
    /// Tombstones with `removed_run_id` of the run.
    pub removed: i64,
}

impl Tally {
    pub const fn add(&mut self, other: Self) {
        self.created += other.created;
        self.updated += other.updated;
        self.removed += other.removed;
    }

    pub const fn takes_back(&self) -> bool {
        self.created < 0 || self.updated < 0 || self.removed < 0
    }

    const fn take_back(&mut self, other: Self) {
        self.created -= other.created;
        self.updated -= other.updated;
        self.removed -= other.removed;
    }
}

/// What of a group's row says how the run counts it.
#[derive(Debug, Clone, Copy)]
struct Marks {
    created_run: RunId,
    changed_run: RunId,
    removed_run: Option<RunId>,
    removed: bool,
}

impl Marks {
    /// How this run counts a group with these marks.
    fn counted_by(self, run: RunId) -> Tally {
        let (created, updated) = (self.created_run == run, self.changed_run == run);
        match self.removed {
            true => Tally { removed: i64::from(self.removed_run == Some(run)), ..Tally::default() },
            false => Tally { created: created.into(), updated: (updated && !created).into(), removed: 0 },
        }
    }
}

/// Who takes the changes in, and when.
#[derive(Debug, Clone, Copy)]
pub struct Writer {
    pub scope: TenantScope,
    pub pass: Pass,
    pub at: DateTime<Utc>,
}

impl Writer {
    /// Takes the changes of a page in, in their order. A group may be among them several times.
    pub async fn take(&self, tx: &mut Tx, changes: &[GroupChange]) -> DbResult<Tally> {
        let mut tally = Tally::default();
        let mut rest = changes;
        while !rest.is_empty() {
            let (chunk, later) = rest.split_at(distinct(rest));
            self.take_distinct(tx, chunk, &mut tally).await?;
            rest = later;
        }
        Ok(tally)
    }

    /// After everything was read: what was not seen is gone.
    pub async fn remove_unseen(&self, tx: &mut Tx) -> DbResult<Tally> {
        let gone = directory_groups::bury_unseen(tx, self.scope, self.pass, self.at).await?;
        let mut tally = Tally { created: -gone.created, updated: -gone.updated, removed: gone.removed };
        let lost = group_members::remove_unseen(tx, self.scope, self.pass).await?;
        for part in lost.chunks(1000) {
            let ids: Vec<&str> = part.iter().map(|(id, _)| id.as_str()).collect();
            let stored = directory_groups::stored(tx, self.scope, &ids).await?;
            let mut changed = Vec::with_capacity(part.len());
            for (id, lost) in part {
                let Some(group) = stored.get(id).filter(|group| !group.removed) else { continue };
                let mut facts = group.facts.clone();
                facts.member_count -= lost;
                self.count(&mut tally, Some(group), self.changed(Some(group)));
                changed.push(facts);
            }
            directory_groups::write(tx, self.scope, &changed, self.pass, self.at).await?;
        }
        Ok(tally)
    }

    /// Each group at most once.
    async fn take_distinct(&self, tx: &mut Tx, changes: &[GroupChange], tally: &mut Tally) -> DbResult<()> {
        let ids: Vec<&str> = changes.iter().map(|change| change.id.as_str()).collect();
        let stored = directory_groups::stored(tx, self.scope, &ids).await?;
        let won = self.members(tx, changes).await?;
        let (mut changed, mut same) = (Vec::new(), Vec::new());
        for change in changes {
            let before = stored.get(&change.id);
            if let Some(reason) = change.removed {
                self.remove(tx, change, before, reason, tally).await?;
                continue;
            }
            let facts = facts(change, before.map(|group| &group.facts), won.get(&change.id).copied().unwrap_or(0));
            let differs =
                won.contains_key(&change.id) || before.is_none_or(|group| group.removed || group.facts != facts);
            let after = before.filter(|_| !differs).map_or_else(|| self.changed(before), StoredGroup::marks);
            self.count(tally, before, after);
            if differs { changed.push(facts) } else { same.push(change.id.as_str()) }
        }
        directory_groups::write(tx, self.scope, &changed, self.pass, self.at).await?;
        directory_groups::touch(tx, self.scope, &same, self.pass).await
    }

    /// Who came and who went, and by how much that changes the number of members of each group.
    async fn members(&self, tx: &mut Tx, changes: &[GroupChange]) -> DbResult<HashMap<String, i64>> {
        let mut last = HashMap::new();
        for change in changes.iter().filter(|change| change.removed.is_none()) {
            for (member, is_member) in &change.members {
                last.insert(Membership { group_id: &change.id, member_id: member }, *is_member);
            }
        }
        // In the order of the primary key, so that two writers never wait for each other in a circle.
        let chosen = |wanted: bool| {
            let mut some: Vec<_> = last.iter().filter(|(_, is)| **is == wanted).map(|(one, _)| *one).collect();
            some.sort_unstable();
            some
        };
        let (came, went) = (chosen(true), chosen(false));
        let mut won = group_members::add(tx, self.scope, &came, self.pass).await?;
        for (group, lost) in group_members::remove(tx, self.scope, &went).await? {
            *won.entry(group).or_default() -= lost;
        }
        Ok(won)
    }

    async fn remove(
        &self,
        tx: &mut Tx,
        change: &GroupChange,
        before: Option<&StoredGroup>,
        reason: RemovedReason,
        tally: &mut Tally,
    ) -> DbResult<()> {
        // What was never known is no loss.
        let Some(before) = before else { return Ok(()) };
        let removed_run = if before.removed { before.removed_run_id } else { Some(self.pass.run) };
        self.count(tally, Some(before), Marks { removed: true, removed_run, ..before.marks() });
        directory_groups::bury(tx, self.scope, &change.id, reason, self.pass, self.at).await
    }

    /// Counts the group as it is now, in place of what this attempt has counted it as. What an earlier attempt of the run
    /// made of it is counted again.
    fn count(&self, tally: &mut Tally, before: Option<&StoredGroup>, after: Marks) {
        if let Some(before) = before.filter(|group| group.was_seen(self.pass)) {
            tally.take_back(before.marks().counted_by(self.pass.run));
        }
        tally.add(after.counted_by(self.pass.run));
    }

    /// The marks of a group that is new or has changed.
    fn changed(&self, before: Option<&StoredGroup>) -> Marks {
        let run = self.pass.run;
        let created_run = before.map_or(run, |group| group.created_run_id);
        Marks { created_run, changed_run: run, removed_run: None, removed: false }
    }
}

impl StoredGroup {
    fn was_seen(&self, pass: Pass) -> bool {
        pass.is_of_attempt(self.last_run_id, self.last_pass)
    }

    fn marks(&self) -> Marks {
        Marks {
            created_run: self.created_run_id,
            changed_run: self.changed_run_id,
            removed_run: self.removed_run_id,
            removed: self.removed,
        }
    }
}

/// How many changes from the first on are of different groups.
fn distinct(changes: &[GroupChange]) -> usize {
    let mut known = HashSet::new();
    changes.iter().take_while(|change| known.insert(change.id.as_str())).count()
}

/// The group after the change: what the change leaves out is as before.
fn facts(change: &GroupChange, before: Option<&GroupFacts>, won: i64) -> GroupFacts {
    let has = |word: &str, was: Option<bool>| match &change.group_types {
        Some(types) => types.iter().any(|own| own == word),
        None => was.unwrap_or(false),
    };
    let flag = |told: Option<bool>, was: Option<bool>| told.or(was).unwrap_or(false);
    let unified = has(UNIFIED, before.map(|group| group.kind == GroupKind::Microsoft365));
    let mail_enabled = flag(change.mail_enabled, before.map(|group| group.mail_enabled));
    let security_enabled = flag(change.security_enabled, before.map(|group| group.security_enabled));
    let name = change.name.clone().or_else(|| before.map(|group| group.name.clone())).unwrap_or_default();
    let text = |told: &Option<Option<String>>, was: Option<&Option<String>>| match told {
        Some(told) => told.clone(),
        None => was.cloned().flatten(),
    };
    GroupFacts {
        graph_id: change.id.clone(),
        name_key: name.to_lowercase(),
        name,
        description: text(&change.description, before.map(|group| &group.description)),
        kind: GroupKind::of(unified, mail_enabled, security_enabled),
        dynamic: has(DYNAMIC, before.map(|group| group.dynamic)),
        membership_rule: text(&change.membership_rule, before.map(|group| &group.membership_rule)),
        mail_enabled,
        security_enabled,
        member_count: before.map_or(0, |group| group.member_count) + won,
    }
}
