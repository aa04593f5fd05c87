//! SQL of the operations page: pages, counts and choices, each of them a merge of ranges of an index.

use sqlx::AssertSqlSafe;

use super::{
    Db, DbResult, db_sql, read_postgres, read_sqlite,
    rows::{ListedRow, RUN_COLUMNS},
    run_all_but::AllBut,
    run_query::{Direction, IdRange, MOST_RANGES, PersonKind, Ranges, RunQuery},
    run_range::{Dialect, Range, Reading},
    scope::TenantScope,
};
use crate::model::{
    ids::{RunId, UserId},
    page::{COUNTED, RunCount},
    run::{Run, RunStatus},
};

/// Which users have runs of which type and status: goes from one kind to the next in the index. To the next status, else the
/// next type, else the next user: SQLite would walk all runs of a user to find what follows three columns at once.
pub const KINDS: &str = "WITH RECURSIVE kind (initiator_user_id, type, status) AS ( \
    SELECT * FROM (SELECT initiator_user_id, type, status FROM operation_runs \
    WHERE tenant_id = $1 AND initiator_user_id IS NOT NULL ORDER BY initiator_user_id, type, status LIMIT 1) AS least \
    UNION ALL \
    SELECT run.initiator_user_id, run.type, run.status FROM kind JOIN operation_runs run ON run.id = coalesce( \
    (SELECT next.id FROM operation_runs next WHERE next.tenant_id = $1 \
    AND next.initiator_user_id = kind.initiator_user_id AND next.type = kind.type AND next.status > kind.status \
    ORDER BY next.status LIMIT 1), \
    (SELECT next.id FROM operation_runs next WHERE next.tenant_id = $1 \
    AND next.initiator_user_id = kind.initiator_user_id AND next.type > kind.type ORDER BY next.type, next.status LIMIT 1), \
    (SELECT next.id FROM operation_runs next WHERE next.tenant_id = $1 \
    AND next.initiator_user_id > kind.initiator_user_id \
    ORDER BY next.initiator_user_id, next.type, next.status LIMIT 1))) \
    SELECT initiator_user_id, type, status FROM kind LIMIT $2";
pub const TWO_IN: &str = "SELECT id FROM operation_runs WHERE tenant_id = $1 AND id >= $2 AND id <= $3 LIMIT 2";

/// When each run has to be looked at, no more than this many are looked at to count.
const LOOKED_AT: u64 = 2 * COUNTED;
/// What each run counts that need not be looked at.
const EACH: &str = "1";
/// When most of them are left out, so many of these are counted to know what is left.
const LEFT_OUT: u64 = 10 * COUNTED;

/// A statement that is planned each time for the very values it is asked with. A plan that PostgreSQL keeps for all values
/// believes every tenant and every range of ids to be of one size, and may sort what is a million runs.
macro_rules! planned_anew {
    ($db:expr, $method:ident($text:expr, $($bind:expr),+)) => {
        match $db {
            Db::Sqlite(db) => {
                read_sqlite!(db, |to| sqlx::query_as($text).persistent(false)$(.bind($bind))+.$method(to).await)
            }
            Db::Postgres(pool) => {
                read_postgres!(pool, |to| sqlx::query_as($text).persistent(false)$(.bind($bind))+.$method(to).await)
            }
        }
    };
}

/// The runs of a query, ready to be read and counted.
#[derive(Debug, Clone)]
pub struct Selection {
    scope: TenantScope,
    ranges: Ranges,
    all_but: Option<AllBut>,
    dialect: Dialect,
}

impl Selection {
    pub async fn prepare(db: &Db, scope: TenantScope, query: &RunQuery) -> DbResult<Self> {
        let kinds = if query.asks_for_kinds() { kinds(db, scope).await? } else { None };
        let dialect = match db {
            Db::Sqlite(_) => Dialect::Sqlite,
            Db::Postgres(_) => Dialect::Postgres,
        };
        let (ranges, all_but) = (query.ranges(dialect, kinds.as_deref()), query.all_but(dialect));
        Ok(Self { scope, ranges, all_but, dialect })
    }

    /// How many ranges a page is merged from.
    pub fn ranges(&self) -> usize {
        self.ranges.all.len()
    }

    /// The text that reads a page; `$1` is the tenant, `$2` and `$3` are the first and last id.
    pub fn page_sql(&self, ids: IdRange, direction: Direction, limit: usize) -> String {
        let (id, order) = (self.ranges.id, direction.sql());
        let residual = self.ranges.residual.as_ref().map_or_else(String::new, |residual| format!(" AND {residual}"));
        let part = |range: &str| format!("SELECT {id} AS id {range}{residual}");
        let readings = self.readings(&self.ranges.all, direction.is_open(ids) && self.ranges.residual.is_none());
        let merged = self.union(&readings, part, id, direction, limit as u64);
        format!(
            "SELECT {RUN_COLUMNS} FROM operation_runs WHERE tenant_id = $1 AND id IN \
             ({merged} ORDER BY id {order} LIMIT {limit}) ORDER BY id {order}"
        )
    }

