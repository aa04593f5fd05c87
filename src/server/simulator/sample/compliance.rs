//! Compliance policies, each with its scheduled action.

use serde_json::{Value, json};

use super::super::collection::Collection;
use super::object::Maker;

const POLICIES: &[(&str, &str)] = &[
    ("Windows - Compliance - Baseline", "windows10CompliancePolicy"),
    ("Windows - Compliance - Strict", "windows10CompliancePolicy"),
    ("macOS - Compliance - Baseline", "macOSCompliancePolicy"),
    ("iOS - Compliance - Baseline", "iosCompliancePolicy"),
    ("iOS - Compliance - Strict", "iosCompliancePolicy"),
    ("Android - Compliance - Fully Managed", "androidDeviceOwnerCompliancePolicy"),
    ("Android - Compliance - Work Profile", "androidWorkProfileCompliancePolicy"),
    ("Android - Compliance - Open Source Project", "aospDeviceOwnerCompliancePolicy"),
];

pub fn make(maker: &mut Maker<'_>) {
    for (name, kind) in POLICIES {
        let mut own = rules(maker, name, kind);
        own["scheduledActionsForRule"] = scheduled_actions(maker, name);
        maker.policy(Collection::DeviceCompliancePolicies, kind, name, own);
    }
}

fn rules(maker: &Maker<'_>, name: &str, kind: &str) -> Value {
    let label = |property: &str| format!("{name}/{property}");
    let length = maker.number(6, 12, &label("length"));
    match kind {
        "windows10CompliancePolicy" => json!({
            "bitLockerEnabled": true,
            "secureBootEnabled": maker.switch(&label("secureBoot")),
            "codeIntegrityEnabled": maker.switch(&label("codeIntegrity")),
            "tpmRequired": true,
            "defenderEnabled": true,
            "rtpEnabled": true,
            "activeFirewallRequired": maker.switch(&label("firewall")),
            "osMinimumVersion": maker.seeded.pick(&["10.0.19045.4529", "10.0.22631.3737", "10.0.26100.1"], &label("version")),
            "passwordRequired": true,
            "passwordMinimumLength": length,
            "passwordRequiredType": "deviceDefault",
        }),
        "iosCompliancePolicy" => json!({
            "passcodeRequired": true,
            "passcodeMinimumLength": length,
            "passcodeRequiredType": "numeric",
            "securityBlockJailbrokenDevices": true,
            "osMinimumVersion": maker.seeded.pick(&["16.7", "17.4", "17.5"], &label("version")),
        }),
        _ => json!({
            "passwordRequired": true,
            "passwordMinimumLength": length,
            "passwordRequiredType": "deviceDefault",
            "storageRequireEncryption": maker.switch(&label("encryption")),
            "osMinimumVersion": maker.seeded.pick(&["12.0", "13.0", "14.0"], &label("version")),
        }),
    }
}

fn scheduled_actions(maker: &Maker<'_>, name: &str) -> Value {
    let action = |kind: &str, hours: usize| {
        json!({
            "id": maker.seeded.guid(&format!("{name}/action/{kind}")),
            "actionType": kind,
            "gracePeriodHours": hours,
            "notificationTemplateId": "00000000-0000-0000-0000-000000000000",
            "notificationMessageCCList": [],
        })
    };
    json!([{
        "id": maker.seeded.guid(&format!("{name}/rule")),
        "ruleName": "PasswordRequired",
        "scheduledActionConfigurations": [
            action("block", 24 * maker.number(0, 3, &format!("{name}/grace"))),
            action("retire", 24 * 180),
        ],
    }])
}
