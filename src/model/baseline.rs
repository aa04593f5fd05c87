//! What a tenant's newest policies are compared with.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::text_enum;

text_enum! {
    BaselineKind, "kind of baseline" {
        Previous = "previous",
        BackupSet = "backup_set",
        Tenant = "tenant",
    }
}

/// What the newest policies are compared with. In a form and in the address it is one word:
/// `previous`, `backup_set:ID`, `tenant:SLUG`; in a run's inputs an object with a `kind`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Baseline {
    /// The sync before the newest.
    #[default]
    Previous,
    /// A backup set of the tenant.
    BackupSet { id: Uuid },
    /// The newest policies of another tenant.
    Tenant { slug: String },
}

impl Baseline {
    pub const fn kind(&self) -> BaselineKind {
        match self {
            Self::Previous => BaselineKind::Previous,
            Self::BackupSet { .. } => BaselineKind::BackupSet,
            Self::Tenant { .. } => BaselineKind::Tenant,
        }
    }

    /// Which one of its kind; empty for the previous sync.
    pub fn id(&self) -> String {
        match self {
            Self::Previous => String::new(),
            Self::BackupSet { id } => id.to_string(),
            Self::Tenant { slug } => slug.clone(),
        }
    }
}

impl std::fmt::Display for Baseline {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Previous => f.write_str("previous"),
            Self::BackupSet { id } => write!(f, "backup_set:{id}"),
            Self::Tenant { slug } => write!(f, "tenant:{slug}"),
        }
    }
}

/// The text names no baseline.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("that is no baseline")]
pub struct NoBaseline;

impl std::str::FromStr for Baseline {
    type Err = NoBaseline;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once(':') {
            None if text == "previous" => Ok(Self::Previous),
            Some(("backup_set", id)) => Uuid::parse_str(id).map(|id| Self::BackupSet { id }).map_err(|_| NoBaseline),
            Some(("tenant", slug)) if !slug.is_empty() => Ok(Self::Tenant { slug: slug.to_owned() }),
            _ => Err(NoBaseline),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_baseline_reads_back_as_it_was_written() {
        let id = Uuid::from_u128(7);
        for baseline in
            [Baseline::Previous, Baseline::BackupSet { id }, Baseline::Tenant { slug: "fabrikam".to_owned() }]
        {
            assert_eq!(baseline.to_string().parse(), Ok(baseline.clone()));
            let json = serde_json::to_value(&baseline).unwrap();
            assert_eq!(json["kind"], baseline.kind().as_str());
            assert_eq!(serde_json::from_value::<Baseline>(json).unwrap(), baseline);
        }
        for text in ["", "latest", "backup_set:7", "tenant:", "previous:1"] {
            assert_eq!(text.parse::<Baseline>(), Err(NoBaseline), "{text}");
        }
    }
}
