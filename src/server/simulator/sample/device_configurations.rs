//! Device configurations: update rings, restrictions, certificates, custom OMA settings.

use serde_json::{Value, json};

use super::super::collection::Collection;
use super::object::Maker;

pub fn make(maker: &mut Maker<'_>) {
    for (name, kind, own) in policies(maker) {
        maker.policy(Collection::DeviceConfigurations, kind, name, own);
    }
}

fn policies(maker: &Maker<'_>) -> Vec<(&'static str, &'static str, Value)> {
    let ring = |quality: usize, feature: usize| {
        json!({
            "automaticUpdateMode": "autoInstallAtMaintenanceTime",
            "businessReadyUpdatesOnly": "businessReadyOnly",
            "deadlineForFeatureUpdatesInDays": maker.number(3, 7, &format!("ring/{quality}")),
            "deadlineForQualityUpdatesInDays": 2,
            "driversExcluded": false,
            "featureUpdatesDeferralPeriodInDays": feature,
            "qualityUpdatesDeferralPeriodInDays": quality,
            "microsoftUpdateServiceAllowed": true,
            "installationSchedule": {
                "@odata.type": "#microsoft.graph.windowsUpdateActiveHoursInstall",
                "activeHoursStart": "08:00:00.0000000",
                "activeHoursEnd": "17:00:00.0000000",
            },
        })
    };
    let wifi = json!({"networkName": "Corporate", "ssid": "corp-wifi", "connectAutomatically": true, "wiFiSecurityType": "wpa2Enterprise"});
    let update_ring = "windowsUpdateForBusinessConfiguration";
    vec![
        ("Windows - Update Ring 0 - Endpoint Team", update_ring, ring(0, 0)),
        ("Windows - Update Ring 1 - Pilot", update_ring, ring(2, 7)),
        ("Windows - Update Ring 2 - Early Adopters", update_ring, ring(5, 30)),
        ("Windows - Update Ring 3 - Broad", update_ring, ring(9, 60)),
        ("Windows - Restrictions", "windows10GeneralConfiguration", restrictions(maker)),
        (
            "Windows - Custom - Time Zone",
            "windows10CustomConfiguration",
            json!({"omaSettings": [{
                "@odata.type": "#microsoft.graph.omaSettingString",
                "displayName": "Time zone",
                "description": "Sets the time zone.",
                "omaUri": "./Device/Vendor/MSFT/Policy/Config/TimeLanguageSettings/ConfigureTimeZone",
                "secretReferenceValueId": null,
                "isEncrypted": false,
                "value": "W. Europe Standard Time",
            }]}),
        ),
        (
            "Windows - Root Certificate",
            "windows81TrustedRootCertificate",
            json!({
                "certFileName": "contoso-root.cer",
                "destinationStore": "computerCertStoreRoot",
            }),
        ),
        (
            "Windows - Kiosk",
            "windowsKioskConfiguration",
            json!({"edgeKioskEnablePublicBrowsing": true, "kioskProfiles": []}),
        ),
        (
            "Windows - Health Monitoring",
            "windowsHealthMonitoringConfiguration",
            json!({
                "allowDeviceHealthMonitoring": "enabled",
                "configDeviceHealthMonitoringScope": "bootPerformance,windowsUpdates",
            }),
        ),
        (
            "iOS - Restrictions",
            "iosGeneralDeviceConfiguration",
            json!({
                "appStoreBlockAutomaticDownloads": maker.switch("ios/store"),
                "iCloudBlockBackup": maker.switch("ios/backup"),
                "passcodeRequired": true,
                "passcodeMinimumLength": maker.number(6, 8, "ios/passcode"),
            }),
        ),
        ("iOS - Wi-Fi", "iosWiFiConfiguration", wifi),
        (
            "macOS - Extensions",
            "macOSExtensionsConfiguration",
            json!({
                "kernelExtensionOverridesAllowed": false,
                "systemExtensionsAllowedTeamIdentifiers": ["UBF8T346G9"],
            }),
        ),
        (
            "macOS - Endpoint Protection",
            "macOSEndpointProtectionConfiguration",
            json!({
                "firewallEnabled": true,
                "fileVaultEnabled": maker.switch("macos/filevault"),
                "gatekeeperAllowedAppSource": "macAppStoreAndIdentifiedDevelopers",
            }),
        ),
        (
            "Android - Work Profile - Restrictions",
            "androidWorkProfileGeneralDeviceConfiguration",
            json!({
                "workProfileBlockCamera": maker.switch("android/camera"),
                "workProfilePasswordMinimumLength": maker.number(4, 8, "android/password"),
                "workProfileDataSharingType": "preventAny",
            }),
        ),
    ]
}

fn restrictions(maker: &Maker<'_>) -> Value {
    json!({
        "cortanaBlocked": maker.switch("restrictions/cortana"),
        "passwordRequired": true,
        "passwordMinimumLength": maker.number(8, 14, "restrictions/password"),
        "passwordMinutesOfInactivityBeforeScreenTimeout": maker.number(5, 15, "restrictions/screen"),
        "storageBlockRemovableStorage": maker.switch("restrictions/usb"),
        "windowsSpotlightBlocked": maker.switch("restrictions/spotlight"),
        "edgeCookiePolicy": "userDefined",
        "defenderCloudBlockLevel": "high",
    })
}
