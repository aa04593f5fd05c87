//! What `@odata.type` says: Graph's derived types follow naming rules.

use super::super::collection::Collection;
use super::super::content::{Object, text};

/// Types whose name is the rule.
const EXACT: &[(&str, Collection)] = &[
    ("devicemanagementconfigurationpolicy", Collection::ConfigurationPolicies),
    ("grouppolicyconfiguration", Collection::GroupPolicyConfigurations),
    ("devicemanagementscript", Collection::DeviceManagementScripts),
    ("conditionalaccesspolicy", Collection::ConditionalAccessPolicies),
    ("devicemanagementintent", Collection::Intents),
    ("devicecomanagementauthorityconfiguration", Collection::EnrollmentConfigurations),
    ("windowsfeatureupdateprofile", Collection::FeatureUpdateProfiles),
    ("windowsqualityupdateprofile", Collection::QualityUpdateProfiles),
    ("windowsdriverupdateprofile", Collection::DriverUpdateProfiles),
    ("group", Collection::Groups),
    ("managedapp", Collection::MobileApps),
    ("windowsuniversalappx", Collection::MobileApps),
    ("windowsappx", Collection::MobileApps),
    ("windowsmobilemsi", Collection::MobileApps),
    ("windowsphonexap", Collection::MobileApps),
];

/// Endings that end like a device configuration and are settings of apps, which are not served.
const APP_SETTINGS: &[&str] = &["mobileappconfiguration", "managedstoreappconfiguration"];

pub fn collection(object: &Object) -> Option<Collection> {
    let kind = text(object, "@odata.type")?.rsplit('.').next()?.trim_start_matches('#').to_ascii_lowercase();
    let ends = |ending: &str| kind.ends_with(ending);
    let has = |part: &str| kind.contains(part);
    if let Some((_, collection)) = EXACT.iter().find(|(exact, _)| *exact == kind) {
        return Some(*collection);
    }
    if APP_SETTINGS.iter().any(|ending| ends(ending)) {
        return None;
    }
    // From the special to the general: many of these end in "configuration".
    let rules = [
        (ends("compliancepolicy"), Collection::DeviceCompliancePolicies),
        (ends("managedappprotection"), Collection::ManagedAppPolicies),
        (has("managedapp") && (ends("configuration") || ends("policy")), Collection::ManagedAppPolicies),
        (ends("windowsinformationprotectionpolicy"), Collection::ManagedAppPolicies),
        (ends("windowsinformationprotection"), Collection::ManagedAppPolicies),
        (has("windowsautopilotdeploymentprofile"), Collection::AutopilotProfiles),
        (has("enrollmentcompletionpage"), Collection::EnrollmentConfigurations),
        (ends("enrollmentconfiguration"), Collection::EnrollmentConfigurations),
        (kind.starts_with("deviceenrollment") && ends("configuration"), Collection::EnrollmentConfigurations),
        (ends("assignmentfilter"), Collection::AssignmentFilters),
        (ends("configuration"), Collection::DeviceConfigurations),
        (ends("certificateprofile"), Collection::DeviceConfigurations),
        (ends("trustedrootcertificate"), Collection::DeviceConfigurations),
        (ends("app"), Collection::MobileApps),
    ];
    rules.into_iter().find(|(fits, _)| *fits).map(|(_, collection)| collection)
}
