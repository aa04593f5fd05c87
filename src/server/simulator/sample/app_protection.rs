//! App protection policies.

use serde_json::{Value, json};

use super::super::collection::Collection;
use super::object::Maker;

const POLICIES: &[(&str, &str)] = &[
    ("iOS - App Protection - Level 1", "iosManagedAppProtection"),
    ("iOS - App Protection - Level 2", "iosManagedAppProtection"),
    ("iOS - App Protection - Level 3", "iosManagedAppProtection"),
    ("Android - App Protection - Level 1", "androidManagedAppProtection"),
    ("Android - App Protection - Level 2", "androidManagedAppProtection"),
    ("Android - App Protection - Level 3", "androidManagedAppProtection"),
];

pub fn make(maker: &mut Maker<'_>) {
    for (name, kind) in POLICIES {
        let strict = !name.ends_with('1');
        let mut own = json!({
            "allowedDataStorageLocations": ["oneDriveForBusiness", "sharePoint"],
            "allowedInboundDataTransferSources": if strict { "managedApps" } else { "allApps" },
            "allowedOutboundDataTransferDestinations": if strict { "managedApps" } else { "allApps" },
            "allowedOutboundClipboardSharingLevel": if strict { "managedAppsWithPasteIn" } else { "allApps" },
            "dataBackupBlocked": strict,
            "deviceComplianceRequired": true,
            "isAssigned": true,
            "managedBrowser": if strict { "microsoftEdge" } else { "notConfigured" },
            "maximumPinRetries": maker.number(3, 10, &format!("{name}/retries")),
            "minimumPinLength": maker.number(4, 8, &format!("{name}/pin")),
            "periodOfflineBeforeAccessCheck": "PT12H",
            "periodOfflineBeforeWipeIsEnforced": "P90D",
            "periodOnlineBeforeAccessCheck": "PT30M",
            "pinRequired": true,
            "saveAsBlocked": strict,
            "simplePinBlocked": maker.switch(&format!("{name}/simple")),
            "targetedAppManagementLevels": "unspecified",
            "version": format!("\"{}\"", maker.seeded.guid(&format!("{name}/version"))),
        });
        let (property, value): (&str, Value) = match *kind {
            "iosManagedAppProtection" => ("faceIdBlocked", false.into()),
            _ => ("screenCaptureBlocked", strict.into()),
        };
        own[property] = value;
        maker.policy(Collection::ManagedAppPolicies, kind, name, own);
    }
}
