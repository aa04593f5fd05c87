//! The parts of which the list's ranges are made, and how each engine reads them: by the index in which their runs lie in
//! the order of the list.

use uuid::Uuid;

use crate::model::{
    ids::UserId,
    operation::OperationType,
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

/// What tells a range apart. Without a user it has everybody's runs; the user that is none is the system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    pub user: Option<Option<UserId>>,
    pub cell: Cell,
}

impl Kind {
    pub const fn of(cell: Cell) -> Self {
        Self { user: None, cell }
    }

    pub const fn of_person(user: Option<UserId>, cell: Cell) -> Self {
        Self { user: Some(user), cell }
    }

    /// What is NULL of it: to an index another condition than a value.
    const fn nulls(&self) -> (Option<bool>, bool) {
        let system = match self.user {
            None => None,
            Some(user) => Some(user.is_none()),
        };
        (system, self.cell.outcome.is_none())
    }

    /// The words are our own: nothing in them needs an escape.
    fn sql(&self, dialect: Dialect) -> String {
        let Cell { operation_type, status, outcome } = self.cell;
        let user = self.user.map_or_else(String::new, |user| format!(" AND {}", is(user, dialect)));
        let outcome = outcome.map_or("IS NULL".to_owned(), |outcome| format!("= '{outcome}'"));
        format!("{user} AND type = '{operation_type}' AND status = '{status}' AND outcome {outcome}")
    }

    /// The same in the words of a table `kind` with a row for each of many that are like this one, and the range of ids.
    ///
    /// Not as equal values: of those that it does not know PostgreSQL takes each for as frequent as all are on average, and
    /// may look for the rarest among all runs in the order of ids. Rows that are compared are in the order of one index only.
    fn sql_of_many(&self, id: &str) -> String {
        let (system, active) = self.nulls();
        let of_system = if system == Some(true) { format!(" AND {OF_SYSTEM}") } else { String::new() };
        let columns = match (system, active) {
            (Some(false), false) => "initiator_user_id, type, status, outcome",
            (_, false) => "type, status, outcome",
            (Some(false), true) => {
                return format!(
                    " AND initiator_user_id = kind.initiator_user_id AND type = kind.type AND status = kind.status \
                     AND outcome IS NULL{}",
                    within(id)
                );
            }
            (_, true) => {
                return format!(
                    "{of_system} AND type = kind.type AND status = kind.status AND outcome IS NULL{}",
                    within(id)
                );
            }
        };
        let of_kind = columns.split(", ").map(|column| format!("kind.{column}")).collect::<Vec<_>>().join(", ");
        let bound = |is: &str, last: &str| format!(" AND ({columns}, {id}) {is} ({of_kind}, {last})");
        format!("{of_system}{}{}", bound(">=", "$2"), bound("<=", "$3"))
    }

    fn row(&self, dialect: Dialect) -> String {
        let Cell { operation_type, status, outcome } = self.cell;
        let user = self.user.flatten().map_or("NULL".to_owned(), |user| dialect.literal(user.0));
        let outcome = outcome.map_or("NULL".to_owned(), |outcome| format!("'{outcome}'"));
        format!("({user}, '{operation_type}', '{status}', {outcome})")
    }
}

/// Ranges of one index, in each of which the runs lie in the order of the list. PostgreSQL reads many of them by one text,
/// which takes as long to plan as one of them; SQLite plans a union of many in no time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    kinds: Vec<Kind>,
    dialect: Dialect,
}

/// What reads a part: `FROM ... WHERE ...`, with the tenant as `$1` and the range of ids as `$2` and `$3`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Range {
    pub text: String,
    /// A table `kind`, for each of whose rows the text is read.
    pub for_each: Option<String>,
    /// To PostgreSQL a range is in the order of the ids only when that of these columns is told before: a column that IS
    /// NULL is none that has one value, nor one that is compared.
    pub ordered_by: &'static [&'static str],
    /// How many ranges of the index these are.
    pub ranges: usize,
}

impl Part {
    pub const fn everything(dialect: Dialect) -> Self {
        Self { kinds: Vec::new(), dialect }
    }

    /// These kinds, each by itself: read no further than the merge goes, which is what counts where each run is looked at.
    pub fn each(kinds: &[Kind], dialect: Dialect) -> Vec<Self> {
        kinds.iter().map(|kind| Self { kinds: vec![*kind], dialect }).collect()
    }

    /// These kinds in as few parts as the engine reads them by.
    pub fn together(kinds: &[Kind], dialect: Dialect) -> Vec<Self> {
        let mut parts: Vec<Self> = Vec::new();
        for kind in kinds {
            let like = |part: &&mut Self| dialect == Dialect::Postgres && part.kinds[0].nulls() == kind.nulls();
            match parts.iter_mut().find(like) {
                Some(part) => part.kinds.push(*kind),
                None => parts.push(Self { kinds: vec![*kind], dialect }),
            }
        }
        parts
    }

    pub fn of_runs(&self) -> Range {
        let index = match self.kinds.first() {
            None => "operation_runs_newest",
            Some(Kind { user: None, .. }) => "operation_runs_state",
            Some(Kind { user: Some(_), .. }) => "operation_runs_initiator",
        };
        let runs = self.dialect.by_index("operation_runs", index);
        self.range(format!("FROM {runs} WHERE tenant_id = $1{}", self.restriction("id")))
    }

    /// Those of its runs that have this reason.
    pub fn of_reasons(&self, code: &str) -> Range {
        let index = match self.kinds.first() {
            Some(Kind { user: Some(_), .. }) => "operation_run_reasons_initiator",
            _ => "operation_run_reasons_code",
        };
        let reasons = self.dialect.by_index("operation_run_reasons", index);
        let restriction = self.restriction("run_id");
        self.range(format!("FROM {reasons} WHERE tenant_id = $1 AND code = {code}{restriction}"))
    }

    fn restriction(&self, id: &str) -> String {
        match &*self.kinds {
            [] => within(id),
            [one] => one.sql(self.dialect) + &within(id),
            [first, ..] => first.sql_of_many(id),
        }
    }

    const fn ordered_by(&self) -> &'static [&'static str] {
        match (self.dialect, self.kinds.as_slice()) {
            (Dialect::Postgres, [Kind { user: Some(None), .. }]) => &["initiator_user_id"],
            (Dialect::Sqlite, _) | (_, [] | [_]) => &[],
            (Dialect::Postgres, [Kind { user: None, .. }, ..]) => &["type", "status", "outcome"],
            (Dialect::Postgres, [Kind { user: Some(_), .. }, ..]) => {
                &["initiator_user_id", "type", "status", "outcome"]
            }
        }
    }

    fn range(&self, text: String) -> Range {
        let for_each = (self.kinds.len() > 1).then(|| {
            let rows: Vec<_> = self.kinds.iter().map(|kind| kind.row(self.dialect)).collect();
            format!("(VALUES {}) AS kind (initiator_user_id, type, status, outcome)", rows.join(", "))
        });
        Range { text, for_each, ordered_by: self.ordered_by(), ranges: self.kinds.len().max(1) }
    }
}

fn within(id: &str) -> String {
    format!(" AND {id} >= $2 AND {id} <= $3")
}

pub fn is(user: Option<UserId>, dialect: Dialect) -> String {
    user.map_or(OF_SYSTEM.to_owned(), |user| format!("initiator_user_id = {}", dialect.literal(user.0)))
}
