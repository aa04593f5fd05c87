//! What the names around an object say: its list's key, its file, its folders. The last resort.

use super::super::collection::Collection;

/// Names that people and export tools give to folders and files, besides the collections' own names.
const ALIASES: &[(&str, Collection)] = &[
    ("settingscatalog", Collection::ConfigurationPolicies),
    ("configurationpolicy", Collection::ConfigurationPolicies),
    ("deviceconfiguration", Collection::DeviceConfigurations),
    ("configurationprofiles", Collection::DeviceConfigurations),
    ("compliance", Collection::DeviceCompliancePolicies),
    ("compliancepolicies", Collection::DeviceCompliancePolicies),
    ("compliancepolicy", Collection::DeviceCompliancePolicies),
    ("administrativetemplates", Collection::GroupPolicyConfigurations),
    ("grouppolicy", Collection::GroupPolicyConfigurations),
    ("powershellscripts", Collection::DeviceManagementScripts),
    ("scripts", Collection::DeviceManagementScripts),
    ("appprotection", Collection::ManagedAppPolicies),
    ("appprotectionpolicies", Collection::ManagedAppPolicies),
    ("conditionalaccess", Collection::ConditionalAccessPolicies),
    ("conditionalaccesspolicies", Collection::ConditionalAccessPolicies),
    ("endpointsecurity", Collection::Intents),
    ("autopilot", Collection::AutopilotProfiles),
    ("autopilotprofiles", Collection::AutopilotProfiles),
    ("enrollment", Collection::EnrollmentConfigurations),
    ("enrollmentconfigurations", Collection::EnrollmentConfigurations),
    ("enrollmentrestrictions", Collection::EnrollmentConfigurations),
    ("enrollmentstatuspage", Collection::EnrollmentConfigurations),
    ("apps", Collection::MobileApps),
    ("applications", Collection::MobileApps),
    ("devicefilters", Collection::AssignmentFilters),
    ("filters", Collection::AssignmentFilters),
    ("featureupdates", Collection::FeatureUpdateProfiles),
    ("qualityupdates", Collection::QualityUpdateProfiles),
    ("driverupdates", Collection::DriverUpdateProfiles),
    ("dynamicgroups", Collection::Groups),
    ("staticgroups", Collection::Groups),
];

/// Names from the nearest to the farthest; the first that says something counts.
pub fn collection(names: &[String]) -> Option<Collection> {
    names.iter().find_map(|name| {
        let plain = |text: &str| -> String { text.chars().filter(char::is_ascii_alphanumeric).collect() };
        let name = plain(name).to_ascii_lowercase();
        let alias = ALIASES.iter().find(|(alias, _)| *alias == name).map(|(_, collection)| *collection);
        // "policies" alone says nothing outside of Graph's own path for Conditional Access.
        let own = |one: &&Collection| one.as_str().eq_ignore_ascii_case(&name) && name != "policies";
        alias.or_else(|| Collection::ALL.iter().find(own).copied())
    })
}
