//! The ranges of which the list is made, and how each engine reads them: by the index in which their runs lie in the order
//! of the list.

use uuid::Uuid;

use crate::model::{
    ids::UserId,
    operation::OperationType,
    reason::ReasonCode,
    run::{RunOutcome, RunStatus},
};

/// What a range says that has the system's runs only.
const OF_SYSTEM: &str = "initiator_user_id IS NULL";

/// The least parts that filters tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell {
    pub operation_type: OperationType,
    pub status: RunStatus,
    pub outcome: Option<RunOutcome>,
}

impl Cell {
    pub fn all() -> impl Iterator<Item = Self> {
        let states = |status: RunStatus| match status {
            RunStatus::Completed => RunOutcome::ALL.iter().map(|outcome| (status, Some(*outcome))).collect(),
            RunStatus::Queued | RunStatus::Running => vec![(status, None)],
        };
        OperationType::ALL.iter().flat_map(move |operation_type| {
            RunStatus::ALL.iter().flat_map(move |status| states(*status)).map(|(status, outcome)| Self {
                operation_type: *operation_type,
                status,
                outcome,
            })
        })
    }
}

/// How an engine writes what a range says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    Sqlite,
    Postgres,
}

impl Dialect {
    pub fn literal(self, id: Uuid) -> String {
        match self {
            Self::Sqlite => format!("x'{}'", id.simple()),
            Self::Postgres => format!("'{id}'::uuid"),
        }
    }

    /// A table that is read by this index. SQLite has no statistics, and would take the one in the order of the ids where
    /// a run has to be looked at; PostgreSQL knows better.
    pub fn by_index(self, table: &str, index: &str) -> String {
        match self {
            Self::Sqlite => format!("{table} INDEXED BY {index}"),
            Self::Postgres => table.to_owned(),
        }
    }
}

/// What tells a range apart, and by which index it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Everything,
    Of(Cell),
    /// Without a user: the system's.
    OfPerson(Option<UserId>, Cell),
}

/// Runs that lie in the order of the list in one index: of all runs, or of those with a reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Range {
    pub kind: Kind,
    pub reason: Option<Reason>,
}

/// Those with this code and none of the earlier ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    pub code: ReasonCode,
    pub earlier: Vec<ReasonCode>,
}

/// What reads ranges: `FROM ... WHERE ...`, with the tenant as `$1` and the range of ids as `$2` and `$3`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    pub text: String,
    /// A table `kind`, for each of whose rows the text is read.
    pub for_each: Option<String>,
    /// To PostgreSQL the runs are in the order of the ids only when the order of these columns is told before.
    pub ordered_by: &'static [&'static str],
}

impl Range {
    pub const fn of(kind: Kind) -> Self {
        Self { kind, reason: None }
    }

    /// This range by itself.
    pub fn alone(&self, dialect: Dialect) -> Reading {
        let ordered_by: &[_] = match (dialect, self.kind) {
            // A column that IS NULL is to PostgreSQL none that has one value: it would sort all of the range, or walk the
            // whole table.
            (Dialect::Postgres, Kind::OfPerson(None, _)) => &["initiator_user_id"],
            _ => &[],
        };
        Reading { text: self.text(&self.kind.sql(dialect), dialect), for_each: None, ordered_by }
    }

    /// These ranges in as few readings as PostgreSQL can plan them by: as long as one takes.
    pub fn together(ranges: &[Self]) -> Vec<Reading> {
        let mut alike: Vec<Vec<&Self>> = Vec::new();
        for range in ranges {
            match alike.iter_mut().find(|others| others[0].is_like(range)) {
                Some(others) => others.push(range),
                None => alike.push(vec![range]),
            }
        }
        alike
            .iter()
            .map(|ranges| match ranges.as_slice() {
                [one] => one.alone(Dialect::Postgres),
                many => Self::for_each(many),
            })
            .collect()
    }

    /// Whether one text reads both, with other values. Not where each run has to be looked at for an earlier code.
    fn is_like(&self, other: &Self) -> bool {
        let looked_at = self.reason.as_ref().is_some_and(|reason| !reason.earlier.is_empty());
        let nulls = |kind: &Kind| match kind {
            Kind::Everything => None,
            Kind::Of(cell) => Some((None, cell.outcome.is_none())),
            Kind::OfPerson(user, cell) => Some((Some(user.is_none()), cell.outcome.is_none())),
        };
        let nulls_of_both = (nulls(&self.kind), nulls(&other.kind));
        !looked_at && self.reason == other.reason && matches!(nulls_of_both, (Some(one), Some(other)) if one == other)
    }

