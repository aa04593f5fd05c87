//! What the forms of the pages send, made into what the service takes.

use std::collections::BTreeMap;

use super::{RestoreError, RestoreService};
use crate::{
    error::AppError,
    model::{
        backup::PolicyKey,
        ids::{BackupSetId, RestoreRunId},
        restore::{GroupChoice, MOST_RESTORED, RestoreRun},
    },
    server::{
        backup::PolicyFilter,
        db::{members::Membership, policy_lines},
    },
};

/// Letters that the id of a group has at most; Entra's have 36.
const LONGEST_ID: usize = 64;

/// The form on the page of a set, as it came.
#[derive(Debug, Clone, Default)]
pub struct RestoreRequest {
    pub set: String,
    /// As `family/id`.
    pub policies: Vec<String>,
    /// Everything of the set that `family` and `search` let through, instead of `policies`.
    pub all: bool,
    pub family: String,
    pub search: String,
    pub assignments: bool,
}

impl RestoreService {
    /// Begins the restore that a form asks for.
    pub async fn request(&self, member: &Membership, asked: RestoreRequest) -> Result<RestoreRun, RestoreError> {
        let set: BackupSetId = asked.set.parse().map_err(|_| AppError::not_found("This backup set"))?;
        let policies = match asked.all {
            true => {
                let filter = PolicyFilter::new(Some(&asked.family), Some(&asked.search));
                let pattern = filter.pattern();
                let filter = (filter.family.as_str(), pattern.as_str());
                // One more than are taken, so that too many are refused.
                let limit = MOST_RESTORED as i64 + 1;
                let lines = policy_lines::lines(&self.db, member.scope(), set, filter, ("", "", ""), limit).await?;
                lines.into_iter().map(|line| PolicyKey { family: line.family, graph_id: line.graph_id }).collect()
            }
            false => asked.policies.iter().map(|word| key(word)).collect::<Result<_, _>>()?,
        };
        self.create(member, set, policies, asked.assignments).await
    }

    /// Previews again with the groups that a form names.
    pub async fn map_groups(
        &self,
        member: &Membership,
        id: RestoreRunId,
        typed: Vec<GroupChoice>,
    ) -> Result<RestoreRun, RestoreError> {
        let chosen = typed.into_iter().map(|GroupChoice { id, here }| (id, here.trim().to_owned()));
        let chosen: BTreeMap<_, _> = chosen.filter(|(_, here)| !here.is_empty()).collect();
        if !chosen.iter().all(|(id, here)| is_id(id) && is_id(here)) {
            let message = "Give each group by its object id, as Microsoft Entra shows it: letters, digits and hyphens.";
            return Err(AppError::invalid(message).into());
        }
        self.preview_again(member, id, chosen).await
    }
}

fn key(word: &str) -> Result<PolicyKey, AppError> {
    let key: Option<PolicyKey> = word.parse().ok().filter(|_| !word.contains('\0'));
    key.ok_or_else(|| AppError::invalid("One of the chosen policies cannot be read. Reload the page."))
}

fn is_id(text: &str) -> bool {
    text.len() <= LONGEST_ID && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_of_a_group_is_letters_digits_and_hyphens() {
        assert!(is_id("0199a0c0-0000-7000-8000-000000000001"));
        for odd in ["../login", "a b", "a\0", "gr\u{fc}n", &"a".repeat(65)] {
            assert!(!is_id(odd), "{odd}");
        }
    }
}