    /// The text that counts, walking no further than the count goes: how many runs it met, and how many of them pass.
    pub fn count_sql(&self, ids: IdRange) -> String {
        let limit = if self.ranges.residual.is_some() { LOOKED_AT } else { COUNTED };
        self.counting(&self.ranges.all, ids, self.ranges.id, &self.hit(), limit + 1)
    }

    /// The same where each run has to be looked at, which stops where enough of them pass. It does not know how many it
    /// met.
    pub fn passing_sql(&self, ids: IdRange) -> Option<String> {
        self.ranges.residual.as_ref()?;
        let met = self.met_sql(&self.ranges.all, ids, self.ranges.id, &self.hit(), LOOKED_AT + 1);
        let most = COUNTED + 1;
        Some(format!(
            "SELECT count(*), count(*) FROM (SELECT 1 FROM ({met}) AS met WHERE hit = 1 LIMIT {most}) AS passing"
        ))
    }

    /// The text that finds a page among the next runs, where most may pass.
    pub fn glance_sql(&self, direction: Direction, limit: usize) -> Option<String> {
        Some(self.all_but.as_ref()?.page_sql(direction, limit))
    }

    /// The text that counts all but some people's runs, unless they are within a range of time.
    pub fn all_but_sql(&self, ids: IdRange) -> Option<String> {
        Some(self.all_but.as_ref().filter(|_| ids == IdRange::ALL)?.count_sql(COUNTED + 1))
    }

    fn hit(&self) -> String {
        let looks = |residual| format!("CASE WHEN {residual} THEN 1 ELSE 0 END");
        self.ranges.residual.as_ref().map_or_else(|| EACH.to_owned(), looks)
    }

    /// The text that counts the runs that a reason takes away, where that is all that takes any away.
    pub fn excluded_sql(&self, ids: IdRange) -> Option<String> {
        let excluded = self.ranges.excluded.as_ref().filter(|ranges| !ranges.is_empty())?;
        Some(self.counting(excluded, ids, "run_id", EACH, LEFT_OUT + 1))
    }

    fn counting(&self, ranges: &[Range], ids: IdRange, id: &str, hit: &str, limit: u64) -> String {
        let met = self.met_sql(ranges, ids, id, hit, limit);
        format!("SELECT count(*), coalesce(sum(hit), 0) FROM ({met}) AS met")
    }

    fn met_sql(&self, ranges: &[Range], ids: IdRange, id: &str, hit: &str, limit: u64) -> String {
        let direction = Direction::of_counting(ids);
        let readings = self.readings(ranges, direction.is_open(ids) && hit == EACH);
        let hits = self.union(&readings, |range| format!("SELECT {hit} AS hit {range}"), id, direction, limit);
        // In the order of its index one range is never taken from the table, of which any part may be another tenant's.
        let order = match readings.as_slice() {
            [one] if one.ordered_by.is_empty() => format!(" ORDER BY {id} {}", direction.sql()),
            _ => String::new(),
        };
        format!("{hits}{order} LIMIT {limit}")
    }

    /// How these ranges are read. SQLite plans a union of many in no time. PostgreSQL takes long, and can read many by one
    /// text; but that reads each until it ends, so only where no id ends it before, and no run has to be looked at.
    fn readings(&self, ranges: &[Range], to_the_end: bool) -> Vec<Reading> {
        if self.dialect == Dialect::Postgres && to_the_end {
            return Range::together(ranges);
        }
        ranges.iter().map(|range| range.alone(self.dialect)).collect()
    }

    /// What is read as one statement, each part in order and limited where that helps. PostgreSQL takes a part in the order of
    /// its index only when the part itself is told to be in order; SQLite merges parts best that say nothing of it.
    fn union(
        &self,
        readings: &[Reading],
        part: impl Fn(&str) -> String,
        id: &str,
        direction: Direction,
        limit: u64,
    ) -> String {
        let parts: Vec<_> = readings
            .iter()
            .map(|reading| {
                let part = part(&reading.text);
                let columns = reading.ordered_by.iter().copied().chain([id]);
                let order =
                    columns.map(|column| format!("{column} {}", direction.sql())).collect::<Vec<_>>().join(", ");
                if let Some(kinds) = &reading.for_each {
                    format!(
                        "SELECT part.* FROM {kinds} CROSS JOIN LATERAL ({part} ORDER BY {order} LIMIT {limit}) AS part"
                    )
                } else if !reading.ordered_by.is_empty() {
                    format!("SELECT * FROM ({part} ORDER BY {order} LIMIT {limit}) AS part")
                } else if self.dialect == Dialect::Postgres && readings.len() > 1 {
                    format!("({part} ORDER BY {order} LIMIT {limit})")
                } else {
                    part
                }
            })
            .collect();
        parts.join(" UNION ALL ")
    }