    /// Of values that it does not know PostgreSQL takes each for as frequent as all are on average, and may look for the
    /// rarest among all runs in the order of ids. So the outcome is no equal value, but one from and to: these runs are in the
    /// order of outcome and id in one index only. Such a reading ends where the outcome does, not the ids.
    fn for_each(ranges: &[&Self]) -> Reading {
        let (of_person, ordered_by): (_, &[_]) = match ranges[0].kind {
            Kind::OfPerson(None, _) => (" AND initiator_user_id IS NULL", &["initiator_user_id", "outcome"]),
            Kind::OfPerson(Some(_), _) => (" AND initiator_user_id = kind.initiator_user_id", &["outcome"]),
            Kind::Of(_) | Kind::Everything => ("", &["outcome"]),
        };
        let of_outcome = match ranges[0].kind {
            Kind::Of(Cell { outcome: None, .. }) | Kind::OfPerson(_, Cell { outcome: None, .. }) => "outcome IS NULL",
            _ => "outcome >= kind.outcome AND outcome <= kind.outcome",
        };
        let restriction = format!("{of_person} AND type = kind.type AND status = kind.status AND {of_outcome}");
        let rows: Vec<_> = ranges.iter().filter_map(|range| range.kind.row()).collect();
        Reading {
            text: ranges[0].text(&restriction, Dialect::Postgres),
            for_each: Some(format!("(VALUES {}) AS kind (initiator_user_id, type, status, outcome)", rows.join(", "))),
            ordered_by,
        }
    }

    fn text(&self, restriction: &str, dialect: Dialect) -> String {
        let Some(Reason { code, earlier }) = &self.reason else {
            let runs = dialect.by_index("operation_runs", self.kind.index());
            return format!("FROM {runs} WHERE tenant_id = $1{restriction} AND id >= $2 AND id <= $3");
        };
        let reasons = dialect.by_index("operation_run_reasons", self.kind.index_of_reasons());
        let first = match earlier.as_slice() {
            [] => String::new(),
            earlier => format!(" AND {} IS NULL", has_reason("operation_run_reasons.run_id", earlier)),
        };
        format!(
            "FROM {reasons} WHERE tenant_id = $1 AND code = '{code}'{restriction} \
             AND run_id >= $2 AND run_id <= $3{first}"
        )
    }
}

impl Kind {
    const fn index(&self) -> &'static str {
        match self {
            Self::Everything => "operation_runs_newest",
            Self::Of(_) => "operation_runs_state",
            Self::OfPerson(..) => "operation_runs_initiator",
        }
    }

    const fn index_of_reasons(&self) -> &'static str {
        match self {
            Self::Everything | Self::Of(_) => "operation_run_reasons_code",
            Self::OfPerson(..) => "operation_run_reasons_initiator",
        }
    }

    /// The words are our own: nothing in them needs an escape.
    fn sql(&self, dialect: Dialect) -> String {
        let (of_person, cell) = match self {
            Self::Everything => return String::new(),
            Self::Of(cell) => (String::new(), cell),
            Self::OfPerson(user, cell) => (format!(" AND {}", is(*user, dialect)), cell),
        };
        let Cell { operation_type, status, outcome } = cell;
        let outcome = outcome.map_or("IS NULL".to_owned(), |outcome| format!("= '{outcome}'"));
        format!("{of_person} AND type = '{operation_type}' AND status = '{status}' AND outcome {outcome}")
    }

    fn row(&self) -> Option<String> {
        let (user, Cell { operation_type, status, outcome }) = match self {
            Self::Everything => return None,
            Self::Of(cell) => (None, cell),
            Self::OfPerson(user, cell) => (*user, cell),
        };
        let user = user.map_or("NULL".to_owned(), |user| Dialect::Postgres.literal(user.0));
        let outcome = outcome.map_or("NULL".to_owned(), |outcome| format!("'{outcome}'"));
        Some(format!("({user}, '{operation_type}', '{status}', {outcome})"))
    }
}

pub fn is(user: Option<UserId>, dialect: Dialect) -> String {
    user.map_or(OF_SYSTEM.to_owned(), |user| format!("initiator_user_id = {}", dialect.literal(user.0)))
}

/// A subquery with one value, which both engines ask for each run; a join would be planned, and could walk everything.
pub fn has_reason(id: &str, codes: &[ReasonCode]) -> String {
    let codes: Vec<String> = codes.iter().map(|code| format!("'{code}'")).collect();
    let codes = codes.join(", ");
    format!("(SELECT 1 FROM operation_run_reasons other WHERE other.run_id = {id} AND other.code IN ({codes}) LIMIT 1)")
}
