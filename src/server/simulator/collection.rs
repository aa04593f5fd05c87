//! The collections that the simulator serves, and what Graph allows on each.

use crate::text_enum;

text_enum! {
    /// A collection of Graph; its word is the last segment of its path.
    Collection, "collection" {
        ConfigurationPolicies = "configurationPolicies",
        DeviceConfigurations = "deviceConfigurations",
        DeviceCompliancePolicies = "deviceCompliancePolicies",
        GroupPolicyConfigurations = "groupPolicyConfigurations",
        DeviceManagementScripts = "deviceManagementScripts",
        ManagedAppPolicies = "managedAppPolicies",
        ConditionalAccessPolicies = "policies",
        Intents = "intents",
        AutopilotProfiles = "windowsAutopilotDeploymentProfiles",
        EnrollmentConfigurations = "deviceEnrollmentConfigurations",
        MobileApps = "mobileApps",
        AssignmentFilters = "assignmentFilters",
        FeatureUpdateProfiles = "windowsFeatureUpdateProfiles",
        QualityUpdateProfiles = "windowsQualityUpdateProfiles",
        DriverUpdateProfiles = "windowsDriverUpdateProfiles",
        Groups = "groups",
    }
}

/// Collections of derived types: path and type. Their members are served with those of the base type too, and only
/// here do they expand their assignments.
pub const DERIVED_PROTECTIONS: &[(&str, &str)] = &[
    ("deviceAppManagement/iosManagedAppProtections", "#microsoft.graph.iosManagedAppProtection"),
    ("deviceAppManagement/androidManagedAppProtections", "#microsoft.graph.androidManagedAppProtection"),
    ("deviceAppManagement/windowsManagedAppProtections", "#microsoft.graph.windowsManagedAppProtection"),
    ("deviceAppManagement/windowsInformationProtectionPolicies", "#microsoft.graph.windowsInformationProtectionPolicy"),
    (
        "deviceAppManagement/mdmWindowsInformationProtectionPolicies",
        "#microsoft.graph.mdmWindowsInformationProtectionPolicy",
    ),
    ("deviceAppManagement/targetedManagedAppConfigurations", "#microsoft.graph.targetedManagedAppConfiguration"),
];

impl Collection {
    /// The path after the version, as in `deviceManagement/deviceConfigurations`.
    pub const fn path(self) -> &'static str {
        match self {
            Self::ConfigurationPolicies => "deviceManagement/configurationPolicies",
            Self::DeviceConfigurations => "deviceManagement/deviceConfigurations",
            Self::DeviceCompliancePolicies => "deviceManagement/deviceCompliancePolicies",
            Self::GroupPolicyConfigurations => "deviceManagement/groupPolicyConfigurations",
            Self::DeviceManagementScripts => "deviceManagement/deviceManagementScripts",
            Self::ManagedAppPolicies => "deviceAppManagement/managedAppPolicies",
            Self::ConditionalAccessPolicies => "identity/conditionalAccess/policies",
            Self::Intents => "deviceManagement/intents",
            Self::AutopilotProfiles => "deviceManagement/windowsAutopilotDeploymentProfiles",
            Self::EnrollmentConfigurations => "deviceManagement/deviceEnrollmentConfigurations",
            Self::MobileApps => "deviceAppManagement/mobileApps",
            Self::AssignmentFilters => "deviceManagement/assignmentFilters",
            Self::FeatureUpdateProfiles => "deviceManagement/windowsFeatureUpdateProfiles",
            Self::QualityUpdateProfiles => "deviceManagement/windowsQualityUpdateProfiles",
            Self::DriverUpdateProfiles => "deviceManagement/windowsDriverUpdateProfiles",
            Self::Groups => "groups",
        }
    }

    pub const fn beta_only(self) -> bool {
        !matches!(
            self,
            Self::DeviceConfigurations
                | Self::DeviceCompliancePolicies
                | Self::ManagedAppPolicies
                | Self::ConditionalAccessPolicies
                | Self::EnrollmentConfigurations
                | Self::MobileApps
                | Self::Groups
        )
    }

    /// Properties that an object has only where `$expand` asks for them.
    pub const fn navigation(self) -> &'static [&'static str] {
        match self {
            Self::ConfigurationPolicies | Self::Intents => &["assignments", "settings"],
            Self::DeviceCompliancePolicies => &["assignments", "scheduledActionsForRule"],
            Self::GroupPolicyConfigurations => &["assignments", "definitionValues"],
            Self::ConditionalAccessPolicies | Self::AssignmentFilters => &[],
            Self::Groups => &["members", "owners"],
            _ => &["assignments"],
        }
    }

    /// The base types of apps, app protection and enrolment do not expand assignments in a list.
    pub const fn list_expands_assignments(self) -> bool {
        !matches!(self, Self::MobileApps | Self::EnrollmentConfigurations | Self::ManagedAppPolicies)
    }

    /// The permission that a read needs.
    pub const fn read_permission(self) -> &'static str {
        match self {
            Self::Groups => "GroupMember.Read.All",
            Self::ConditionalAccessPolicies => "Policy.Read.All",
            Self::MobileApps | Self::ManagedAppPolicies => "DeviceManagementApps.Read.All",
            Self::DeviceManagementScripts => "DeviceManagementScripts.Read.All",
            Self::AutopilotProfiles | Self::EnrollmentConfigurations => "DeviceManagementServiceConfig.Read.All",
            _ => "DeviceManagementConfiguration.Read.All",
        }
    }

    /// The type of the collection's members, for messages.
    pub const fn entity_type(self) -> &'static str {
        match self {
            Self::ConfigurationPolicies => "deviceManagementConfigurationPolicy",
            Self::DeviceConfigurations => "deviceConfiguration",
            Self::DeviceCompliancePolicies => "deviceCompliancePolicy",
            Self::GroupPolicyConfigurations => "groupPolicyConfiguration",
            Self::DeviceManagementScripts => "deviceManagementScript",
            Self::ManagedAppPolicies => "managedAppPolicy",
            Self::ConditionalAccessPolicies => "conditionalAccessPolicy",
            Self::Intents => "deviceManagementIntent",
            Self::AutopilotProfiles => "windowsAutopilotDeploymentProfile",
            Self::EnrollmentConfigurations => "deviceEnrollmentConfiguration",
            Self::MobileApps => "mobileApp",
            Self::AssignmentFilters => "deviceAndAppManagementAssignmentFilter",
            Self::FeatureUpdateProfiles => "windowsFeatureUpdateProfile",
            Self::QualityUpdateProfiles => "windowsQualityUpdateProfile",
            Self::DriverUpdateProfiles => "windowsDriverUpdateProfile",
            Self::Groups => "group",
        }
    }

    /// Reads a path or its last segment.
    pub fn named(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|one| one.path() == text || one.as_str() == text)
    }
}
