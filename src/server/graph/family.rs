//! The families of objects that an inventory reads, and where Graph lists each.

use crate::text_enum;

/// Graph's two faces. Intune keeps several families in `beta` only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApiVersion {
    V1,
    Beta,
}

impl ApiVersion {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V1 => "v1.0",
            Self::Beta => "beta",
        }
    }
}

/// A list to read page by page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListRequest {
    pub version: ApiVersion,
    /// Below the version, without a slash at either end.
    pub path: String,
    /// With OData's `$expand` and `$top`, as it stands in the address.
    pub query: Option<String>,
    /// Whether each item must come with as many `settings` as its `settingCount` says.
    pub with_settings: bool,
}

text_enum! {
    /// A family of configuration objects, in the order in which an inventory reads them.
    Family, "family" {
        ConfigurationPolicies = "configuration_policies",
        DeviceConfigurations = "device_configurations",
        DeviceCompliancePolicies = "device_compliance_policies",
        GroupPolicyConfigurations = "group_policy_configurations",
        DeviceManagementScripts = "device_management_scripts",
        ManagedAppPolicies = "managed_app_policies",
        ConditionalAccessPolicies = "conditional_access_policies",
        Intents = "intents",
        AutopilotProfiles = "autopilot_profiles",
        EnrollmentConfigurations = "enrollment_configurations",
        MobileApps = "mobile_apps",
        AssignmentFilters = "assignment_filters",
        FeatureUpdateProfiles = "feature_update_profiles",
        QualityUpdateProfiles = "quality_update_profiles",
        DriverUpdateProfiles = "driver_update_profiles",
    }
}

impl Family {
    /// The families of policies: what a policy sync reads, in this order.
    pub const POLICIES: &'static [Self] = &[
        Self::ConfigurationPolicies,
        Self::DeviceConfigurations,
        Self::DeviceCompliancePolicies,
        Self::GroupPolicyConfigurations,
        Self::DeviceManagementScripts,
        Self::ManagedAppPolicies,
        Self::ConditionalAccessPolicies,
    ];

    /// Its name on screen.
    pub const fn label(self) -> &'static str {
        match self {
            Self::ConfigurationPolicies => "Settings catalog",
            Self::DeviceConfigurations => "Device configurations",
            Self::DeviceCompliancePolicies => "Compliance policies",
            Self::GroupPolicyConfigurations => "Administrative templates",
            Self::DeviceManagementScripts => "PowerShell scripts",
            Self::ManagedAppPolicies => "App protection policies",
            Self::ConditionalAccessPolicies => "Conditional Access policies",
            Self::Intents => "Endpoint security policies",
            Self::AutopilotProfiles => "Autopilot profiles",
            Self::EnrollmentConfigurations => "Enrollment configurations",
            Self::MobileApps => "Mobile apps",
            Self::AssignmentFilters => "Assignment filters",
            Self::FeatureUpdateProfiles => "Feature update profiles",
            Self::QualityUpdateProfiles => "Quality update profiles",
            Self::DriverUpdateProfiles => "Driver update profiles",
        }
    }

    /// Its list, below the API version.
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
        }
    }

    pub const fn version(self) -> ApiVersion {
        match self {
            Self::DeviceConfigurations
            | Self::DeviceCompliancePolicies
            | Self::ManagedAppPolicies
            | Self::ConditionalAccessPolicies
            | Self::EnrollmentConfigurations
            | Self::MobileApps => ApiVersion::V1,
            _ => ApiVersion::Beta,
        }
    }

    /// Whether the list gives each item's assignments with it. App protection policies have theirs on the concrete
    /// types, Conditional Access says whom it concerns in its conditions, filters are assigned by others.
    pub const fn expands_assignments(self) -> bool {
        !matches!(
            self,
            Self::ManagedAppPolicies
                | Self::ConditionalAccessPolicies
                | Self::EnrollmentConfigurations
                | Self::MobileApps
                | Self::AssignmentFilters
        )
    }

    /// The list as an inventory reads it.
    pub fn request(self) -> ListRequest {
        let query = match self {
            // The settings are what a policy is; without them every policy would look unchanged.
            Self::ConfigurationPolicies => Some("$expand=assignments,settings&$top=1000"),
            Self::DeviceConfigurations => Some("$expand=assignments&$top=999"),
            Self::DeviceCompliancePolicies => {
                Some("$expand=assignments,scheduledActionsForRule($expand=scheduledActionConfigurations)")
            }
            _ if self.expands_assignments() => Some("$expand=assignments"),
            _ => None,
        };
        ListRequest {
            version: self.version(),
            path: self.path().to_owned(),
            query: query.map(str::to_owned),
            with_settings: matches!(self, Self::ConfigurationPolicies),
        }
    }
}
