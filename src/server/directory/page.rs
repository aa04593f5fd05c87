//! A page of the tenant's groups, as an address asks for it.

use crate::{
    model::{
        directory_group::{GroupCursor, GroupPage},
        listing::Listing,
    },
    server::{
        db::{
            Db,
            group_list::{self, GroupQuery},
            scope::TenantScope,
        },
        error::ServiceError,
    },
};

const PAGE_SIZE: usize = 50;
/// No group has a longer name (Microsoft Graph allows 256 characters).
const LONGEST_SEARCH: usize = 256;

/// The page that an address names; what of it makes no sense is left out and said.
pub async fn page(
    db: &Db,
    scope: TenantScope,
    q: Option<String>,
    kind: Option<String>,
    after: Option<String>,
) -> Result<GroupPage, ServiceError> {
    let (query, note) = parse(q, kind, after);
    let mut items = group_list::list(db, scope, &query, PAGE_SIZE as i64 + 1).await?;
    let more = items.len() > PAGE_SIZE;
    items.truncate(PAGE_SIZE);
    let cursor = |name: &str, id: &str| GroupCursor { name_key: name.to_lowercase(), id: id.to_owned() }.to_string();
    let next = items.last().filter(|_| more).map(|last| cursor(&last.name, &last.id));
    let any = !items.is_empty() || group_list::any(db, scope).await?;
    let last_sync = group_list::last_sync(db, scope).await?;
    Ok(GroupPage { groups: Listing { items, next, note }, last_sync, any })
}

fn parse(q: Option<String>, kind: Option<String>, after: Option<String>) -> (GroupQuery, Option<String>) {
    let given = |text: Option<String>| text.map(|text| text.replace('\0', "")).filter(|text| !text.trim().is_empty());
    let name = given(q).map(|name| name.trim().chars().take(LONGEST_SEARCH).collect());
    let (kind, after) = (given(kind), given(after));
    let query = GroupQuery {
        name,
        selection: kind.as_deref().and_then(|kind| kind.parse().ok()),
        after: after.as_deref().and_then(GroupCursor::parse),
    };
    let note = if kind.is_some() && query.selection.is_none() {
        Some("The address asks for a kind of group that does not exist. All kinds are shown.")
    } else if after.is_some() && query.after.is_none() {
        Some("The address names a place in the list that does not exist. The list begins anew.")
    } else {
        None
    };
    (query, note.map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::directory_group::GroupSelection;

    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn an_address_is_read_and_what_makes_no_sense_is_said() {
        let (query, note) = parse(some(" sales "), some("dynamic"), some("5f1c department - sales"));
        assert_eq!(query.name.as_deref(), Some("sales"));
        assert_eq!(query.selection, Some(GroupSelection::Dynamic));
        assert_eq!(query.after.map(|after| after.name_key).as_deref(), Some("department - sales"));
        assert_eq!(note, None);
        let (query, note) = parse(some("  "), some("unicorns"), some("nonsense"));
        assert_eq!(query, GroupQuery::default());
        assert!(note.is_some());
    }
}
