//! Which `@odata.type` says nothing, because the place where it stands has no other.
//!
//! Graph writes the type of an object only where it differs from the declared one, unless it was asked for full
//! metadata; exports and templates write it everywhere. A type that nothing derives from and that stands only where
//! it is declared is therefore noise. Source: the `$metadata` document of Graph beta.

/// True for `#microsoft.graph.X` where X is always the declared type.
pub(super) fn is_implied(odata_type: &str) -> bool {
    odata_type.strip_prefix("#microsoft.graph.").is_some_and(|name| IMPLIED.contains(&name))
}

/// Sorted by area.
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
