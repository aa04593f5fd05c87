//! Reads: from a request with a token to a page, an object or an error.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{Html, IntoResponse, Response};
use axum::{Extension, Json};
use serde_json::{Value, json};

use super::State as Shared;
use super::answer::GraphError;
use super::content::{Content, Object, has_id, objects};
use super::faults::Verdict;
use super::origin::Origin;
use super::page::Page;
use super::query::Query;
use super::resource::{Resource, Target, Version};
use super::view::{self, SETTINGS_PAGE};

const PROXY_PAGE: &str = "<!doctype html><title>Gateway</title><h1>The request is being checked</h1>";

/// A request as far as a read needs it.
struct Call<'a> {
    version: Version,
    origin: &'a Origin,
    uri: &'a Uri,
    query: Query,
    page_size: usize,
}

pub async fn answer(
    State(shared): State<Arc<Shared>>,
    Extension(version): Extension<Version>,
    Path(path): Path<String>,
    origin: Origin,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, GraphError> {
    tokio::time::sleep(shared.latency + shared.faults.delay()).await;
    let tenant = authorise(&shared, &headers)?;
    let resource = Resource::parse(version, &path)?;
    shared.stats.collection(resource.collection);
    let verdict = shared.faults.verdict(resource.collection, resource.is_list());
    refuse(verdict)?;
    if method != Method::GET {
        let message = "Specified HTTP method is not allowed for the request target.";
        return Err(GraphError::new(StatusCode::METHOD_NOT_ALLOWED, "Request_BadRequest", message));
    }
    let call = Call { version, origin: &origin, uri: &uri, query: Query::parse(&uri)?, page_size: shared.page_size };
    let body = read(&call, &resource, &shared.store.tenant(&tenant))?;
    Ok(match verdict {
        Verdict::Html => Html(PROXY_PAGE).into_response(),
        Verdict::BrokenBody => broken(&body),
        _ if resource.target == Target::Count => body.to_string().into_response(),
        _ => Json(body).into_response(),
    })
}

/// The tenant of the request's token.
fn authorise(shared: &Shared, headers: &HeaderMap) -> Result<String, GraphError> {
    let header = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = header
        .and_then(|header| header.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("Bearer"))
        .map(|(_, token)| token.trim())
        .ok_or_else(|| GraphError::invalid_token("Access token is empty."))?;
    let invalid = || GraphError::invalid_token("Lifetime validation failed, the token is expired or was revoked.");
    let tenant = shared.tokens.tenant_of(token).ok_or_else(invalid)?;
    if shared.faults.revokes_token() {
        shared.tokens.revoke(token);
        return Err(invalid());
    }
    Ok(tenant)
}

/// Turns a fault into Graph's answer to it.
fn refuse(verdict: Verdict) -> Result<(), GraphError> {
    let (status, code, message, retry_after) = match verdict {
        Verdict::Answer | Verdict::BrokenBody | Verdict::Html => return Ok(()),
        Verdict::Throttled => {
            (StatusCode::TOO_MANY_REQUESTS, "TooManyRequests", "Too many requests. Try again later.", Some(1))
        }
        Verdict::Unavailable => {
            (StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailable", "The service is temporarily unavailable.", None)
        }
        Verdict::Forbidden => {
            let message = "Application is not authorized to perform this operation. Application must have one of the \
                           following scopes: DeviceManagementConfiguration.Read.All";
            (StatusCode::FORBIDDEN, "Forbidden", message, None)
        }
        Verdict::Unlicensed => {
            (StatusCode::BAD_REQUEST, "BadRequest", "Request not applicable to target tenant.", None)
        }
    };
    Err(GraphError { status, code, message: message.to_owned(), retry_after })
}

fn read(call: &Call<'_>, resource: &Resource, content: &Content) -> Result<Value, GraphError> {
    let collection = resource.collection;
    let url = format!("{}/{}/{}", call.origin.0, call.version.as_str(), collection.path());
    let context = format!("{}/{}/$metadata#{}", call.origin.0, call.version.as_str(), collection.path());
    let find = |id: &str| content.find(collection, id).ok_or_else(|| GraphError::not_found(id));
    let expand = &call.query.expand;
    let wanted = |object: &&Object| call.query.filter.as_ref().is_none_or(|filter| filter.matches(object));
    match &resource.target {
        Target::List => {
            view::check_expand(collection, expand, true)?;
            let list: Vec<&Object> = content.list(collection).iter().filter(wanted).collect();
            let size = call.query.top.unwrap_or(usize::MAX).min(call.page_size);
            let show = |object: &Object| view::in_list(collection, object, expand, &url);
            page(call, &context, collection.path(), &list, size, show)
        }
        Target::Count => Ok(content.list(collection).iter().filter(wanted).count().into()),
        Target::Item(id) => {
            view::check_expand(collection, expand, false)?;
            let mut object = view::single(collection, find(id)?, expand, &url);
            object.insert("@odata.context".to_owned(), format!("{context}/$entity").into());
            Ok(Value::Object(object))
        }
        Target::Property(id, property) => {
            let list: Vec<&Object> = objects(find(id)?, property).collect();
            nested(call, &context, &view::property_scope(collection, id, property), property, &list)
        }
        Target::PresentationValues(id, value) => {
            let mut values = objects(find(id)?, "definitionValues");
            let value = values.find(|one| has_id(one, value)).ok_or_else(|| GraphError::not_found(value))?;
            let list: Vec<&Object> = objects(value, "presentationValues").collect();
            let scope = view::property_scope(collection, id, "presentationValues");
            nested(call, &context, &scope, "presentationValues", &list)
        }
    }
}

fn nested(call: &Call<'_>, context: &str, scope: &str, property: &str, list: &[&Object]) -> Result<Value, GraphError> {
    let most = if property == "settings" { SETTINGS_PAGE } else { call.page_size };
    let size = call.query.top.unwrap_or(usize::MAX).min(most);
    page(call, &format!("{context}/{property}"), scope, list, size, |object| {
        let mut shown = object.clone();
        view::show_member(property, &mut shown, &call.query.expand);
        shown
    })
}

fn page(
    call: &Call<'_>,
    context: &str,
    scope: &str,
    list: &[&Object],
    size: usize,
    show: impl Fn(&Object) -> Object,
) -> Result<Value, GraphError> {
    let page = Page::cut(scope, list.len(), size, call.query.skip_token.as_deref())?;
    let members: Vec<Value> =
        list.get(page.range).unwrap_or_default().iter().map(|object| Value::Object(show(object))).collect();
    let mut body = json!({"@odata.context": context, "value": members});
    if call.query.count {
        body["@odata.count"] = list.len().into();
    }
    if let Some(token) = page.next_token {
        let next = format!("{}{}?{}", call.origin.0, call.uri.path(), call.query.continued(&token));
        body["@odata.nextLink"] = next.into();
    }
    Ok(body)
}

/// The first half of the JSON, as if it were all of it.
fn broken(body: &Value) -> Response {
    let mut text = body.to_string().into_bytes();
    text.truncate(text.len() / 2);
    ([(header::CONTENT_TYPE, "application/json")], text).into_response()
}
