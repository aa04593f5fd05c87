//! What the form for choosing policies sends, made into a request for a run.

use super::{BackupService, IntoSet, PolicyFilter};
use crate::{
    error::AppError,
    model::{
        backup::{Keep, PolicyKey},
        ids::BackupSetId,
        run::Started,
    },
    server::{db::members::Membership, error::ServiceError},
};

/// The form as it came.
#[derive(Debug, Clone, Default)]
pub struct AddRequest {
    /// The set that takes the policies; empty for a new one.
    pub set: String,
    /// The id of a new one: the form sent twice makes one set.
    pub new_set: String,
    pub name: String,
    pub keep: String,
    pub keep_open: bool,
    /// Everything that `family` and `search` let through, instead of `policies`.
    pub all: bool,
    pub family: String,
    pub search: String,
    /// As `family/id`.
    pub policies: Vec<String>,
}

impl BackupService {
    /// The set that takes the policies, and the run that adds them.
    pub async fn request(
        &self,
        member: &Membership,
        asked: AddRequest,
    ) -> Result<(BackupSetId, Started), ServiceError> {
        let into = into(&asked)?;
        let policies = match asked.all {
            true => {
                let filter = PolicyFilter::new(Some(&asked.family), Some(&asked.search));
                self.all_matching(member.scope(), &filter).await?
            }
            false => asked.policies.iter().map(|word| key(word)).collect::<Result<_, _>>()?,
        };
        let id = match &into {
            IntoSet::Existing(id) | IntoSet::New { id, .. } => *id,
        };
        Ok((id, self.add(member, into, policies).await?))
    }

    /// Asks again for what is missing from a set.
    pub async fn retry(&self, member: &Membership, id: BackupSetId) -> Result<Started, ServiceError> {
        let missing = self.missing(member.scope(), id).await?;
        if missing.is_empty() {
            return Err(AppError::Conflict { message: "Nothing is missing from this set.".to_owned() }.into());
        }
        self.add(member, IntoSet::Existing(id), missing).await
    }
}

fn into(asked: &AddRequest) -> Result<IntoSet, AppError> {
    if !asked.set.is_empty() {
        return asked.set.parse().map(IntoSet::Existing).map_err(|_| AppError::not_found("This backup set"));
    }
    let incomplete = |_| AppError::invalid("The form is incomplete. Reload the page and choose again.");
    let keep = match asked.keep.as_str() {
        "" => Keep::Year,
        word => word.parse::<Keep>().map_err(|_| AppError::invalid("Choose how long the set is kept."))?,
    };
    let id = asked.new_set.parse().map_err(incomplete)?;
    Ok(IntoSet::New { id, name: asked.name.clone(), keep, keep_open: asked.keep_open })
}

fn key(word: &str) -> Result<PolicyKey, AppError> {
    word.parse().map_err(|_| AppError::invalid("One of the chosen policies cannot be read. Reload the page."))
}
