//! Which `@odata.type` says nothing, because the place where it stands has no other.
//!
//! Graph writes the type of an object only where it differs from the declared one, unless it was asked for full
//! metadata; exports and templates write it everywhere. A type that nothing derives from and that stands only where
//! it is declared is therefore noise. Source: the `$metadata` document of Graph beta.

use serde_json::{Map, Value};

/// Where an object stands: in which property, and what that property is declared to hold.
#[derive(Clone, Copy, Default)]
pub(super) struct Place<'a> {
    property: Option<&'a str>,
    /// From full metadata's annotation `PROPERTY@odata.type`.
    declared: Option<&'a str>,
}

impl<'a> Place<'a> {
    /// The place of a property of an object.
    pub fn of(property: &'a str, object: &'a Map<String, Value>) -> Self {
        let annotation = object.get(&format!("{property}@odata.type")).and_then(Value::as_str);
        let declared = annotation.and_then(|text| text.strip_prefix("#Collection(")?.strip_suffix(')'));
        Self { property: Some(property), declared }
    }

    /// True for a type that the place says already: the declared one, the one named like the property
    /// (`bitLockerSystemDrivePolicy`), and those that stand nowhere else.
    pub fn implies(self, odata_type: &str) -> bool {
        let full_name = odata_type.trim_start_matches('#');
        let Some(name) = full_name.strip_prefix("microsoft.graph.") else { return false };
        self.declared == Some(full_name) || self.property == Some(name) || IMPLIED.contains(&name)
    }
}

/// By area.
const IMPLIED: &[&str] = &[
    // Settings catalog. Setting instances and simple values are kept: they have subtypes.
    "deviceManagementConfigurationPolicy",
    "deviceManagementConfigurationPolicyTemplateReference",
    "deviceManagementConfigurationSetting",
    "deviceManagementConfigurationChoiceSettingValue",
    "deviceManagementConfigurationGroupSettingValue",
    "deviceManagementConfigurationSettingInstanceTemplateReference",
    "deviceManagementConfigurationSettingValueTemplateReference",
    // Lists of one type.
    "conditionalAccessPolicy",
    "deviceAndAppManagementAssignmentFilter",
    "deviceManagementIntent",
    "deviceManagementScript",
    "groupPolicyConfiguration",
    "groupPolicyDefinitionValue",
    "windowsDriverUpdateProfile",
    "windowsFeatureUpdateProfile",
    "windowsQualityUpdateProfile",
    // Compliance.
    "deviceComplianceActionItem",
    "deviceCompliancePolicyScript",
    "deviceComplianceScheduledActionForRule",
    "operatingSystemVersionRange",
    // Conditional Access.
    "applicationEnforcedRestrictionsSessionControl",
    "authenticationStrengthPolicy",
    "cloudAppSecuritySessionControl",
    "conditionalAccessApplications",
    "conditionalAccessClientApplications",
    "conditionalAccessConditionSet",
    "conditionalAccessDevices",
    "conditionalAccessFilter",
    "conditionalAccessGrantControls",
    "conditionalAccessGuestsOrExternalUsers",
    "conditionalAccessLocations",
    "conditionalAccessPlatforms",
    "conditionalAccessSessionControls",
    "conditionalAccessUsers",
    "persistentBrowserSessionControl",
    "signInFrequencySessionControl",
];
