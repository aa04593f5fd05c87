//! Which runs a list shows, as ranges of the indexes: of every filter the runs lie in the order of the list, so that a
//! page is a merge of a few ranges and nothing is walked that does not belong to it.

use uuid::Uuid;

use super::{
    run_all_but::AllBut,
    run_range::{Cell, Dialect, Kind, Range, Reason, has_reason, is},
};
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

/// In which direction to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Newest first.
    Older,
    /// Oldest first.
    Newer,
}

impl Direction {
    pub const fn sql(self) -> &'static str {
        match self {
            Self::Older => "DESC",
            Self::Newer => "ASC",
        }
    }

    /// Whether what is read in this direction ends only where the runs do.
    pub fn is_open(self, ids: IdRange) -> bool {
        match self {
            Self::Older => ids.first == IdRange::ALL.first,
            Self::Newer => ids.last == IdRange::ALL.last,
        }
    }

    /// To count: in a direction without such an end, if there is one.
    pub fn of_counting(ids: IdRange) -> Self {
        if Self::Older.is_open(ids) && !Self::Newer.is_open(ids) { Self::Older } else { Self::Newer }
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

/// The ranges of a query.
#[derive(Debug, Clone)]
pub struct Ranges {
    pub all: Vec<Range>,
    /// What has to be looked at of each run of the ranges, where they are wider than the query.
    pub residual: Option<String>,
    /// The column with the run's id.
    pub id: &'static str,
    /// Where the residual takes away those with a reason, and nothing else: the ranges of these. To count what is left,
    /// both can be counted without looking at a run.
    pub excluded: Option<Vec<Range>>,
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

    /// The query, if it is for all runs but those of some people.
    pub fn all_but(&self, dialect: Dialect) -> Option<AllBut> {
        let is_only = self.types.is_any() && self.statuses.is_any() && self.outcomes.is_any() && self.reasons.is_any();
        let left_out = &self.initiators.values;
        (is_only && self.initiators.not && !self.initiators.is_any())
            .then(|| AllBut::new(left_out, self.initiator_is(dialect), dialect))
    }

    /// The ranges. `kinds`: see [`RunQuery::asks_for_kinds`]; none when they are too many.
    pub fn ranges(&self, dialect: Dialect, kinds: Option<&[PersonKind]>) -> Ranges {
        let codes: Vec<ReasonCode> = self.reasons.values.iter().copied().collect();
        let with_reason = self.with_reason(&codes, dialect, kinds);
        if let Some(ranges) = with_reason.clone().filter(|_| !self.reasons.not) {
            return ranges;
        }
        let (kinds, residual) = self.kinds(dialect, kinds, 1);
        let excluded = with_reason.filter(|with| with.residual.is_none() && residual.is_none()).map(|with| with.all);
        let is = if self.reasons.not { "IS NULL" } else { "IS NOT NULL" };
        let looked_up = (!codes.is_empty()).then(|| format!("{} {is}", has_reason("operation_runs.id", &codes)));
        let all = kinds.into_iter().map(Range::of).collect();
        Ranges { all, residual: and(residual, looked_up), id: "id", excluded }
    }

    /// The runs with one of the codes; none when no code is named, or the ranges would be too many.
    fn with_reason(&self, codes: &[ReasonCode], dialect: Dialect, kinds: Option<&[PersonKind]>) -> Option<Ranges> {
        let (mut kinds, residual) = self.kinds(dialect, kinds, codes.len());
        if self.is_of_any_kind() {
            // In the order of the list lie only those of one kind.
            kinds = Cell::all().map(Kind::Of).collect();
        }
        if codes.is_empty() || kinds.len() * codes.len() > MOST_RANGES {
            return None;
        }
        Some(Ranges { all: by_reason(codes, &kinds), residual, id: "run_id", excluded: None })
    }

    fn is_of_any_kind(&self) -> bool {
        self.types.is_any() && self.statuses.is_any() && self.outcomes.is_any() && self.initiators.is_any()
    }

    /// What tells the ranges apart, each of which is read `times` times, and what has to be looked at beside.
    fn kinds(&self, dialect: Dialect, kinds: Option<&[PersonKind]>, times: usize) -> (Vec<Kind>, Option<String>) {
        let by_cell = || self.cells().into_iter().map(Kind::Of).collect();
        if self.is_of_any_kind() {
            return (vec![Kind::Everything], None);
        }
        if self.initiators.is_any() {
            return (by_cell(), None);
        }
        match self.by_person(kinds).filter(|kinds| kinds.len() * times <= MOST_RANGES) {
            Some(kinds) => (kinds, None),
            None => (by_cell(), Some(self.initiator_is(dialect))),
        }
    }

    fn by_person(&self, kinds: Option<&[PersonKind]>) -> Option<Vec<Kind>> {
        let cells = self.cells();
        let of = |user: Option<UserId>, cell: &Cell| Kind::OfPerson(user, *cell);
        if !self.asks_for_kinds() {
            let users = self.initiators.values.iter();
            return Some(users.flat_map(|user| cells.iter().map(move |cell| of(*user, cell))).collect());
        }
        let mut all = Vec::new();
        if self.initiators.admits(Some(&None)) {
            all.extend(cells.iter().map(|cell| of(None, cell)));
        }
        for (user, operation_type, status) in kinds? {
            if self.initiators.admits(Some(&Some(*user))) {
                let kind = cells.iter().filter(|c| c.operation_type == *operation_type && c.status == *status);
                all.extend(kind.map(|cell| of(Some(*user), cell)));
            }
        }
        Some(all)
    }

    fn initiator_is(&self, dialect: Dialect) -> String {
        let any: Vec<String> = self.initiators.values.iter().map(|user| is(*user, dialect)).collect();
        let any = any.join(" OR ");
        // A run of the system is none of the users; the plain negation would be neither true nor false for it.
        if self.initiators.not { format!("({any}) IS NOT TRUE") } else { format!("({any})") }
    }
}

/// A run with several of the codes is in the range of the first of them only.
fn by_reason(codes: &[ReasonCode], kinds: &[Kind]) -> Vec<Range> {
    let mut all = Vec::new();
    for (index, code) in codes.iter().enumerate() {
        let reason = Reason { code: *code, earlier: codes[..index].to_vec() };
        all.extend(kinds.iter().map(|kind| Range { kind: *kind, reason: Some(reason.clone()) }));
    }
    all
}

fn and(one: Option<String>, other: Option<String>) -> Option<String> {
    match (one, other) {
        (Some(one), Some(other)) => Some(format!("{one} AND {other}")),
        (one, other) => one.or(other),
    }
}
