//! Reading the ledger: pages of a filtered list both ways, how many runs it has, and what it can be filtered for.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::OperationRunService;
use crate::{
    model::{
        choice::Choice,
        filter::{InitiatorChoice, Place, RunFilter},
        filter_note::FilterNote,
        ids::{RunId, UserId},
        page::{ListChoices, PAGE_SIZE, RunPage},
        run::Run,
    },
    server::db::{
        DbResult,
        run_list::{self, Selection},
        run_people,
        run_query::{Direction, IdRange, RunQuery},
        scope::TenantScope,
    },
};

impl OperationRunService {
    /// The page of the tenant's runs that the filter names, newest first, for nobody in particular.
    pub async fn list(&self, scope: TenantScope, filter: &RunFilter) -> DbResult<RunPage> {
        self.page(scope, filter, FilterNote::default(), None).await
    }

    /// The same for `me`, who looks; `note` says what of the address was ignored so far. A place that is no run of the
    /// tenant is ignored as well.
    pub async fn page(
        &self,
        scope: TenantScope,
        filter: &RunFilter,
        mut note: FilterNote,
        me: Option<UserId>,
    ) -> DbResult<RunPage> {
        let db = self.db();
        let ids = created_within(filter, self.clock().now());
        if ids.is_empty() {
            note.empty_range();
        }
        let ids = filter.search.as_ref().map_or(ids, |search| ids.and(range_of(&search.ids())));
        let selection = self.selection(scope, filter, me).await?;
        // The count takes as long as all the rest: both at the same time.
        let (count, (found, aside, place, mut slice)) = tokio::try_join!(selection.count(db, ids), async {
            let place = self.place(scope, filter.place, &mut note).await?;
            let slice = read(&selection, db, ids, place).await?;
            Ok((self.found(scope, filter).await?, self.aside(scope).await?, place, slice))
        })?;
        if slice.runs.is_empty() && place != Place::Newest && (count.runs > 0 || count.more) {
            note.no_place();
            slice = read(&selection, db, ids, Place::Newest).await?;
        }
        Ok(RunPage {
            previous: slice.newer.then(|| slice.runs.first().map(|run| run.id)).flatten(),
            next: slice.older.then(|| slice.runs.last().map(|run| run.id)).flatten(),
            runs: slice.runs,
            count,
            found,
            note: note.text(),
            aside,
        })
    }

    /// The runs of a filter as the database reads them.
    pub async fn selection(&self, scope: TenantScope, filter: &RunFilter, me: Option<UserId>) -> DbResult<Selection> {
        Selection::prepare(self.db(), scope, &query(filter, me)).await
    }

    /// The runs of a filter in batches, newest first, wherever its address is in the list: each batch is a statement of
    /// its own, so that nothing is held while somebody downloads.
    pub async fn batches(&self, scope: TenantScope, filter: &RunFilter, me: Option<UserId>) -> DbResult<RunBatches> {
        let ids = created_within(filter, self.clock().now());
        let ids = filter.search.as_ref().map_or(ids, |search| ids.and(range_of(&search.ids())));
        let selection = self.selection(scope, filter, me).await?;
        Ok(RunBatches { ledger: self.clone(), selection, ids })
    }

    /// The people whom the list can be filtered for: the members, and those who left and whom the filter names.
    pub async fn filter_choices(&self, scope: TenantScope, filter: &RunFilter, me: UserId) -> DbResult<ListChoices> {
        let mut people = run_people::members(self.db(), scope).await?;
        let left: Vec<UserId> = filter
            .initiators
            .values
            .iter()
            .filter_map(|initiator| match initiator {
                InitiatorChoice::User(user) => Some(*user),
                InitiatorChoice::Me | InitiatorChoice::System => None,
            })
            .filter(|user| people.iter().all(|person| person.id != *user))
            .collect();
        people.extend(run_people::initiators(self.db(), scope, &left).await?);
        Ok(ListChoices { people, me })
    }

    /// The run that the search names, if it is one.
    async fn found(&self, scope: TenantScope, filter: &RunFilter) -> DbResult<Option<RunId>> {
        let Some(search) = &filter.search else { return Ok(None) };
        match run_list::two_in(self.db(), scope, range_of(&search.ids())).await?.as_slice() {
            [one] => Ok(Some(*one)),
            _ => Ok(None),
        }
    }

