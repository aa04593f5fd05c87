//! Where a tenant's Graph is, who we are there, and how hard we may push.

use reqwest::Url;

use super::{ApiVersion, GraphError, ListRequest, Secret};
use crate::model::reason::ReasonCode;

/// A tenant's connection to Microsoft Graph.
#[derive(Debug, Clone)]
pub struct GraphSettings {
    /// Graph's base address, without `/v1.0`.
    pub graph_url: Url,
    /// The sign-in service's base address, without the directory.
    pub authority: Url,
    /// The tenant's directory: its id or a domain of it.
    pub directory_id: String,
    pub client_id: String,
    pub client_secret: Secret,
}

/// How much one tenant's client asks for at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GraphLimits {
    /// Requests under way at the same time.
    pub concurrency: usize,
    /// The largest body that is read, in bytes, unpacked.
    pub body_bytes: usize,
}

impl Default for GraphLimits {
    fn default() -> Self {
        Self { concurrency: 4, body_bytes: 64 * 1024 * 1024 }
    }
}

impl GraphSettings {
    /// Where the sign-in service gives tokens.
    pub(super) fn token_url(&self) -> Result<Url, GraphError> {
        below(&self.authority, &[&self.directory_id, "oauth2", "v2.0", "token"])
    }

    /// The address of a list.
    pub(super) fn list_url(&self, request: &ListRequest) -> Result<Url, GraphError> {
        let mut segments = vec![request.version.as_str()];
        segments.extend(request.path.split('/'));
        let mut url = below(&self.graph_url, &segments)?;
        url.set_query(request.query.as_deref());
        Ok(url)
    }

    /// The address of something below a list of this version: an item, or a property of one.
    pub(super) fn item_url(
        &self,
        version: ApiVersion,
        list: &str,
        rest: &[&str],
        query: Option<&str>,
    ) -> Result<Url, GraphError> {
        let mut segments = vec![version.as_str()];
        segments.extend(list.split('/'));
        segments.extend(rest);
        let mut url = below(&self.graph_url, &segments)?;
        url.set_query(query);
        Ok(url)
    }

    /// Where batches of this version go.
    pub(super) fn batch_url(&self, version: ApiVersion) -> Result<Url, GraphError> {
        below(&self.graph_url, &[version.as_str(), "$batch"])
    }

    /// True for addresses of the same scheme, host and port as Graph's: only there may the token go.
    pub(super) fn is_graph(&self, url: &Url) -> bool {
        url.origin() == self.graph_url.origin()
    }
}

/// A base address with segments appended; each is encoded, so that an id cannot lead elsewhere.
fn below(base: &Url, segments: &[&str]) -> Result<Url, GraphError> {
    let mut url = base.clone();
    url.set_query(None);
    url.set_fragment(None);
    url.path_segments_mut()
        .map_err(|()| GraphError::new(ReasonCode::Network).noted("The configured address is not a web address."))?
        .pop_if_empty()
        .extend(segments);
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::graph::Family;

    fn settings(graph_url: &str) -> GraphSettings {
        GraphSettings {
            graph_url: Url::parse(graph_url).unwrap(),
            authority: Url::parse("https://login.microsoftonline.com").unwrap(),
            directory_id: "../common".to_owned(),
            client_id: "app".to_owned(),
            client_secret: Secret::new("word"),
        }
    }

    #[test]
    fn a_list_stands_below_the_base_address_with_its_query_as_it_is() {
        let request = Family::DeviceCompliancePolicies.request();
        let list = "v1.0/deviceManagement/deviceCompliancePolicies?$expand=assignments,\
                    scheduledActionsForRule($expand=scheduledActionConfigurations)";
        for base in ["http://127.0.0.1:3001/graph", "http://127.0.0.1:3001/graph/"] {
            let url = settings(base).list_url(&request).unwrap();
            assert_eq!(url.as_str(), format!("http://127.0.0.1:3001/graph/{list}"));
        }
    }

    #[test]
    fn a_directory_id_cannot_lead_to_another_path() {
        let url = settings("https://graph.microsoft.com").token_url().unwrap();
        assert_eq!(url.as_str(), "https://login.microsoftonline.com/..%2Fcommon/oauth2/v2.0/token");
    }
}
