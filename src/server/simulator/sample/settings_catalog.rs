//! Settings catalog policies, with the setting ids of the real catalog.

use serde_json::{Value, json};

use super::super::collection::Collection;
use super::object::Maker;

const WINDOWS: &str = "device_vendor_msft_policy_config_";

/// Name, platforms, technologies, prefix of the ids, settings. A setting is its id; one that is a number has
/// its value after `=`.
type Policy = (&'static str, &'static str, &'static str, &'static str, &'static str);

const POLICIES: &[Policy] = &[
    (
        "Windows - Baseline - BitLocker",
        "windows10",
        "mdm",
        "device_vendor_msft_bitlocker_",
        "requiredeviceencryption allowwarningforotherdiskencryption allowstandarduserencryption \
         configurerecoverypasswordrotation systemdrivesencryptiontype fixeddrivesrecoveryoptions",
    ),
    (
        "Windows - Baseline - Defender Antivirus",
        "windows10",
        "mdm,microsoftSense",
        WINDOWS,
        "defender_allowarchivescanning defender_allowbehaviormonitoring defender_allowcloudprotection \
         defender_allowemailscanning defender_allowrealtimemonitoring defender_avgcpuloadfactor=50 \
         defender_cloudextendedtimeout=50 defender_daystoretaincleanedmalware=30 \
         defender_enablenetworkprotection defender_puaprotection",
    ),
    (
        "Windows - Baseline - Attack Surface Reduction",
        "windows10",
        "mdm,microsoftSense",
        "device_vendor_msft_policy_config_defender_attacksurfacereductionrules_",
        "blockadobereaderfromcreatingchildprocesses blockallofficeapplicationsfromcreatingchildprocesses \
         blockcredentialstealingfromwindowslocalsecurityauthoritysubsystem \
         blockexecutablecontentfromemailclientandwebmail blockpersistencethroughwmieventsubscription \
         useadvancedprotectionagainstransomware",
    ),
    (
        "Windows - Baseline - Firewall",
        "windows10",
        "mdm,microsoftSense",
        "vendor_msft_firewall_mdmstore_",
        "domainprofile_enablefirewall privateprofile_enablefirewall publicprofile_enablefirewall \
         global_disablestatefulftp",
    ),
    (
        "Windows - Baseline - Device Guard",
        "windows10",
        "mdm",
        WINDOWS,
        "deviceguard_configuresystemguardlaunch deviceguard_enablevirtualizationbasedsecurity \
         deviceguard_lsacfgflags",
    ),
    (
        "Windows - Baseline - Local Security Options",
        "windows10",
        "mdm",
        "device_vendor_msft_policy_config_localpoliciessecurityoptions_",
        "accounts_enableguestaccountstatus interactivelogon_donotdisplaylastsignedin \
         interactivelogon_machineinactivitylimit=900 networksecurity_lanmanagerauthenticationlevel \
         useraccountcontrol_runalladministratorsinadminapprovalmode",
    ),
    (
        "Windows - Baseline - LAPS",
        "windows10",
        "mdm",
        "device_vendor_msft_laps_policies_",
        "backupdirectory passwordagedays=30 passwordcomplexity passwordlength=21 \
         postauthenticationactions",
    ),
    (
        "Windows - Baseline - Windows Hello for Business",
        "windows10",
        "mdm",
        "device_vendor_msft_passportforwork_{tenantid}_policies_",
        "usepassportforwork requiresecuritydevice pincomplexity_minimumpinlength=6 \
         usecloudtrustforonpremauth",
    ),
    (
        "Windows - Experience - Start and Taskbar",
        "windows10",
        "mdm",
        WINDOWS,
        "start_hideswitchaccount start_showorhidemostusedapps \
         experience_configurechaticonvisibilityonthetaskbar",
    ),
    (
        "Windows - Experience - Power",
        "windows10",
        "mdm",
        WINDOWS,
        "power_standbytimeoutpluggedin=1800 power_displayofftimeoutonbattery=300 \
         power_hibernatetimeoutonbattery=3600",
    ),
    (
        "Windows - Experience - Telemetry",
        "windows10",
        "mdm",
        WINDOWS,
        "system_allowtelemetry system_limitdiagnosticlogcollection",
    ),
    (
        "Windows - OneDrive - Known Folders",
        "windows10",
        "mdm",
        "device_vendor_msft_policy_config_onedrivengscv2~policy~onedrivengsc_",
        "kfmoptinnowizard silentaccountconfig filesondemandenabled kfmblockoptout",
    ),
    (
        "Windows - Edge - Baseline",
        "windows10",
        "mdm",
        "device_vendor_msft_policy_config_microsoft_edge~policy~microsoft_edge_",
        EDGE,
    ),
    (
        "Windows - Office - Security",
        "windows10",
        "mdm",
        "user_vendor_msft_policy_config_office16v2~policy~l_microsoftofficesystem_",
        "l_macroruntimescanscope l_disableallactivex l_preventusersfromchangingpermissions",
    ),
    (
        "Windows - Delivery Optimization",
        "windows10",
        "mdm",
        WINDOWS,
        "deliveryoptimization_dodownloadmode deliveryoptimization_domaxcachesize=20 \
         deliveryoptimization_dominbackgroundqos=500",
    ),
    (
        "macOS - Baseline - FileVault",
        "macOS",
        "mdm,appleRemoteManagement",
        "com.apple.mcx.filevault2_",
        "enable defer showrecoverykey useRecoveryKey",
    ),
    (
        "macOS - Baseline - Gatekeeper",
        "macOS",
        "mdm,appleRemoteManagement",
        "com.apple.systempolicy.control_",
        "allowidentifieddevelopers enableassessment",
    ),
    (
        "macOS - Baseline - Firewall",
        "macOS",
        "mdm,appleRemoteManagement",
        "com.apple.security.firewall_",
        "enablefirewall enablestealthmode",
    ),
    (
        "macOS - Software Updates",
        "macOS",
        "mdm,appleRemoteManagement",
        "com.apple.softwareupdate_",
        "automaticallyinstallmacosupdates criticalupdateinstall configdatainstall",
    ),
    (
        "iOS - Declarative Updates",
        "iOS",
        "mdm,appleRemoteManagement",
        "ddm-latestsoftwareupdate_",
        "enforcelatestsoftwareupdateversion delayindays=7",
    ),
    (
        "Linux - Compliance Settings",
        "linux",
        "linuxMdm",
        "linux_",
        "deviceencryption_required passwordpolicy_minimumlength=12 passwordpolicy_minimumdigits=1",
    ),
    (
        "Android - Fully Managed - Restrictions",
        "androidEnterprise",
        "mdm",
        "com.android.devicerestrictionpolicy_",
        "camerablocked factoryresetblocked screencaptureblocked",
    ),
];

/// More than Graph expands at once.
const EDGE: &str = "smartscreenenabled smartscreenpuaenabled preventsmartscreenpromptoverride \
         preventsmartscreenpromptoverrideforfiles sslerroroverrideallowed siteperprocess \
         passwordmanagerenabled autofilladdressenabled autofillcreditcardenabled importautofillformdata \
         importbrowsersettings importopentabs importpaymentinfo importsavedpasswords \
         blockthirdpartycookies browsersignin browseraddprofileenabled browserguestmodeenabled \
         builtindnsclientenabled clearbrowsingdataonexit defaultbrowsersettingenabled \
         defaultgeolocationsetting defaultnotificationssetting defaultpopupssetting downloadrestrictions \
         edgecollectionsenabled edgeshoppingassistantenabled hidefirstrunexperience hubssidebarenabled \
         networkpredictionoptions newtabpagecontentenabled newtabpagequicklinksenabled \
         personalizationreportingenabled promotionaltabsenabled quicallowed searchsuggestenabled \
         showmicrosoftrewards syncdisabled trackingprevention userfeedbackallowed diskcachesize=250000000 \
         maxconnectionsperproxy=32";

pub fn make(maker: &mut Maker<'_>) {
    for (name, platforms, technologies, prefix, settings) in POLICIES {
        let settings: Vec<Value> = settings
            .split_whitespace()
            .enumerate()
            .map(|(place, setting)| self::setting(maker, name, place, prefix, setting))
            .collect();
        let own = json!({
            "displayName": null,
            "version": null,
            "name": name,
            "platforms": platforms,
            "technologies": technologies,
            "creationSource": null,
            "priorityMetaData": null,
            "isAssigned": true,
            "settingCount": settings.len(),
            "templateReference": {
                "templateId": "",
                "templateFamily": "none",
                "templateDisplayName": null,
                "templateDisplayVersion": null,
            },
            "settings": settings,
        });
        maker.policy(Collection::ConfigurationPolicies, "deviceManagementConfigurationPolicy", name, own);
    }
}

fn setting(maker: &Maker<'_>, policy: &str, place: usize, prefix: &str, setting: &str) -> Value {
    let (id, number) =
        setting.split_once('=').map_or((setting, None), |(id, number)| (id, number.parse::<usize>().ok()));
    let definition = format!("{prefix}{id}");
    let label = format!("{policy}/{definition}");
    let kind = |word: &str| format!("#microsoft.graph.deviceManagementConfiguration{word}");
    let instance = match number {
        Some(number) => json!({
            "@odata.type": kind("SimpleSettingInstance"),
            "settingDefinitionId": definition,
            "settingInstanceTemplateReference": null,
            "simpleSettingValue": {
                "@odata.type": kind("IntegerSettingValue"),
                "settingValueTemplateReference": null,
                "value": if maker.switch(&label) { number } else { number * 2 },
            },
        }),
        None => json!({
            "@odata.type": kind("ChoiceSettingInstance"),
            "settingDefinitionId": definition,
            "settingInstanceTemplateReference": null,
            "choiceSettingValue": {
                "children": [],
                "settingValueTemplateReference": null,
                "value": format!("{definition}_{}", u8::from(maker.switch(&label))),
            },
        }),
    };
    json!({"id": place.to_string(), "settingInstance": instance})
}
