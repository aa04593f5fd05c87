//! The runs of all but some people. Most runs pass, so that the newest are looked at before anything is merged; to count them
//! what lies between these people in the index is enough.

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
    system: bool,
    /// In the order of the index.
    people: Vec<UserId>,
    dialect: Dialect,
}

impl AllBut {
    pub fn new(initiators: impl Iterator<Item = Option<UserId>> + Clone, dialect: Dialect) -> Self {
        let mut people: Vec<UserId> = initiators.clone().flatten().collect();
        people.sort_unstable();
        Self { system: initiators.into_iter().any(|user| user.is_none()), people, dialect }
    }

    /// The text that reads a page of the next runs, or less when too few of them pass. `$1` is the tenant, `$2` and `$3` are the
    /// first and last id.
    pub fn page_sql(&self, direction: Direction, limit: usize) -> String {
        let (runs, order) = (self.dialect.by_index("operation_runs", "operation_runs_newest"), direction.sql());
        let mut left_out: Vec<String> = self.people.iter().map(|user| is(Some(*user), self.dialect)).collect();
        left_out.extend(self.system.then(|| is(None, self.dialect)));
        let left_out = left_out.join(" OR ");
        format!(
            "SELECT {RUN_COLUMNS} FROM operation_runs WHERE tenant_id = $1 AND id IN (SELECT id FROM ( \
             SELECT id, initiator_user_id FROM {runs} WHERE tenant_id = $1 AND id >= $2 AND id <= $3 \
             ORDER BY id {order} LIMIT {GLANCE}) AS next \
             WHERE ({left_out}) IS NOT TRUE ORDER BY id {order} LIMIT {limit}) ORDER BY id {order}"
        )
    }

    /// The text that counts so many at most, in the order of an index whose runs of one person are not in that of the ids: it
    /// is for all of them.
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
