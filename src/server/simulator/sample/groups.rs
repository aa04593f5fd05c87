//! Groups: dynamic and assigned security groups, mail-enabled ones, distribution lists and Microsoft 365 teams.

use serde_json::{Value, json};

use super::super::collection::Collection;
use super::super::content::{Content, Object};
use super::super::seeded::Seeded;
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
        "members": members(maker, name),
    });
    if let (Some(object), Value::Object(own)) = (object.as_object_mut(), own) {
        object.extend(own);
    }
    maker.directory_object(Collection::Groups, name, object);
}

/// Some people or devices; a few of the groups have more than Graph tells of at once.
fn members(maker: &Maker<'_>, name: &str) -> Value {
    let kind = if name.starts_with("Intune - ") && !name.contains("Users") { "device" } else { "user" };
    let most = if name.contains("All Corporate") || name == "All Company News" { 320 } else { 60 };
    let count = maker.number(most / 4, most, &format!("{name}/members"));
    (0..count)
        .map(|place| {
            let id = maker.seeded.guid(&format!("{kind}/{place}"));
            json!({"@odata.type": format!("#microsoft.graph.{kind}"), "id": id})
        })
        .collect()
}

/// Adds groups of every kind until there are `most`; those with a name of their own stay the first.
pub fn fill_up(content: &mut Content, seeded: &Seeded, most: usize) {
    let people: Vec<String> = (0..200).map(|place| seeded.guid(&format!("user/{place}"))).collect();
    for place in content.list(Collection::Groups).len()..most {
        let kind = place % 5;
        let members: Vec<Value> = (0..place % 4)
            .map(|one| json!({"@odata.type": "#microsoft.graph.user", "id": people[(place * 7 + one) % people.len()]}))
            .collect();
        let group = json!({
            "id": seeded.guid(&format!("{}/{place}", Collection::Groups)),
            "displayName": format!("Team {place:05}"),
            "description": null,
            "createdDateTime": "2024-03-01T08:00:00Z",
            "groupTypes": match kind { 0 => json!(["Unified"]), 4 => json!(["DynamicMembership"]), _ => json!([]) },
            "mailEnabled": matches!(kind, 0 | 2 | 3),
            "securityEnabled": matches!(kind, 1 | 2 | 4),
            "membershipRule": (kind == 4).then(|| format!("(user.department -eq \"Team {place:05}\")")),
            "members": members,
        });
        if let Value::Object(group) = group {
            content.add(Collection::Groups, Object::from_iter(group));
        }
    }
}
