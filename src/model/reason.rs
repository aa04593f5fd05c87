//! Reason codes: the sanitised causes of a failure, with what they mean and what to do.

use crate::text_enum;

text_enum! {
    /// Why something failed, in the few words an administrator can act on.
    ReasonCode, "reason code" {
        GraphThrottled = "graph_throttled",
        PermissionDenied = "permission_denied",
        LicenseMissing = "license_missing",
        AuthFailed = "auth_failed",
        TenantUnavailable = "tenant_unavailable",
        BlockedByPolicy = "blocked_by_policy",
        NotFound = "not_found",
        Conflict = "conflict",
        InvalidPayload = "invalid_payload",
        DependencyMissing = "dependency_missing",
        IncompleteData = "incomplete_data",
        ServiceUnavailable = "service_unavailable",
        Network = "network",
        Timeout = "timeout",
        Cancelled = "cancelled",
        WorkerLost = "worker_lost",
        Internal = "internal",
    }
}

impl ReasonCode {
    /// What happened, as a sentence.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::GraphThrottled => "Microsoft Graph asked us to slow down, and did not let up in time.",
            Self::PermissionDenied => "Microsoft Graph refused access: the app lacks a permission.",
            Self::LicenseMissing => "The tenant is not licensed for this.",
            Self::AuthFailed => "Signing in to Microsoft Graph failed.",
            Self::TenantUnavailable => "The directory is gone or blocked.",
            Self::BlockedByPolicy => "A Conditional Access policy stopped the sign-in.",
            Self::NotFound => "Microsoft Graph does not have it any more.",
            Self::Conflict => "Something in the tenant conflicts with it.",
            Self::InvalidPayload => "Microsoft Graph did not accept the request.",
            Self::DependencyMissing => "Something it depends on is not there.",
            Self::IncompleteData => "Microsoft Graph's answer was incomplete.",
            Self::ServiceUnavailable => "Microsoft Graph was not available.",
            Self::Network => "Microsoft Graph could not be reached.",
            Self::Timeout => "It took longer than it may.",
            Self::Cancelled => "The run was cancelled.",
            Self::WorkerLost => "The worker that did the run disappeared.",
            Self::Internal => "Something went wrong in Runledger.",
        }
    }

    /// What to do about it.
    pub const fn hint(self) -> &'static str {
        match self {
            Self::GraphThrottled => "Run it again later, or run fewer operations on this tenant at once.",
            Self::PermissionDenied => "Grant the app the permission for this resource in Entra ID, then consent again.",
            Self::LicenseMissing => "Assign the licence in the Microsoft 365 admin centre if you want this covered.",
            Self::AuthFailed => "Check the client id, renew the client secret or repeat the admin consent.",
            Self::TenantUnavailable => "Check the directory id, and whether the tenant still exists.",
            Self::BlockedByPolicy => "Look at the sign-in log of the app in Entra ID and exclude it from the policy.",
            Self::NotFound => "It was deleted since the last sync; sync again.",
            Self::Conflict => "Resolve the duplicate or the pending change in Intune, then run it again.",
            Self::InvalidPayload => "Capture the item again; if it repeats, quote the request id to support.",
            Self::DependencyMissing => "Create or map what is missing, then run it again.",
            Self::IncompleteData => "Run it again; nothing that was stored before has been lost.",
            Self::ServiceUnavailable => "Run it again later; check the Microsoft 365 service health.",
            Self::Network => "Check the tenant's Graph address, DNS, proxy and firewall.",
            Self::Timeout => "Run it again later.",
            Self::Cancelled => "Start it again when you want it done.",
            Self::WorkerLost => "Start it again.",
            Self::Internal => "Quote the run id to support.",
        }
    }
}
