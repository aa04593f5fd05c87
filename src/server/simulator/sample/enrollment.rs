//! Autopilot profiles and enrolment configurations.

use serde_json::{Value, json};

use super::super::collection::Collection;
use super::object::Maker;

const AUTOPILOT: &[(&str, &str, &str)] = &[
    ("Windows - Autopilot - User Driven", "singleUser", "PC-%SERIAL%"),
    ("Windows - Autopilot - Self Deploying", "shared", "SH-%SERIAL%"),
    ("Windows - Autopilot - Kiosk", "shared", "KI-%RAND:5%"),
];

pub fn make(maker: &mut Maker<'_>) {
    for (name, usage, template) in AUTOPILOT {
        let own = json!({
            "version": null,
            "deviceNameTemplate": template,
            "deviceType": "windowsPc",
            "locale": "os-default",
            "preprovisioningAllowed": maker.switch(name),
            "hardwareHashExtractionEnabled": true,
            "outOfBoxExperienceSetting": {
                "deviceUsageType": usage,
                "escapeLinkHidden": true,
                "eulaHidden": true,
                "keyboardSelectionPageSkipped": true,
                "privacySettingsHidden": true,
                "userType": "standard",
            },
        });
        maker.policy(Collection::AutopilotProfiles, "azureADWindowsAutopilotDeploymentProfile", name, own);
    }
    for (place, (name, kind, mut own)) in configurations(maker).into_iter().enumerate() {
        own["priority"] = place.into();
        maker.policy(Collection::EnrollmentConfigurations, kind, name, own);
    }
}

fn configurations(maker: &Maker<'_>) -> Vec<(&'static str, &'static str, Value)> {
    let status_page = |minutes: usize| {
        json!({
            "showInstallationProgress": true,
            "blockDeviceSetupRetryByUser": false,
            "allowLogCollectionOnInstallFailure": true,
            "installProgressTimeoutInMinutes": minutes,
            "selectedMobileAppIds": [maker.id(Collection::MobileApps, 0), maker.id(Collection::MobileApps, 1)],
            "trackInstallProgressForAutopilotOnly": true,
        })
    };
    let restriction = json!({
        "platformType": "windows",
        "platformRestriction": {"platformBlocked": false, "personalDeviceEnrollmentBlocked": maker.switch("personal")},
    });
    let page = "windows10EnrollmentCompletionPageConfiguration";
    vec![
        ("Default Enrollment Status Page", page, status_page(60)),
        ("Windows - Enrollment Status Page - Kiosk", page, status_page(120)),
        ("Default Device Limit", "deviceEnrollmentLimitConfiguration", json!({"limit": maker.number(3, 15, "limit")})),
        ("Windows - Block Personal Devices", "deviceEnrollmentPlatformRestrictionConfiguration", restriction),
        (
            "Default Windows Hello for Business",
            "deviceEnrollmentWindowsHelloForBusinessConfiguration",
            json!({
                "state": "enabled",
                "pinMinimumLength": 6,
                "securityDeviceRequired": true,
            }),
        ),
    ]
}
