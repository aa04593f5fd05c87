//! The query options of a Graph request, parsed once.

use axum::http::Uri;

use super::answer::GraphError;
use super::expand::Expand;
use super::filter::Filter;

#[derive(Debug, Default)]
pub struct Query {
    pub top: Option<usize>,
    pub skip_token: Option<String>,
    pub expand: Expand,
    pub count: bool,
    pub filter: Option<Filter>,
    /// The options as sent, without `$skiptoken`: the next page has the same.
    carried: String,
}

impl Query {
    pub fn parse(uri: &Uri) -> Result<Self, GraphError> {
        let axum::extract::Query(pairs) = axum::extract::Query::<Vec<(String, String)>>::try_from_uri(uri)
            .map_err(|_| GraphError::bad_request("The query string cannot be read."))?;
        let mut query = Self { carried: without_skip_token(uri.query().unwrap_or_default()), ..Self::default() };
        for (name, value) in pairs {
            // Graph takes an option without its dollar sign too.
            match name.trim_start_matches('$').to_ascii_lowercase().as_str() {
                "top" => query.top = Some(parse_top(&value)?),
                "skiptoken" => query.skip_token = Some(value),
                "expand" => query.expand = Expand::parse(&value)?,
                "filter" => query.filter = Some(Filter::parse(&value)?),
                "count" => query.count = value.eq_ignore_ascii_case("true"),
                _ => {}
            }
        }
        Ok(query)
    }

    /// The query string of the page that starts at this token.
    pub fn continued(&self, skip_token: &str) -> String {
        let separator = if self.carried.is_empty() { "" } else { "&" };
        format!("{}{separator}$skiptoken={skip_token}", self.carried)
    }
}

fn parse_top(value: &str) -> Result<usize, GraphError> {
    let invalid = || {
        GraphError::bad_request(format!("Invalid page size specified: '{value}'. Must be between 1 and 999 inclusive."))
    };
    value.parse().ok().filter(|top| *top > 0).ok_or_else(invalid)
}

fn without_skip_token(query: &str) -> String {
    let is_token = |part: &str| {
        let name = part.split('=').next().unwrap_or_default().to_ascii_lowercase();
        matches!(name.as_str(), "$skiptoken" | "%24skiptoken" | "skiptoken")
    };
    query.split('&').filter(|part| !part.is_empty() && !is_token(part)).collect::<Vec<_>>().join("&")
}
