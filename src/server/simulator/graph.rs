//! From a request with a token to a page, an object or an error.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde_json::{Value, json};

use super::State as Shared;
use super::answer::GraphError;
use super::batch::PART_OF_BATCH;
use super::collection::Collection;
use super::content::{Content, Object, has_id, objects, text};
use super::delta;
use super::fault_answer;
use super::faults::{Paging, Verdict};
use super::origin::Origin;
use super::page::{Page, token_at};
use super::query::Query;
use super::resource::{Resource, Target, Version};
use super::view::{self, SETTINGS_PAGE};
use super::write;

/// A request as far as a read needs it.
pub(super) struct Call<'a> {
    pub version: Version,
    pub origin: &'a Origin,
    pub uri: &'a Uri,
    pub query: Query,
    pub page_size: usize,
    pub paging: Paging,
}

pub async fn answer(
    State(shared): State<Arc<Shared>>,
    Extension(version): Extension<Version>,
    Path(path): Path<String>,
    origin: Origin,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    sent: Bytes,
) -> Result<Response, GraphError> {
    tokio::time::sleep(shared.latency + shared.faults.delay()).await;
    let tenant = authorise(&shared, &headers)?;
    let resource = Resource::parse(version, &path)?;
    shared.stats.collection(resource.collection);
    let is_write = method != Method::GET;
    let verdict = shared.faults.verdict(resource.collection, resource.is_list() || is_write);
    if verdict == Verdict::Throttled {
        shared.stats.throttled(headers.contains_key(PART_OF_BATCH));
    }
    fault_answer::refuse(verdict, resource.collection)?;
    if is_write {
        return written(&shared, &tenant, &method, &resource, &sent);
    }
    check_consistency(&resource, &headers)?;
    let paging = shared.faults.paging(resource.collection);
    let call =
        Call { version, origin: &origin, uri: &uri, query: Query::parse(&uri)?, page_size: shared.page_size, paging };
    let body = match resource.target {
        Target::Delta => delta::page(&shared, &tenant, &call)?,
        _ => read(&call, &resource, &shared.store.tenant(&tenant))?,
    };
    let is_count = resource.target == Target::Count;
    let good = || if is_count { body.to_string().into_response() } else { Json(&body).into_response() };
    Ok(fault_answer::spoilt(verdict, &body).unwrap_or_else(good))
}

/// The directory counts only for those who say that they can do with an old number.
fn check_consistency(resource: &Resource, headers: &HeaderMap) -> Result<(), GraphError> {
    let is_count = resource.collection == Collection::Groups && resource.target == Target::Count;
    if is_count && headers.get("ConsistencyLevel").is_none_or(|level| level != "eventual") {
        let message = "$count is not currently supported.";
        return Err(GraphError::new(StatusCode::BAD_REQUEST, "Request_UnsupportedQuery", message));
    }
    Ok(())
}

/// Does a write. The answer of one that is lost is the gateway's.
fn written(
    shared: &Shared,
    tenant: &str,
    method: &Method,
    resource: &Resource,
    sent: &Bytes,
) -> Result<Response, GraphError> {
    let creates = *method == Method::POST && resource.target == Target::List;
    if creates && shared.faults.name_exists(resource.collection) {
        return Err(GraphError::new(
            StatusCode::CONFLICT,
            "nameAlreadyExists",
            "An object of this name exists already.",
        ));
    }
    let done = write::write(shared, tenant, method, resource, sent)?;
    if shared.faults.loses_write() {
        return Err(GraphError::new(StatusCode::GATEWAY_TIMEOUT, "UnknownError", "The gateway got no answer in time."));
    }
    Ok(match done.object {
        None => done.status.into_response(),
        Some(object) => {
            let shown = view::single(resource.collection, &object, &Default::default(), "");
            (done.status, Json(shown)).into_response()
        }
    })
}

/// The tenant of the request's token.
pub fn authorise(shared: &Shared, headers: &HeaderMap) -> Result<String, GraphError> {
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

fn read(call: &Call<'_>, resource: &Resource, content: &Content) -> Result<Value, GraphError> {
    let (collection, path) = (resource.collection, resource.path);
    let url = format!("{}/{}/{path}", call.origin.0, call.version.as_str());
    let context = format!("{}/{}/$metadata#{path}", call.origin.0, call.version.as_str());
    let expand = &call.query.expand;
    let of_kind = |object: &Object| resource.kind.is_none_or(|kind| text(object, "@odata.type") == Some(kind));
    let find = |id: &str| {
        content.find(collection, id).filter(|object| of_kind(object)).ok_or_else(|| GraphError::not_found(id))
    };
    let passes = |object: &Object| call.query.filter.as_ref().is_none_or(|filter| filter.matches(object));
    let wanted = content.list(collection).iter().filter(|object| of_kind(object) && passes(object));
    match &resource.target {
        Target::List => {
            view::check_expand(collection, expand, resource.kind.is_none())?;
            let list: Vec<&Object> = wanted.collect();
            let size = call.query.top.unwrap_or(usize::MAX).min(call.page_size);
            let show = |object: &Object| view::in_list(collection, object, expand, &url);
            page(call, &context, path, &list, size, show)
        }
        Target::Delta | Target::Action(..) => Err(GraphError::not_found(path)),
        Target::Count => Ok(wanted.count().into()),
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
        Target::PresentationValues(id, value_id) => {
            let mut values = objects(find(id)?, "definitionValues");
            let value = values.find(|one| has_id(one, value_id)).ok_or_else(|| GraphError::not_found(value_id))?;
            let list: Vec<&Object> = objects(value, "presentationValues").collect();
            nested(call, &context, &view::property_scope(collection, id, value_id), "presentationValues", &list)
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
    let mut page = Page::cut(scope, list.len(), size, call.query.skip_token.as_deref())?;
    if call.paging.repeat {
        page.next_token = Some(token_at(scope, page.range.start));
    }
    if call.paging.twice {
        page.range.start = page.range.start.saturating_sub(1);
    }
    let mut members: Vec<Value> =
        list.get(page.range).unwrap_or_default().iter().map(|object| Value::Object(show(object))).collect();
    spoil(call, &mut members);
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

/// What a fault takes from the objects of a page.
pub(super) fn spoil(call: &Call<'_>, members: &mut [Value]) {
    if call.paging.unnamed
        && let Some(Value::Object(first)) = members.first_mut()
    {
        first.remove("id");
    }
}
