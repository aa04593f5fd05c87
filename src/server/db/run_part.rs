//! The parts of which the list's ranges are made, and how each engine reads them: by the index in which their runs lie in
//! the order of the list.

use uuid::Uuid;

use crate::model::{
    ids::UserId,
    operation::OperationType,
    run::{RunOutcome, RunStatus},
};

/// What a range says that has the system's runs only.
pub const OF_SYSTEM: &str = "initiator_user_id IS NULL";

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

    /// The words are our own: nothing in them needs an escape.
    fn sql(self) -> String {
        let Self { operation_type, status, outcome } = self;
        let outcome = outcome.map_or("IS NULL".to_owned(), |outcome| format!("= '{outcome}'"));
        format!(" AND type = '{operation_type}' AND status = '{status}' AND outcome {outcome}")
    }
}

/// How an engine writes what a range says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    Sqlite,
    Postgres,
}

impl Dialect {
    fn literal(self, id: Uuid) -> String {
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

/// What tells a range apart, and the index in which its runs lie in the order of the list: of all runs, and of those with
/// a reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    index: &'static str,
    index_of_reasons: &'static str,
    restriction: String,
}

impl Part {
    pub fn everything() -> Self {
        Self {
            index: "operation_runs_newest",
            index_of_reasons: "operation_run_reasons_code",
            restriction: String::new(),
        }
    }

    pub fn of(cell: Cell) -> Self {
        Self { index: "operation_runs_state", index_of_reasons: "operation_run_reasons_code", restriction: cell.sql() }
    }

    pub fn of_person(user: Option<UserId>, cell: Cell, dialect: Dialect) -> Self {
        Self {
            index: "operation_runs_initiator",
            index_of_reasons: "operation_run_reasons_initiator",
            restriction: format!(" AND {}{}", is(user, dialect), cell.sql()),
        }
    }

    pub fn of_runs(&self, dialect: Dialect) -> String {
        let runs = dialect.by_index("operation_runs", self.index);
        format!("FROM {runs} WHERE tenant_id = $1{} AND id >= $2 AND id <= $3", self.restriction)
    }

    /// Those of its runs that have this reason.
    pub fn of_reasons(&self, code: &str, dialect: Dialect) -> String {
        let reasons = dialect.by_index("operation_run_reasons", self.index_of_reasons);
        let restriction = &self.restriction;
        format!("FROM {reasons} WHERE tenant_id = $1 AND code = {code}{restriction} AND run_id >= $2 AND run_id <= $3")
    }
}

pub fn is(user: Option<UserId>, dialect: Dialect) -> String {
    user.map_or(OF_SYSTEM.to_owned(), |user| format!("initiator_user_id = {}", dialect.literal(user.0)))
}
