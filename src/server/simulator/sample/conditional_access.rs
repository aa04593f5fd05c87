//! Conditional Access policies.

use serde_json::{Value, json};

use super::super::collection::Collection;
use super::object::Maker;

/// Name, users, applications, client apps, grant.
const POLICIES: &[(&str, &str, &str, &str, &str)] = &[
    ("CA001 - Block legacy authentication", "All", "All", "other", "block"),
    ("CA002 - Require multifactor authentication for all users", "All", "All", "all", "mfa"),
    ("CA003 - Require multifactor authentication for administrators", "admins", "All", "all", "mfa"),
    (
        "CA004 - Require multifactor authentication for Azure management",
        "All",
        "797f4846-ba00-4fd7-ba43-dac1f8f63013",
        "all",
        "mfa",
    ),
    ("CA005 - Require multifactor authentication for guests", "GuestsOrExternalUsers", "All", "all", "mfa"),
    (
        "CA006 - Require compliant device for Office 365",
        "All",
        "Office365",
        "mobileAppsAndDesktopClients",
        "compliantDevice",
    ),
    (
        "CA007 - Require approved app on mobile",
        "All",
        "Office365",
        "mobileAppsAndDesktopClients",
        "compliantApplication",
    ),
    ("CA008 - Block unknown platforms", "All", "All", "all", "block"),
    ("CA009 - Block high sign-in risk", "All", "All", "all", "block"),
    ("CA010 - Require password change on user risk", "All", "All", "all", "passwordChange"),
    ("CA011 - No persistent browser session", "All", "All", "browser", "mfa"),
    ("CA012 - Block device code flow", "All", "All", "all", "block"),
];

/// Role template of the global administrator.
const ADMINISTRATOR: &str = "62e90394-69f5-4237-9190-012177145e10";
/// Places of "Conditional Access - Break Glass" and "- Exclusions" among the groups.
const EXCLUDED_GROUPS: [usize; 2] = [20, 21];

pub fn make(maker: &mut Maker<'_>) {
    for (name, users, application, client_app, grant) in POLICIES {
        let states = ["enabled", "enabled", "enabledForReportingButNotEnforced", "disabled"];
        let own = json!({
            "state": maker.seeded.pick(&states, name),
            "modifiedDateTime": maker.next_modified(Collection::ConditionalAccessPolicies),
            "templateId": null,
            "conditions": conditions(maker, name, users, application, client_app),
            "grantControls": {
                "operator": "OR",
                "builtInControls": [grant],
                "customAuthenticationFactors": [],
                "termsOfUse": [],
            },
            "sessionControls": (*client_app == "browser")
                .then(|| json!({"persistentBrowser": {"mode": "never", "isEnabled": true}})),
        });
        maker.directory_object(Collection::ConditionalAccessPolicies, name, own);
    }
}

fn conditions(maker: &Maker<'_>, name: &str, users: &str, application: &str, client_app: &str) -> Value {
    let is_role = users == "admins";
    let client_apps = if client_app == "other" { json!(["exchangeActiveSync", "other"]) } else { json!([client_app]) };
    let platforms = name.contains("platforms").then(
        || json!({"includePlatforms": ["all"], "excludePlatforms": ["android", "iOS", "windows", "macOS", "linux"]}),
    );
    json!({
        "userRiskLevels": if name.contains("user risk") { json!(["high"]) } else { json!([]) },
        "signInRiskLevels": if name.contains("sign-in risk") { json!(["high"]) } else { json!([]) },
        "clientAppTypes": client_apps,
        "platforms": platforms,
        "locations": null,
        "devices": null,
        "authenticationFlows": name.contains("device code").then(|| json!({"transferMethods": "deviceCodeFlow"})),
        "applications": {"includeApplications": [application], "excludeApplications": [], "includeUserActions": []},
        "users": {
            "includeUsers": if is_role { json!([]) } else { json!([users]) },
            "excludeUsers": [],
            "includeGroups": [],
            "excludeGroups": EXCLUDED_GROUPS.map(|place| maker.id(Collection::Groups, place)),
            "includeRoles": if is_role { json!([ADMINISTRATOR]) } else { json!([]) },
            "excludeRoles": [],
        },
    })
}
