//! Groups: dynamic and assigned security groups, mail-enabled ones, distribution lists and Microsoft 365 teams.

use serde_json::{Value, json};

use super::super::collection::Collection;
use super::object::Maker;

/// Name and membership rule; policies are assigned to these and to the assigned ones.
const DYNAMIC: &[(&str, &str)] = &[
    (
        "Intune - Windows - All Corporate Devices",
        r#"(device.deviceOSType -eq "Windows") and (device.deviceOwnership -eq "Company")"#,
    ),
    ("Intune - Windows - Autopilot Devices", r#"(device.devicePhysicalIDs -any (_ -startsWith "[ZTDId]"))"#),
    ("Intune - Windows - Windows 10", r#"(device.deviceOSVersion -startsWith "10.0.1")"#),
    ("Intune - Windows - Windows 11", r#"(device.deviceOSVersion -startsWith "10.0.2")"#),
    ("Intune - Windows - Kiosks", r#"(device.devicePhysicalIds -any (_ -eq "[OrderID]:Kiosk"))"#),
    ("Intune - Windows - Cloud PCs", r#"(device.deviceModel -startsWith "Cloud PC")"#),
    ("Intune - macOS - All Devices", r#"(device.deviceOSType -eq "MacMDM")"#),
    (
        "Intune - iOS - Corporate Devices",
        r#"(device.deviceOSType -eq "iPhone") and (device.deviceOwnership -eq "Company")"#,
    ),
    (
        "Intune - iOS - Personal Devices",
        r#"(device.deviceOSType -eq "iPhone") and (device.deviceOwnership -eq "Personal")"#,
    ),
    ("Intune - Android - Fully Managed", r#"(device.deviceOSType -eq "AndroidEnterprise")"#),
    ("Intune - Android - Work Profile", r#"(device.deviceOSType -eq "AndroidForWork")"#),
    ("Intune - Users - Licensed", r#"(user.assignedPlans -any (assignedPlan.service -eq "SCO"))"#),
];

const ASSIGNED: &[&str] = &[
    "Intune - Ring 0 - Endpoint Team",
    "Intune - Ring 1 - Pilot",
    "Intune - Ring 2 - Early Adopters",
    "Intune - Ring 3 - Broad",
    "Intune - Windows - Exclude from BitLocker",
    "Intune - Windows - Exclude from Firewall",
    "Intune - Shared Devices",
    "Intune - Developers",
    "Conditional Access - Break Glass",
    "Conditional Access - Exclusions",
    "Department - Finance",
    "Department - Sales",
];

pub fn make(maker: &mut Maker<'_>) {
    for (name, rule) in DYNAMIC {
        let own =
            json!({"groupTypes": ["DynamicMembership"], "membershipRule": rule, "membershipRuleProcessingState": "On"});
        add(maker, name, (false, true), own);
    }
    for name in ASSIGNED {
        add(maker, name, (false, true), json!({}));
    }
    add(maker, "Helpdesk Notifications", (true, true), json!({}));
    add(maker, "All Company News", (true, false), json!({}));
    for name in ["Endpoint Engineering", "Project Northlight"] {
        add(maker, name, (true, false), json!({"groupTypes": ["Unified"], "visibility": "Private"}));
    }
}

fn add(maker: &mut Maker<'_>, name: &str, (mail, security): (bool, bool), own: Value) {
    let nickname: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
    let mut object = json!({
        "description": format!("{name}."),
        "deletedDateTime": null,
        "groupTypes": [],
        "mail": mail.then(|| format!("{nickname}@contoso.example")),
        "mailEnabled": mail,
        "mailNickname": nickname,
        "membershipRule": null,
        "membershipRuleProcessingState": null,
        "onPremisesSyncEnabled": null,
        "renewedDateTime": maker.next_modified(Collection::Groups),
        "securityEnabled": security,
        "visibility": null,
    });
    if let (Some(object), Value::Object(own)) = (object.as_object_mut(), own) {
        object.extend(own);
    }
    maker.directory_object(Collection::Groups, name, object);
}
