//! The path of a Graph request, parsed once: which collection, and what of it.

use super::answer::GraphError;
use super::collection::{Collection, DERIVED_PROTECTIONS};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    V1,
    Beta,
}

impl Version {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V1 => "v1.0",
            Self::Beta => "beta",
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
pub struct Resource {
    pub collection: Collection,
    /// The path of the list, as it was asked for.
    pub path: &'static str,
    /// The only `@odata.type` to serve, where a collection of a derived type was asked for.
    pub kind: Option<&'static str>,
    pub target: Target,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Target {
    List,
    /// `groups/delta`: what has changed.
    Delta,
    /// `/$count`: the number as plain text.
    Count,
    Item(String),
    /// A navigation property of an item that is a list, such as `/settings`.
    Property(String, &'static str),
    /// `/definitionValues/{id}/presentationValues`: item, definition value.
    PresentationValues(String, String),
    /// An action on an item.
    Action(String, Action),
}

/// What can be done to an item beside changing its properties.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    Assign,
    ScheduleActions,
    UpdateDefinitionValues,
}

/// The actions of a collection.
fn action(collection: Collection, name: &str) -> Option<Action> {
    match (collection, name) {
        (Collection::Groups | Collection::ConditionalAccessPolicies | Collection::AssignmentFilters, _) => None,
        (_, "assign") => Some(Action::Assign),
        (Collection::DeviceCompliancePolicies, "scheduleActionsForRules") => Some(Action::ScheduleActions),
        (Collection::GroupPolicyConfigurations, "updateDefinitionValues") => Some(Action::UpdateDefinitionValues),
        _ => None,
    }
}

impl Resource {
    pub fn parse(version: Version, path: &str) -> Result<Self, GraphError> {
        let segments = segments(path);
        let words: Vec<&str> = segments.iter().map(String::as_str).collect();
        let own = Collection::ALL.iter().map(|one| (*one, one.path(), None));
        let derived =
            DERIVED_PROTECTIONS.iter().map(|(path, kind)| (Collection::ManagedAppPolicies, *path, Some(*kind)));
        let (collection, path, kind, rest) = own
            .chain(derived)
            .find_map(|(collection, path, kind)| Some((collection, path, kind, strip(&words, path)?)))
            .filter(|(collection, ..)| version == Version::Beta || !collection.beta_only())
            .ok_or_else(|| unknown_segment(words.last().copied().unwrap_or_default()))?;
        let target = match *rest {
            [] => Target::List,
            ["$count"] => Target::Count,
            ["delta"] if collection == Collection::Groups => Target::Delta,
            [id] => Target::Item(id.to_owned()),
            [id, name] if let Some(action) = action(collection, name) => Target::Action(id.to_owned(), action),
            [id, property] => {
                let known = collection.navigation().iter().find(|own| **own == property);
                Target::Property(id.to_owned(), known.ok_or_else(|| unknown_segment(property))?)
            }
            [id, "definitionValues", value, "presentationValues"]
                if collection == Collection::GroupPolicyConfigurations =>
            {
                Target::PresentationValues(id.to_owned(), value.to_owned())
            }
            [.., last] => return Err(unknown_segment(last)),
        };
        Ok(Self { collection, path, kind, target })
    }

    /// Whether the answer is a page of a list.
    pub const fn is_list(&self) -> bool {
        !matches!(self.target, Target::Item(_) | Target::Count | Target::Action(..))
    }
}

fn unknown_segment(segment: &str) -> GraphError {
    GraphError::bad_request(format!("Resource not found for the segment '{segment}'."))
}

/// OData writes a key as `policies('id')` too; both become two segments.
fn segments(path: &str) -> Vec<String> {
    let mut segments = Vec::new();
    for segment in path.split('/').filter(|segment| !segment.is_empty()) {
        match segment.strip_suffix("')").and_then(|rest| rest.split_once("('")) {
            Some((name, key)) => segments.extend([name.to_owned(), key.to_owned()]),
            None => segments.push(segment.to_owned()),
        }
    }
    segments
}

fn strip<'a, 'b>(words: &'a [&'b str], path: &str) -> Option<&'a [&'b str]> {
    let prefix: Vec<&str> = path.split('/').collect();
    words.starts_with(&prefix).then(|| words.get(prefix.len()..)).flatten()
}

#[cfg(test)]
mod tests {
    use super::{Resource, Target, Version};
    use crate::server::simulator::Collection;

    #[test]
    fn both_ways_to_write_a_key_are_read() {
        for path in ["deviceManagement/intents/7/settings", "deviceManagement/intents('7')/settings"] {
            let resource = Resource::parse(Version::Beta, path).expect("a good path");
            assert_eq!(resource.collection, Collection::Intents);
            assert_eq!(resource.target, Target::Property("7".into(), "settings"));
        }
    }

    #[test]
    fn an_unknown_path_names_its_last_segment() {
        for (path, segment) in [("deviceManagement/unicorns", "unicorns"), ("groups/1/settings", "settings"), ("", "")]
        {
            let error = Resource::parse(Version::Beta, path).expect_err("a bad path");
            assert!(error.message.ends_with(&format!("'{segment}'.")), "{}", error.message);
        }
    }
}
