//! Ids: UUIDv7, so that an id also sorts by the time it was made.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! id {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[cfg_attr(feature = "ssr", derive(sqlx::Type), sqlx(transparent))]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    };
}

id!(
    /// A customer directory, the unit of isolation.
    TenantId
);
id!(UserId);
id!(
    /// One execution of an operation: a row of `operation_runs`.
    RunId
);
id!(
    /// One thing that one person was told.
    NotificationId
);
id!(
    /// Where notifications of a tenant go: a row of `outgoing_destinations`.
    DestinationId
);
id!(
    /// One thing that one destination is told: a row of `outgoing_deliveries`.
    DeliveryId
);
id!(
    /// A kept state of policies: a row of `backup_sets`.
    BackupSetId
);
id!(
    /// A difference that drift generation has found: a row of `drift_findings`.
    FindingId
);
id!(
    /// One writing back of a backup set: a row of `restore_runs`.
    RestoreRunId
);
id!(
    /// One line of the audit log.
    AuditEntryId
);
