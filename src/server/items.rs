//! Pages of items by family, as an address asks for them.

use super::{
    db::{
        Db,
        item_list::{self, ItemTable},
        run_tables::RunTable,
        scope::TenantScope,
    },
    error::ServiceError,
    graph::Family,
};
use crate::model::{
    item::{FamilyCount, FamilyPage, FamilyQuery},
    listing::Listing,
    operation::OperationType,
};

const PAGE_SIZE: usize = 50;
/// No object of Microsoft Graph has a longer name.
const LONGEST_SEARCH: usize = 256;

/// The inventory as the last sync left it.
pub async fn inventory(db: &Db, scope: TenantScope, asked: FamilyQuery) -> Result<FamilyPage, ServiceError> {
    page(db, scope, &item_list::INVENTORY, Family::ALL, OperationType::InventorySync, asked).await
}

/// The policies as the last sync left them, gone ones included.
pub async fn policies(db: &Db, scope: TenantScope, asked: FamilyQuery) -> Result<FamilyPage, ServiceError> {
    page(db, scope, &item_list::POLICIES, Family::POLICIES, OperationType::PolicySync, asked).await
}

/// What of the address makes no sense is left out and said.
async fn page(
    db: &Db,
    scope: TenantScope,
    table: &ItemTable,
    families: &[Family],
    operation: OperationType,
    asked: FamilyQuery,
) -> Result<FamilyPage, ServiceError> {
    let counts = item_list::counts(db, scope, table).await?;
    let count = |family: &Family| {
        let found = counts.iter().find(|(name, _)| name == family.as_str());
        let items = found.map_or(0, |(_, items)| items.unsigned_abs());
        FamilyCount { key: family.as_str().to_owned(), label: family.label().to_owned(), items }
    };
    let families: Vec<FamilyCount> = families.iter().map(count).collect();
    let [family, q, after] = [asked.family, asked.q, asked.after].map(given);
    let named = family.as_ref().and_then(|name| families.iter().find(|one| one.key == *name));
    let mut note = (family.is_some() && named.is_none())
        .then_some("The address asks for a family that does not exist. Another one is shown.");
    let first = || families.iter().find(|one| one.items > 0).or(families.first());
    let family = named.or_else(first).map(|one| one.key.clone()).unwrap_or_default();

    let q = q.map(|q| q.chars().take(LONGEST_SEARCH).collect::<String>());
    let mut after = after;
    if let Some(id) = &after
        && item_list::one(db, scope, table, &family, id).await?.is_none()
    {
        note = Some("The address names a place in the list that does not exist. The list begins anew.");
        after = None;
    }
    let limit = PAGE_SIZE as i64 + 1;
    let mut items = item_list::page(db, scope, table, &family, q.as_deref(), after.as_deref(), limit).await?;
    let more = items.len() > PAGE_SIZE;
    items.truncate(PAGE_SIZE);
    let next = items.last().filter(|_| more).map(|last| last.id.clone());
    let last_sync = match RunTable::of(operation) {
        Some(runs) => runs.newest(db, scope).await?,
        None => None,
    };
    Ok(FamilyPage { families, family, items: Listing { items, next, note: note.map(str::to_owned) }, last_sync })
}

/// A field of a form that says something. No text of a database holds a NUL.
fn given(text: Option<String>) -> Option<String> {
    text.map(|text| text.replace('\0', "").trim().to_owned()).filter(|text| !text.is_empty())
}
