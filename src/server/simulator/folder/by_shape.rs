//! What an object's properties say, for templates that name no type.

use super::super::collection::Collection;
use super::super::content::Object;

pub fn collection(object: &Object) -> Option<Collection> {
    let has = |name: &str| object.contains_key(name);
    let rules = [
        (has("settings") && has("technologies"), Collection::ConfigurationPolicies),
        (has("conditions") && (has("grantControls") || has("sessionControls")), Collection::ConditionalAccessPolicies),
        (has("groupTypes") || has("mailEnabled") || has("securityEnabled"), Collection::Groups),
        (has("membershipRule") && !has("platform"), Collection::Groups),
        (has("rule") && has("platform"), Collection::AssignmentFilters),
        // A shell script for macOS or Linux has `executionFrequency` and a collection of its own.
        (has("scriptContent") && !has("executionFrequency"), Collection::DeviceManagementScripts),
        (has("definitionValues"), Collection::GroupPolicyConfigurations),
        (has("allowedDataStorageLocations"), Collection::ManagedAppPolicies),
        (has("outOfBoxExperienceSettings") || has("outOfBoxExperienceSetting"), Collection::AutopilotProfiles),
        (has("scheduledActionsForRule"), Collection::DeviceCompliancePolicies),
        (has("omaSettings"), Collection::DeviceConfigurations),
        (has("featureUpdateVersion"), Collection::FeatureUpdateProfiles),
        (has("expeditedUpdateSettings"), Collection::QualityUpdateProfiles),
        (has("deploymentDeferralInDays") && has("approvalType"), Collection::DriverUpdateProfiles),
        (has("isMigratingToConfigurationPolicy") || has("settingsDelta"), Collection::Intents),
        (has("packageIdentifier") || has("installCommandLine"), Collection::MobileApps),
    ];
    rules.into_iter().find(|(fits, _)| *fits).map(|(_, collection)| collection)
}
