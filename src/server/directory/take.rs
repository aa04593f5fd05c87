//! Takes what a change list says of groups into the tenant's groups, page by page.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};

use crate::model::directory_group::{GroupKind, RemovedReason};
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

/// What an attempt made of the groups, each told once however often it is reported.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Rows with `created_run_id` of the run.
    pub created: u64,
    /// Rows with `changed_run_id` of the run that it did not create. Who comes or goes changes a group as well.
    pub updated: u64,
    /// Rows with `removed_run_id` of the run.
    pub removed: u64,
}

impl Tally {
    pub const fn add(&mut self, other: Self) {
        self.created += other.created;
        self.updated += other.updated;
        self.removed += other.removed;
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
        let count = |number: i64| u64::try_from(number).unwrap_or_default();
        let gone = directory_groups::bury_unseen(tx, self.scope, self.pass, self.at).await?;
        let mut tally =
            Tally { created: count(gone.created), updated: count(gone.updated), removed: count(gone.removed) };
        let lost = group_members::remove_unseen(tx, self.scope, self.pass).await?;
        for part in lost.chunks(1000) {
            let ids: Vec<&str> = part.iter().map(|(id, _)| id.as_str()).collect();
            let stored = directory_groups::stored(tx, self.scope, &ids).await?;
            let mut changed = Vec::with_capacity(part.len());
            for (id, lost) in part {
                let Some(group) = stored.get(id).filter(|group| !group.removed) else { continue };
                let mut facts = group.facts.clone();
                facts.member_count -= lost;
                if !group.was_told(self.pass) {
                    tally.updated += 1;
                }
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
            let is_new = before.is_none();
            let differs =
                won.contains_key(&change.id) || before.is_none_or(|group| group.removed || group.facts != facts);
            count_present(before, is_new, differs, self.pass, tally);
            // An earlier attempt of this run had found it gone.
            if before.is_some_and(|group| group.removed_run_id == Some(self.pass.run) && !group.was_seen(self.pass)) {
                tally.removed += 1;
            }
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
        let told = before.was_seen(self.pass);
        let by_this_run = before.removed_run_id == Some(self.pass.run);
        if (!before.removed || by_this_run) && !(told && by_this_run) {
            tally.removed += 1;
        }
        count_present(Some(before), false, false, self.pass, tally);
        directory_groups::bury(tx, self.scope, &change.id, reason, self.pass, self.at).await
    }
}

impl StoredGroup {
    fn was_seen(&self, pass: Pass) -> bool {
        pass.is_of_attempt(self.last_run_id, self.last_pass)
    }

    /// Whether this attempt has counted it as created or updated already.
    fn was_told(&self, pass: Pass) -> bool {
        self.changed_run_id == pass.run && self.was_seen(pass)
    }
}

/// Counts a group as created or updated, once an attempt. What an earlier attempt of the run made of it counts again.
fn count_present(before: Option<&StoredGroup>, is_new: bool, differs: bool, pass: Pass, tally: &mut Tally) {
    let told = before.is_some_and(|group| group.was_told(pass));
    let created = is_new || before.is_some_and(|group| group.created_run_id == pass.run);
    let updated = differs || before.is_some_and(|group| group.changed_run_id == pass.run);
    match (told, created, updated) {
        (true, ..) | (_, false, false) => {}
        (_, true, _) => tally.created += 1,
        (_, false, true) => tally.updated += 1,
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
