//! What is no page and no server function: a set as a file, out and in.

use std::{
    io::{self, Seek, Write},
    net::IpAddr,
};

use axum::{
    body::Body,
    extract::{
        Multipart, Path, State,
        multipart::{Field, MultipartError},
    },
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};

use super::{BackupService, archive};
use crate::{
    error::AppError,
    model::{
        backup::{BackupSet, Keep, LoadRefusal},
        ids::BackupSetId,
        user::Action,
    },
    server::{
        auth::request::{Peer, member_who_may},
        db::members::Membership,
        db::tenants,
        error::ServiceError,
        router::error_response,
        state::AppState,
    },
};

/// `GET /t/{tenant}/backups/{set}/download`: the set as a zip, sent while it is being made.
pub async fn download(
    State(state): State<AppState>,
    Path((tenant, set)): Path<(String, String)>,
    headers: HeaderMap,
    Peer(address): Peer,
) -> Response {
    match sent(&state, &tenant, &set, &headers, address).await {
        Ok(response) => response,
        Err(error) => error_response(&AppError::from(error)),
    }
}

async fn sent(
    state: &AppState,
    tenant: &str,
    set: &str,
    headers: &HeaderMap,
    address: Option<IpAddr>,
) -> Result<Response, ServiceError> {
    let member = member_who_may(state, headers, tenant, Action::View).await?.coming_from(address);
    let id: BackupSetId = set.parse().map_err(|_| AppError::not_found("This backup set"))?;
    let backups = BackupService::new(&state.runs);
    let set = backups.find(member.scope(), id).await?;
    let row =
        tenants::find(state.runs.db(), member.scope()).await?.ok_or_else(|| AppError::not_found("This tenant"))?;
    backups.taken_out(&member, &set).await?;
    let disposition = format!("attachment; filename=\"{}\"", archive::file_name(&set.name));
    let zip = archive::export(state.runs.db().clone(), state.runs.clock(), member.scope(), row.name, set);
    let headers = [(header::CONTENT_TYPE, "application/zip".to_owned()), (header::CONTENT_DISPOSITION, disposition)];
    Ok((headers, Body::from_stream(zip)).into_response())
}

/// `POST /t/{tenant}/backups/upload`: makes a set of a file, and leads to it; or back to the form, with the reason.
pub async fn upload(
    State(state): State<AppState>,
    Path(tenant): Path<String>,
    headers: HeaderMap,
    Peer(address): Peer,
    form: Result<Multipart, axum::extract::multipart::MultipartRejection>,
) -> Response {
    let member = match member_who_may(&state, &headers, &tenant, Action::MakeBackup).await {
        Ok(member) => member.coming_from(address),
        Err(error) => return error_response(&AppError::from(error)),
    };
    let loaded = match form {
        Ok(form) => load(&state, &member, form).await,
        Err(_) => Err(Stopped::Refused(LoadRefusal::NoFile)),
    };
    match loaded {
        Ok(set) => Redirect::to(&format!("/t/{tenant}/backups/{}", set.id)).into_response(),
        Err(Stopped::Refused(refusal)) => {
            tracing::info!(status = 303, reason = refusal.as_str(), "a backup file was refused");
            Redirect::to(&format!("/t/{tenant}/backups/load?refused={refusal}")).into_response()
        }
        Err(Stopped::Failed(error)) => error_response(&AppError::from(error)),
    }
}

/// Why a file became no set.
pub enum Stopped {
    Refused(LoadRefusal),
    Failed(ServiceError),
}

impl From<LoadRefusal> for Stopped {
    fn from(refusal: LoadRefusal) -> Self {
        Self::Refused(refusal)
    }
}

impl<E: Into<ServiceError>> From<E> for Stopped {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// Bytes of a field that are read: more than the longest name.
const LONGEST_FIELD: usize = 4096;

async fn load(state: &AppState, member: &Membership, mut form: Multipart) -> Result<BackupSet, Stopped> {
    let (mut name, mut keep, mut file) = (String::new(), Keep::Forever, None);
    while let Some(field) = form.next_field().await.map_err(broken)? {
        match field.name() {
            Some("name") => name = short(field).await?.trim().to_owned(),
            Some("keep") => keep = short(field).await?.parse().unwrap_or(keep),
            Some("file") => file = Some(on_disk(field).await?),
            _ => {}
        }
    }
    let file = file.filter(|(_, length)| *length > 0).map(|(file, _)| file).ok_or(LoadRefusal::NoFile)?;
    BackupService::new(&state.runs).load(member, &name, keep, file).await
}

/// A field that a person types; the rest of one that is longer than any is left out.
async fn short(mut field: Field<'_>) -> Result<String, Stopped> {
    let mut bytes = Vec::new();
    while let Some(piece) = field.chunk().await.map_err(broken)? {
        let room = LONGEST_FIELD.saturating_sub(bytes.len());
        bytes.extend_from_slice(&piece[..piece.len().min(room)]);
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The upload in a file without a name, which is gone when it is closed.
async fn on_disk(mut field: Field<'_>) -> Result<(std::fs::File, usize), Stopped> {
    let failed = |error: io::Error| ServiceError::Internal(format!("an upload could not be kept: {error}"));
    let mut file = tempfile::tempfile().map_err(failed)?;
    let mut length = 0;
    while let Some(bytes) = field.chunk().await.map_err(broken)? {
        length += bytes.len();
        if length > archive::LARGEST_FILE {
            return Err(LoadRefusal::TooLarge.into());
        }
        // To the page cache: pieces of some kilobytes.
        file.write_all(&bytes).map_err(failed)?;
    }
    file.rewind().map_err(failed)?;
    Ok((file, length))
}

fn broken(error: MultipartError) -> Stopped {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => LoadRefusal::TooLarge.into(),
        _ => LoadRefusal::NoFile.into(),
    }
}
