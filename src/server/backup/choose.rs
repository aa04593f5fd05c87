//! Choosing policies: what the tenant has, by family and name, as the last policy sync left it.

use super::{BackupService, inputs::policy_family, view::Cursor};
use crate::{
    error::AppError,
    model::{
        backup::{ITEMS_PAGE, MOST_ADDED, PolicyChoices, PolicyKey},
        ids::BackupSetId,
    },
    server::{
        db::{backups, policy_lines, scope::TenantScope},
        error::ServiceError,
    },
};

/// How many sets are offered to add to.
const OFFERED_SETS: i64 = 50;

/// What the filter of a list of policies lets through. Empty texts let everything through; so does a family that
/// there is not.
#[derive(Debug, Clone, Default)]
pub struct PolicyFilter {
    pub family: String,
    pub search: String,
}

impl PolicyFilter {
    pub fn new(family: Option<&str>, search: Option<&str>) -> Self {
        let family = family.filter(|word| policy_family(word).is_some()).unwrap_or_default();
        Self { family: family.to_owned(), search: search.unwrap_or_default().trim().to_owned() }
    }

    /// The pattern for LIKE, with `\` as the escape.
    pub fn pattern(&self) -> String {
        let mut pattern = "%".to_owned();
        for letter in self.search.to_lowercase().chars().take(200).filter(|letter| *letter != '\0') {
            if matches!(letter, '%' | '_' | '\\') {
                pattern.push('\\');
            }
            pattern.push(letter);
        }
        pattern.push('%');
        pattern
    }
}

impl BackupService {
    /// A page of what can be chosen, with the sets that can take it.
    pub async fn choices(
        &self,
        scope: TenantScope,
        filter: &PolicyFilter,
        after: Option<&str>,
    ) -> Result<PolicyChoices, ServiceError> {
        let (cursor, note) = Cursor::parse(after);
        let pattern = filter.pattern();
        let filter = (filter.family.as_str(), pattern.as_str());
        let rows = policy_lines::choices(self.db(), scope, filter, cursor.key(), ITEMS_PAGE as i64 + 1).await?;
        let families = policy_lines::choice_families(self.db(), scope).await?;
        let all = policy_lines::choices(self.db(), scope, filter, ("", "", ""), MOST_ADDED as i64 + 1).await?;
        let now = self.clock().now();
        Ok(PolicyChoices {
            page: super::view::page(rows, families, note),
            matching: all.len() as u64,
            open_sets: backups::taking_more(self.db(), scope, OFFERED_SETS).await?,
            new_set: BackupSetId(self.clock().new_id()),
            suggested_name: format!("Backup of {}", now.format("%Y-%m-%d %H:%M")),
        })
    }

    /// Every policy that the filter lets through.
    pub async fn all_matching(
        &self,
        scope: TenantScope,
        filter: &PolicyFilter,
    ) -> Result<Vec<PolicyKey>, ServiceError> {
        let pattern = filter.pattern();
        let filter = (filter.family.as_str(), pattern.as_str());
        let rows = policy_lines::choices(self.db(), scope, filter, ("", "", ""), MOST_ADDED as i64 + 1).await?;
        if rows.is_empty() {
            return Err(AppError::invalid("No policy fits the filter, so there is nothing to add.").into());
        }
        Ok(rows.into_iter().map(|row| PolicyKey { family: row.family, graph_id: row.graph_id }).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_search_for_is_taken_literally() {
        assert_eq!(PolicyFilter::new(None, Some(" 50%_A\\ ")).pattern(), "%50\\%\\_a\\\\%");
        assert_eq!(PolicyFilter::default().pattern(), "%%");
    }
}
