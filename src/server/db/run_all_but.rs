//! The runs of all but some people. Most runs pass, so that the newest are looked at before anything is merged; to count them
//! what lies between these people in the index is enough.

use std::collections::BTreeSet;

use super::{
    rows::RUN_COLUMNS,
    run_query::Direction,
    run_range::{Dialect, is},
};
use crate::model::ids::UserId;

/// So many runs are looked at to fill a page.
const GLANCE: u64 = 1_000;

/// People, and the system as none of them, whose runs are left out. Nothing else is.
#[derive(Debug, Clone)]
pub struct AllBut {
    /// What is true of a run that is not theirs.
    passes: String,
    system: bool,
    /// In the order of the index.
    people: Vec<UserId>,
    dialect: Dialect,
}

impl AllBut {
    pub fn new(initiators: &BTreeSet<Option<UserId>>, passes: String, dialect: Dialect) -> Self {
        let people = initiators.iter().copied().flatten().collect();
        Self { passes, system: initiators.contains(&None), people, dialect }
    }

    /// The text that reads a page of the next runs, or less when too few of them pass. `$1` is the tenant, `$2` and `$3` are the
    /// first and last id.
    pub fn page_sql(&self, direction: Direction, limit: usize) -> String {
        let (runs, order) = (self.dialect.by_index("operation_runs", "operation_runs_newest"), direction.sql());
        let passes = &self.passes;
        format!(
            "SELECT {RUN_COLUMNS} FROM operation_runs WHERE tenant_id = $1 AND id IN (SELECT id FROM ( \
             SELECT id, initiator_user_id FROM {runs} WHERE tenant_id = $1 AND id >= $2 AND id <= $3 \
             ORDER BY id {order} LIMIT {GLANCE}) AS next \
             WHERE {passes} ORDER BY id {order} LIMIT {limit}) ORDER BY id {order}"
        )
    }

    /// The text that counts so many at most. The index is not in the order of the ids, so that a range of them ends nothing.
    pub fn count_sql(&self, most: u64) -> String {
        let runs = self.dialect.by_index("operation_runs", "operation_runs_initiator");
        let part = |of: &str| {
            format!(
                "SELECT * FROM (SELECT id FROM {runs} WHERE tenant_id = $1 AND {of} AND id >= $2 AND id <= $3 \
                 ORDER BY initiator_user_id, type LIMIT {most}) AS part"
            )
        };
        let mut parts: Vec<String> = self.between().iter().map(|of| part(of)).collect();
        parts.extend((!self.system).then(|| part(&is(None, self.dialect))));
        let parts = parts.join(" UNION ALL ");
        format!("SELECT count(*), count(*) FROM (SELECT id FROM ({parts}) AS parts LIMIT {most}) AS met")
    }

    /// What lies before, between and after the people.
    fn between(&self) -> Vec<String> {
        let of = |user: &UserId, than: &str| format!("initiator_user_id {than} {}", self.dialect.literal(user.0));
        let (Some(first), Some(last)) = (self.people.first(), self.people.last()) else {
            return vec!["initiator_user_id IS NOT NULL".to_owned()];
        };
        let mut between = vec![of(first, "<")];
        between.extend(self.people.windows(2).map(|two| format!("{} AND {}", of(&two[0], ">"), of(&two[1], "<"))));
        between.push(of(last, ">"));
        between
    }
}
