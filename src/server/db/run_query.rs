//! Which runs a list shows, as ranges of the indexes: of every filter the runs lie in the order of the list, so that a
//! page is a merge of a few ranges and nothing is walked that does not belong to it.

use uuid::Uuid;

use super::run_part::{Cell, Dialect, Part, is};
use crate::model::{
    choice::Choice,
    ids::{RunId, UserId},
    operation::OperationType,
    reason::ReasonCode,
    run::{RunOutcome, RunStatus},
};

/// More ranges than this are not merged: a wider range is walked and filtered. SQLite merges at most 500.
pub const MOST_RANGES: usize = 400;

/// The ids from `first` to `last`, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdRange {
    pub first: RunId,
    pub last: RunId,
}

impl IdRange {
    pub const ALL: Self = Self { first: RunId(Uuid::nil()), last: RunId(Uuid::max()) };

    /// What is in both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { first: self.first.max(other.first), last: self.last.min(other.last) }
    }

    pub fn is_empty(self) -> bool {
        self.first > self.last
    }

    /// Runs older than this one.
    pub const fn before(id: RunId) -> Self {
        match id.0.as_u128().checked_sub(1) {
            Some(last) => Self { first: RunId(Uuid::nil()), last: RunId(Uuid::from_u128(last)) },
            None => Self { first: RunId(Uuid::max()), last: RunId(Uuid::nil()) },
        }
    }

    /// Runs newer than this one.
    pub const fn after(id: RunId) -> Self {
        match id.0.as_u128().checked_add(1) {
            Some(first) => Self { first: RunId(Uuid::from_u128(first)), last: RunId(Uuid::max()) },
            None => Self { first: RunId(Uuid::max()), last: RunId(Uuid::nil()) },
        }
    }
}

/// A filter whose words have been looked up: who "me" is.
#[derive(Debug, Clone, Default)]
pub struct RunQuery {
    pub types: Choice<OperationType>,
    pub statuses: Choice<RunStatus>,
    pub outcomes: Choice<RunOutcome>,
    /// None is the system.
    pub initiators: Choice<Option<UserId>>,
    pub reasons: Choice<ReasonCode>,
}

/// What exists of a user's runs.
pub type PersonKind = (UserId, OperationType, RunStatus);

/// The ranges of a query: `FROM ... WHERE ...` each, with the tenant as `$1` and the range of ids as `$2` and `$3`.
#[derive(Debug, Clone)]
pub struct Ranges {
    pub texts: Vec<String>,
    /// What has to be looked at of each run of the ranges, where they are wider than the query.
    pub residual: Option<String>,
    /// The column with the run's id.
    pub id: &'static str,
    /// Where the residual takes away those with a reason, and nothing else: the ranges of these. To count what is left,
    /// both can be counted without looking at a run.
    pub excluded: Option<Vec<String>>,
}

impl RunQuery {
    pub fn cells(&self) -> Vec<Cell> {
        Cell::all()
            .filter(|cell| {
                self.types.admits(Some(&cell.operation_type))
                    && self.statuses.admits(Some(&cell.status))
                    && self.outcomes.admits(cell.outcome.as_ref())
            })
            .collect()
    }

    /// Whether it has to be known which users have runs of which kind: when the initiators are told by whom they are
    /// not, or are too many to try each kind.
    pub fn asks_for_kinds(&self) -> bool {
        let codes = if self.reasons.not { 1 } else { self.reasons.values.len().max(1) };
        let tries = self.initiators.values.len() * self.cells().len() * codes;
        !self.initiators.is_any() && (self.initiators.not || tries > MOST_RANGES)
    }

    /// The ranges. `kinds`: see [`RunQuery::asks_for_kinds`]; none when they are too many.
    pub fn ranges(&self, dialect: Dialect, kinds: Option<&[PersonKind]>) -> Ranges {
        let codes: Vec<String> = self.reasons.values.iter().map(|code| format!("'{code}'")).collect();
        let with_reason = self.with_reason(&codes, dialect, kinds);
        if let Some(ranges) = with_reason.clone().filter(|_| !self.reasons.not) {
            return ranges;
        }
        let (parts, residual) = self.parts(dialect, kinds, 1);
        let excluded = with_reason.filter(|with| with.residual.is_none() && residual.is_none()).map(|with| with.texts);
        let is = if self.reasons.not { "IS NULL" } else { "IS NOT NULL" };
        let looked_up = (!codes.is_empty()).then(|| has_reason("operation_runs.id", &codes.join(", "), is));
        Ranges {
            texts: parts.iter().map(|part| part.of_runs(dialect)).collect(),
            residual: and(residual, looked_up),
            id: "id",
            excluded,
        }
    }

