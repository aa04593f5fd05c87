//! What the pages show: the list of sets, and one set with its policies.

use serde_json::{Value, json};

use super::{BackupService, choose::PolicyFilter, inputs::family_label};
use crate::{
    model::{
        backup::{
            BackupSet, BackupSetDetail, FamilyCount, ITEMS_PAGE, MissingPolicy, PolicyKey, PolicyLine, PolicyPage,
            SETS_PAGE,
        },
        ids::BackupSetId,
        listing::Listing,
    },
    server::{
        db::{
            backup_items, backups,
            policy_lines::{self, LineRow},
            scope::TenantScope,
        },
        error::ServiceError,
        graph::POLICY_FAMILIES,
    },
};

/// How many missing policies, and how many runs, a set's page names.
const NAMED: i64 = 500;
const NO_PLACE: &str = "The place in the list that this address names does not exist; this is the beginning.";

/// A place in a list of policies: the sort key of the last line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Cursor {
    family: String,
    name: String,
    graph_id: String,
}

impl Cursor {
    /// Reads what [`Cursor::word`] wrote; what makes no sense is the beginning, with a note.
    pub fn parse(after: Option<&str>) -> (Self, Option<String>) {
        let Some(after) = after.filter(|after| !after.is_empty()) else { return (Self::default(), None) };
        match serde_json::from_str::<Value>(after).ok().as_ref().and_then(Value::as_array).map(Vec::as_slice) {
            Some([Value::String(family), Value::String(name), Value::String(graph_id)])
                if !after.contains("\\u0000") =>
            {
                (Self { family: family.clone(), name: name.clone(), graph_id: graph_id.clone() }, None)
            }
            _ => (Self::default(), Some(NO_PLACE.to_owned())),
        }
    }

    fn word(row: &LineRow) -> String {
        json!([row.family, row.name, row.graph_id]).to_string()
    }

    pub fn key(&self) -> (&str, &str, &str) {
        (&self.family, &self.name, &self.graph_id)
    }
}

/// A page of `rows`, of which one more than a page was asked for.
pub(super) fn page(mut rows: Vec<LineRow>, families: Vec<(String, i64)>, note: Option<String>) -> PolicyPage {
    let more = rows.len() > ITEMS_PAGE;
    rows.truncate(ITEMS_PAGE);
    let next = rows.last().filter(|_| more).map(Cursor::word);
    let policies = rows
        .into_iter()
        .map(|row| PolicyLine {
            family_label: family_label(&row.family),
            key: PolicyKey { family: row.family, graph_id: row.graph_id },
            name: row.name,
            odata_type: row.odata_type,
            at: row.at,
        })
        .collect();
    PolicyPage { policies, families: family_counts(&families), next, note }
}

/// The families in the order in which they are read, those that have something.
fn family_counts(counts: &[(String, i64)]) -> Vec<FamilyCount> {
    let known = POLICY_FAMILIES.iter().filter_map(|family| {
        let (_, count) = counts.iter().find(|(word, _)| word == family.as_str())?;
        Some(FamilyCount {
            family: family.as_str().to_owned(),
            label: family.label().to_owned(),
            count: count.unsigned_abs(),
        })
    });
    known.collect()
}

impl BackupService {
    /// The sets of the tenant, newest first.
    pub async fn list(&self, scope: TenantScope, after: Option<&str>) -> Result<Listing<BackupSet>, ServiceError> {
        let asked = after.filter(|after| !after.is_empty());
        let cursor = asked.and_then(|after| after.parse::<BackupSetId>().ok());
        let note = (asked.is_some() && cursor.is_none()).then(|| NO_PLACE.to_owned());
        let mut items = backups::list(self.db(), scope, cursor, SETS_PAGE as i64 + 1).await?;
        let more = items.len() > SETS_PAGE;
        items.truncate(SETS_PAGE);
        let next = items.last().filter(|_| more).map(|set| set.id.to_string());
        Ok(Listing { items, next, note })
    }

    /// One set with a page of its policies.
    pub async fn detail(
        &self,
        scope: TenantScope,
        id: BackupSetId,
        filter: &PolicyFilter,
        after: Option<&str>,
    ) -> Result<BackupSetDetail, ServiceError> {
        let set = self.find(scope, id).await?;
        let (cursor, note) = Cursor::parse(after);
        let pattern = filter.pattern();
        let filter = (filter.family.as_str(), pattern.as_str());
        let rows = policy_lines::lines(self.db(), scope, id, filter, cursor.key(), ITEMS_PAGE as i64 + 1).await?;
        let families = backup_items::families(self.db(), scope, id).await?;
        let missing = backup_items::missing(self.db(), scope, id, NAMED).await?;
        let missing = missing
            .into_iter()
            .map(|row| MissingPolicy {
                family_label: family_label(&row.family),
                key: PolicyKey { family: row.family, graph_id: row.graph_id },
                name: row.name,
                code: row.code,
                message: row.message,
                run_id: row.run_id,
            })
            .collect();
        let runs = backups::runs_of(self.db(), scope, id, NAMED).await?;
        Ok(BackupSetDetail { set, page: page(rows, families, note), missing, runs })
    }

    /// What is missing from a set, to be asked for again.
    pub async fn missing(&self, scope: TenantScope, id: BackupSetId) -> Result<Vec<PolicyKey>, ServiceError> {
        self.find(scope, id).await?;
        let rows = backup_items::missing(self.db(), scope, id, crate::model::backup::MOST_ADDED as i64).await?;
        Ok(rows.into_iter().map(|row| PolicyKey { family: row.family, graph_id: row.graph_id }).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_it_is_written_and_nonsense_is_the_beginning() {
        let row = LineRow {
            family: "f".into(),
            graph_id: "1".into(),
            name: "A \"quoted\" name".into(),
            odata_type: None,
            at: chrono::DateTime::UNIX_EPOCH,
        };
        let (cursor, note) = Cursor::parse(Some(&Cursor::word(&row)));
        assert_eq!((cursor.key(), note), (("f", "A \"quoted\" name", "1"), None));
        for nonsense in ["x", "[]", "[1,2,3]", "{\"a\":1}"] {
            let (cursor, note) = Cursor::parse(Some(nonsense));
            assert_eq!(cursor, Cursor::default());
            assert!(note.is_some());
        }
    }
}