    async fn place(&self, scope: TenantScope, place: Place, note: &mut FilterNote) -> DbResult<Place> {
        let (Place::After(id) | Place::Before(id)) = place else { return Ok(place) };
        if run_list::two_in(self.db(), scope, IdRange { first: id, last: id }).await?.is_empty() {
            note.no_place();
            return Ok(Place::Newest);
        }
        Ok(place)
    }
}

/// Runs of a list, and whether there are more on either side.
struct Slice {
    runs: Vec<Run>,
    newer: bool,
    older: bool,
}

async fn read(selection: &Selection, db: &crate::server::db::Db, ids: IdRange, place: Place) -> DbResult<Slice> {
    if let Place::Before(id) = place {
        let (mut runs, newer) =
            cut(selection.page(db, ids.and(IdRange::after(id)), Direction::Newer, PAGE_SIZE + 1).await?);
        // Less than a page: that is where the first page begins, which is then shown whole.
        if newer {
            runs.reverse();
            let below = runs.last().map_or(IdRange::ALL, |last| IdRange::before(last.id));
            let older = !selection.page(db, ids.and(below), Direction::Older, 1).await?.is_empty();
            return Ok(Slice { runs, newer, older });
        }
    }
    let below = if let Place::After(id) = place { IdRange::before(id) } else { IdRange::ALL };
    let (runs, older) = cut(selection.page(db, ids.and(below), Direction::Older, PAGE_SIZE + 1).await?);
    let newer = match (place, runs.first()) {
        (Place::After(_), Some(first)) => {
            !selection.page(db, ids.and(IdRange::after(first.id)), Direction::Newer, 1).await?.is_empty()
        }
        _ => false,
    };
    Ok(Slice { runs, newer, older })
}

/// A page, and whether one more run was there.
fn cut(mut runs: Vec<Run>) -> (Vec<Run>, bool) {
    let more = runs.len() > PAGE_SIZE;
    runs.truncate(PAGE_SIZE);
    (runs, more)
}

/// The runs of a filter, batch by batch.
pub struct RunBatches {
    ledger: OperationRunService,
    selection: Selection,
    ids: IdRange,
}

impl RunBatches {
    /// The next batch; empty at the end.
    pub async fn next(&mut self, limit: usize) -> DbResult<Vec<Run>> {
        let runs = self.selection.page(self.ledger.db(), self.ids, Direction::Older, limit).await?;
        if let Some(last) = runs.last() {
            self.ids = self.ids.and(IdRange::before(last.id));
        }
        Ok(runs)
    }
}

/// The filter's words, looked up. Without anyone who looks, nobody is "me".
fn query(filter: &RunFilter, me: Option<UserId>) -> RunQuery {
    let initiators = filter.initiators.values.iter().map(|initiator| match initiator {
        InitiatorChoice::Me => me.unwrap_or(UserId(Uuid::nil())).into(),
        InitiatorChoice::System => None,
        InitiatorChoice::User(user) => Some(*user),
    });
    RunQuery {
        types: filter.types.clone(),
        statuses: filter.statuses.clone(),
        outcomes: filter.outcomes.clone(),
        initiators: Choice { values: initiators.collect(), not: filter.initiators.not },
        reasons: filter.reasons.clone(),
    }
}

fn range_of(ids: &std::ops::RangeInclusive<RunId>) -> IdRange {
    IdRange { first: *ids.start(), last: *ids.end() }
}

/// The ids of runs that were created in the filter's range of time: a UUIDv7 begins with its millisecond.
fn created_within(filter: &RunFilter, now: DateTime<Utc>) -> IdRange {
    let first_at = |at: DateTime<Utc>| {
        let millis = u128::try_from(at.timestamp_millis()).unwrap_or_default();
        RunId(Uuid::from_u128(millis << 80))
    };
    let from = filter.begin(now).map_or(IdRange::ALL.first, first_at);
    let until = filter.end(now).map_or(IdRange::ALL, |end| IdRange::before(first_at(end)));
    IdRange { first: from, last: IdRange::ALL.last }.and(until)
}