    /// The runs with one of the codes; none when no code is named, or the ranges would be too many.
    fn with_reason(&self, codes: &[String], dialect: Dialect, kinds: Option<&[PersonKind]>) -> Option<Ranges> {
        let (parts, residual) = match self.parts(dialect, kinds, codes.len()) {
            // In the order of the list lie only those of one kind.
            (parts, residual) if self.is_of_any_kind() => {
                debug_assert_eq!(parts.len(), 1);
                (Cell::all().map(Part::of).collect(), residual)
            }
            parts => parts,
        };
        let texts = by_reason(codes, &parts, dialect);
        (!codes.is_empty() && texts.len() <= MOST_RANGES).then_some(Ranges {
            texts,
            residual,
            id: "run_id",
            excluded: None,
        })
    }

    fn is_of_any_kind(&self) -> bool {
        self.types.is_any() && self.statuses.is_any() && self.outcomes.is_any() && self.initiators.is_any()
    }

    /// What tells the ranges apart, each of which is read `times` times, and what has to be looked at beside.
    fn parts(&self, dialect: Dialect, kinds: Option<&[PersonKind]>, times: usize) -> (Vec<Part>, Option<String>) {
        let by_cell = || self.cells().into_iter().map(Part::of).collect();
        if self.is_of_any_kind() {
            return (vec![Part::everything()], None);
        }
        if self.initiators.is_any() {
            return (by_cell(), None);
        }
        match self.by_person(dialect, kinds).filter(|parts| parts.len() * times <= MOST_RANGES) {
            Some(parts) => (parts, None),
            None => (by_cell(), Some(self.initiator_is(dialect))),
        }
    }

    fn by_person(&self, dialect: Dialect, kinds: Option<&[PersonKind]>) -> Option<Vec<Part>> {
        let cells = self.cells();
        let of = |user: Option<UserId>, cell: &Cell| Part::of_person(user, *cell, dialect);
        if !self.asks_for_kinds() {
            let users = self.initiators.values.iter();
            return Some(users.flat_map(|user| cells.iter().map(move |cell| of(*user, cell))).collect());
        }
        let mut parts = Vec::new();
        if self.initiators.admits(Some(&None)) {
            parts.extend(cells.iter().map(|cell| of(None, cell)));
        }
        for (user, operation_type, status) in kinds? {
            if self.initiators.admits(Some(&Some(*user))) {
                let kind = cells.iter().filter(|c| c.operation_type == *operation_type && c.status == *status);
                parts.extend(kind.map(|cell| of(Some(*user), cell)));
            }
        }
        Some(parts)
    }

    fn initiator_is(&self, dialect: Dialect) -> String {
        let any: Vec<String> = self.initiators.values.iter().map(|user| is(*user, dialect)).collect();
        let any = any.join(" OR ");
        // A run of the system is none of the users; the plain negation would be neither true nor false for it.
        if self.initiators.not { format!("({any}) IS NOT TRUE") } else { format!("({any})") }
    }
}

/// A run with several of the codes is in the range of the first of them only.
fn by_reason(codes: &[String], parts: &[Part], dialect: Dialect) -> Vec<String> {
    let mut texts = Vec::new();
    for (index, code) in codes.iter().enumerate() {
        let first = match &codes[..index] {
            [] => String::new(),
            earlier => format!(" AND {}", has_reason("operation_run_reasons.run_id", &earlier.join(", "), "IS NULL")),
        };
        texts.extend(parts.iter().map(|part| format!("{}{first}", part.of_reasons(code, dialect))));
    }
    texts
}

/// A subquery with one value, which both engines ask for each run; a join would be planned, and could walk everything.
fn has_reason(id: &str, codes: &str, is: &str) -> String {
    format!(
        "(SELECT 1 FROM operation_run_reasons other WHERE other.run_id = {id} AND other.code IN ({codes}) LIMIT 1) {is}"
    )
}

fn and(one: Option<String>, other: Option<String>) -> Option<String> {
    match (one, other) {
        (Some(one), Some(other)) => Some(format!("{one} AND {other}")),
        (one, other) => one.or(other),
    }
}
