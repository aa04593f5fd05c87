//! The query options of a Graph request, parsed once.

use axum::http::Uri;

use super::answer::GraphError;
use super::expand::Expand;
use super::filter::Filter;

#[derive(Debug, Default)]
pub struct Query {
    pub top: Option<usize>,
    pub skip_token: Option<String>,
    pub delta_token: Option<String>,
    /// The properties asked for; empty for all.
    pub select: Vec<String>,
    pub expand: Expand,
    pub count: bool,
    pub filter: Option<Filter>,
    /// The options as sent, without the tokens: the next page has the same.
    carried: String,
}

impl Query {
    pub fn parse(uri: &Uri) -> Result<Self, GraphError> {
        let axum::extract::Query(pairs) = axum::extract::Query::<Vec<(String, String)>>::try_from_uri(uri)
            .map_err(|_| GraphError::bad_request("The query string cannot be read."))?;
        let mut query = Self { carried: without_tokens(uri.query().unwrap_or_default()), ..Self::default() };
        for (name, value) in pairs {
            // Graph takes an option without its dollar sign too.
            match name.trim_start_matches('$').to_ascii_lowercase().as_str() {
                "top" => query.top = Some(parse_top(&value)?),
                "skiptoken" => query.skip_token = Some(value),
                "deltatoken" => query.delta_token = Some(value),
                "select" => query.select = value.split(',').map(|name| name.trim().to_owned()).collect(),
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
        self.with_token("$skiptoken", skip_token)
    }

    /// The query string with this token in place of those that came.
    pub fn with_token(&self, name: &str, token: &str) -> String {
        let separator = if self.carried.is_empty() { "" } else { "&" };
        format!("{}{separator}{name}={token}", self.carried)
    }
}

fn parse_top(value: &str) -> Result<usize, GraphError> {
    let invalid = || {
        GraphError::bad_request(format!("Invalid page size specified: '{value}'. Must be between 1 and 999 inclusive."))
    };
    value.parse().ok().filter(|top| *top > 0).ok_or_else(invalid)
}

fn without_tokens(query: &str) -> String {
    let is_token = |part: &str| {
        let name = part.split('=').next().unwrap_or_default().to_ascii_lowercase();
        let name = name.trim_start_matches("%24").trim_start_matches('$');
        matches!(name, "skiptoken" | "deltatoken")
    };
    query.split('&').filter(|part| !part.is_empty() && !is_token(part)).collect::<Vec<_>>().join("&")
}