    /// The first `limit` runs within the range of ids. Those of types that this version does not know are left out.
    pub async fn page(&self, db: &Db, mut ids: IdRange, direction: Direction, limit: usize) -> DbResult<Vec<Run>> {
        if let Some(sql) = self.glance_sql(direction, limit).filter(|_| !ids.is_empty()) {
            let sql = AssertSqlSafe(sql);
            let rows: Vec<ListedRow> = planned_anew!(db, fetch_all(sql, self.scope.tenant(), ids.first, ids.last))?;
            let runs: Vec<Run> = known(rows).collect();
            if runs.len() == limit {
                return Ok(runs);
            }
        }
        let mut runs = Vec::new();
        while !self.ranges.all.is_empty() && !ids.is_empty() {
            let missing = limit - runs.len();
            let sql = AssertSqlSafe(self.page_sql(ids, direction, missing));
            let rows: Vec<ListedRow> = planned_anew!(db, fetch_all(sql, self.scope.tenant(), ids.first, ids.last))?;
            let Some(last) = rows.last().map(|row| row.id).filter(|_| rows.len() == missing) else {
                runs.extend(known(rows));
                break;
            };
            runs.extend(known(rows));
            if runs.len() == limit {
                break;
            }
            ids = ids.and(match direction {
                Direction::Older => IdRange::before(last),
                Direction::Newer => IdRange::after(last),
            });
        }
        Ok(runs)
    }

    pub async fn count(&self, db: &Db, ids: IdRange) -> DbResult<RunCount> {
        if self.ranges.all.is_empty() || ids.is_empty() {
            return Ok(RunCount { runs: 0, more: false });
        }
        if let Some(sql) = self.all_but_sql(ids) {
            return Ok(counted(self.met(db, ids, sql).await?.0));
        }
        if let Some(sql) = self.passing_sql(ids) {
            let (_, hits) = self.met(db, ids, sql).await?;
            if hits > COUNTED {
                return Ok(counted(hits));
            }
        }
        let (met, hits) = self.met(db, ids, self.count_sql(ids)).await?;
        if self.ranges.residual.is_some() && met > LOOKED_AT && hits <= COUNTED {
            return Ok(self.count_left(db, ids).await?.unwrap_or(RunCount { runs: hits, more: true }));
        }
        Ok(counted(hits))
    }

    /// What is left of all runs without those that a reason takes away; none when these are too many to count, or
    /// something else takes runs away as well.
    async fn count_left(&self, db: &Db, ids: IdRange) -> DbResult<Option<RunCount>> {
        let Some(sql) = self.excluded_sql(ids) else { return Ok(None) };
        let (excluded, _) = self.met(db, ids, sql).await?;
        if excluded > LEFT_OUT {
            return Ok(None);
        }
        let sql = self.counting(&self.ranges.all, ids, self.ranges.id, EACH, COUNTED + 1 + excluded);
        let (all, _) = self.met(db, ids, sql).await?;
        Ok(Some(counted(all.saturating_sub(excluded))))
    }

    /// How many runs a counting text met, and how many of them pass.
    async fn met(&self, db: &Db, ids: IdRange, sql: String) -> DbResult<(u64, u64)> {
        let sql = AssertSqlSafe(sql);
        let (met, hits): (i64, i64) = planned_anew!(db, fetch_one(sql, self.scope.tenant(), ids.first, ids.last))?;
        Ok((met.unsigned_abs(), hits.unsigned_abs()))
    }
}

fn counted(runs: u64) -> RunCount {
    RunCount { runs: runs.min(COUNTED), more: runs > COUNTED }
}

fn known(rows: Vec<ListedRow>) -> impl Iterator<Item = Run> {
    rows.into_iter().filter_map(|row| row.run).map(Run::from)
}

/// Which users have runs of which type and status in the tenant; none when that is too much to tell. Goes from one kind
/// to the next in the index, so it costs as much as there are kinds, however many runs there are.
async fn kinds(db: &Db, scope: TenantScope) -> DbResult<Option<Vec<PersonKind>>> {
    let most = MOST_RANGES as i64;
    let kinds: Vec<(UserId, String, RunStatus)> = db_sql!(db, fetch_all(KINDS, scope.tenant(), most + 1))?;
    // What a newer version does is no kind that this one could show.
    let known = |(user, word, status): &(UserId, String, RunStatus)| Some((*user, word.parse().ok()?, *status));
    Ok((kinds.len() <= MOST_RANGES).then(|| kinds.iter().filter_map(known).collect()))
}

/// The first ids of the tenant's runs in this range, at most two: enough to know whether there is just one.
pub async fn two_in(db: &Db, scope: TenantScope, ids: IdRange) -> DbResult<Vec<RunId>> {
    let rows: Vec<(RunId,)> = db_sql!(db, fetch_all(TWO_IN, scope.tenant(), ids.first, ids.last))?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}
