//! Mobile apps of all platforms.

use serde_json::{Value, json};

use super::super::collection::Collection;
use super::object::Maker;

/// Name, publisher, type, id in its store or file name.
const APPS: &[(&str, &str, &str, &str)] = &[
    ("Company Portal", "Microsoft Corporation", "winGetApp", "9WZDNCRFJ3PZ"),
    ("Microsoft 365 Apps for Windows", "Microsoft", "officeSuiteApp", "O365ProPlusRetail"),
    ("Microsoft Edge", "Microsoft", "windowsMicrosoftEdgeApp", "stable"),
    ("Windows Terminal", "Microsoft Corporation", "winGetApp", "9N0DX20HK701"),
    ("PowerToys", "Microsoft Corporation", "winGetApp", "XP89DCGQ3K6VLD"),
    ("7-Zip 24.07", "Igor Pavlov", "win32LobApp", "7z2407-x64.intunewin"),
    ("Google Chrome", "Google", "win32LobApp", "GoogleChromeStandaloneEnterprise64.intunewin"),
    ("Notepad++ 8.6.9", "Don Ho", "win32LobApp", "npp.8.6.9.intunewin"),
    ("VLC media player", "VideoLAN", "win32LobApp", "vlc-3.0.21-win64.intunewin"),
    ("Contoso VPN", "Contoso", "win32LobApp", "contoso-vpn.intunewin"),
    ("Microsoft 365 Apps for macOS", "Microsoft", "macOSOfficeSuiteApp", "O365"),
    ("Microsoft Defender for macOS", "Microsoft", "macOSMicrosoftDefenderApp", "wdav"),
    ("Company Portal for macOS", "Microsoft", "macOSPkgApp", "CompanyPortal-Installer.pkg"),
    ("Microsoft Outlook for iOS", "Microsoft Corporation", "iosStoreApp", "com.microsoft.Office.Outlook"),
    ("Microsoft Teams for iOS", "Microsoft Corporation", "iosVppApp", "com.microsoft.skype.teams"),
    (
        "Microsoft Authenticator for Android",
        "Microsoft Corporation",
        "androidManagedStoreApp",
        "com.azure.authenticator",
    ),
    (
        "Microsoft Outlook for Android",
        "Microsoft Corporation",
        "androidManagedStoreApp",
        "com.microsoft.office.outlook",
    ),
    ("Contoso Intranet", "Contoso", "webApp", "https://intranet.contoso.example"),
];

pub fn make(maker: &mut Maker<'_>) {
    for (name, publisher, kind, reference) in APPS {
        let mut own = json!({
            "version": null,
            "publisher": publisher,
            "developer": publisher,
            "owner": "",
            "notes": "",
            "informationUrl": null,
            "privacyInformationUrl": null,
            "isFeatured": !maker.switch(name),
            "isAssigned": true,
            "publishingState": "published",
            "uploadState": 1,
            "dependentAppCount": 0,
            "supersedingAppCount": 0,
            "supersededAppCount": 0,
        });
        let property = match *kind {
            "winGetApp" => "packageIdentifier",
            "win32LobApp" | "macOSPkgApp" => "fileName",
            "iosStoreApp" | "iosVppApp" => "bundleId",
            "androidManagedStoreApp" => "packageId",
            "webApp" => "appUrl",
            "windowsMicrosoftEdgeApp" => "channel",
            _ => "notes",
        };
        own[property] = (*reference).into();
        if *kind == "win32LobApp" {
            own["installCommandLine"] = format!("{reference} /S").into();
            own["rules"] = rules(name);
        }
        maker.policy(Collection::MobileApps, kind, name, own);
    }
}

fn rules(name: &str) -> Value {
    json!([{
        "@odata.type": "#microsoft.graph.win32LobAppFileSystemRule",
        "ruleType": "detection",
        "path": "C:\\Program Files",
        "fileOrFolderName": name,
        "operationType": "exists",
        "operator": "notConfigured",
        "comparisonValue": null,
    }])
}
