//! How much a finding matters. The rule, first match wins:
//!
//! 1. What only labels a policy (name, description, scope tags): low.
//! 2. A policy that the baseline has and the tenant has not: high, whatever its family, since it protects nobody now.
//! 3. A policy that only the tenant has: medium in a security family, else low.
//! 4. Everything else, settings and assignments alike: high in a security family, else medium.
//!
//! Security families are those that decide who gets in and what a device must fulfil: Conditional Access, compliance,
//! app protection and endpoint security; and settings catalog policies made from an endpoint security template.

use serde_json::Value;

use crate::{
    model::{
        comparison::{Change, ChangeKind},
        drift::Severity,
    },
    server::graph::Family,
};

/// Properties that only label a policy.
const LABELS: [&str; 5] = ["displayName", "name", "description", "roleScopeTagIds", "roleScopeTags"];

pub fn severity(change: &Change, secures: bool) -> Severity {
    let first = change.path.split(['.', '[']).next().unwrap_or_default();
    match (change.path.is_empty(), change.kind()) {
        (false, _) if LABELS.contains(&first) => Severity::Low,
        (true, ChangeKind::Removed) => Severity::High,
        (true, ChangeKind::Added) if !secures => Severity::Low,
        (true, ChangeKind::Added) => Severity::Medium,
        _ if secures => Severity::High,
        _ => Severity::Medium,
    }
}

/// Whether a policy decides who gets in or what a device must fulfil; `body` where it is at hand.
pub fn secures(family: Family, body: Option<&Value>) -> bool {
    match family {
        Family::ConditionalAccessPolicies
        | Family::DeviceCompliancePolicies
        | Family::ManagedAppPolicies
        | Family::Intents => true,
        Family::ConfigurationPolicies => body
            .and_then(|body| body.pointer("/templateReference/templateFamily")?.as_str())
            .is_some_and(|family| family.starts_with("endpointSecurity")),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(path: &str, before: Option<i32>, after: Option<i32>, secures: bool) -> Severity {
        let change = Change { path: path.to_owned(), before: before.map(Value::from), after: after.map(Value::from) };
        severity(&change, secures)
    }

    #[test]
    fn the_rule_is_as_written() {
        assert_eq!(of("description", Some(1), Some(2), true), Severity::Low);
        assert_eq!(of("roleScopeTagIds[\"0\"]", Some(1), None, true), Severity::Low);
        assert_eq!(of("", Some(1), None, false), Severity::High);
        assert_eq!([of("", None, Some(1), true), of("", None, Some(1), false)], [Severity::Medium, Severity::Low]);
        assert_eq!(of("grantControls.operator", Some(1), Some(2), true), Severity::High);
        assert_eq!(of("settings[x].choice.value", Some(1), Some(2), false), Severity::Medium);
    }

    #[test]
    fn a_settings_catalog_policy_secures_when_its_template_does() {
        let of = |family: &str| json!({"templateReference": {"templateFamily": family}});
        assert!(secures(Family::ConfigurationPolicies, Some(&of("endpointSecurityAntivirus"))));
        assert!(!secures(Family::ConfigurationPolicies, Some(&of("baseline"))));
        assert!(!secures(Family::ConfigurationPolicies, None) && secures(Family::ConditionalAccessPolicies, None));
    }
}
