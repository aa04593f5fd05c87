//! The Graph client of each tenant: one a tenant and process, so that its token and its limits are shared.

use std::{collections::HashMap, sync::Arc};

use tokio::sync::Mutex;
use url::Url;

use super::{
    clock::Clock,
    db::{Db, scope::TenantScope, tenants, tenants::TenantRow},
    graph::{GraphClient, GraphLimits, GraphSettings, RetryPolicy, Secret},
    net::OutboundPolicy,
    runs::{JobError, failure::failure_of},
    secrets::SecretBox,
};
use crate::model::{ids::TenantId, reason::ReasonCode, run::RunFailure};

/// Gives the Graph clients of tenants. Cheap to clone.
#[derive(Clone)]
pub struct Connections {
    inner: Arc<Inner>,
}

struct Inner {
    db: Db,
    clock: Clock,
    secrets: SecretBox,
    http: reqwest::Client,
    policy: OutboundPolicy,
    retry: RetryPolicy,
    clients: Mutex<HashMap<TenantId, Known>>,
}

/// A client and the row it was made of: when the row changes, so does the client.
struct Known {
    settings: (String, String, Vec<u8>, String, String),
    client: GraphClient,
}

impl Connections {
    pub fn new(
        db: Db,
        clock: Clock,
        secrets: SecretBox,
        http: reqwest::Client,
        policy: OutboundPolicy,
        retry: RetryPolicy,
    ) -> Self {
        let clients = Mutex::default();
        Self { inner: Arc::new(Inner { db, clock, secrets, http, policy, retry, clients }) }
    }

    /// Encrypts what only this connection of the tenant may read again: with another directory or another address it is
    /// unreadable. The purpose is part of it as well.
    pub async fn seal(&self, scope: TenantScope, purpose: &str, plain: &str) -> Result<Vec<u8>, JobError> {
        let owner = self.owner(scope, purpose).await?;
        self.inner.secrets.encrypt(plain, &owner).map_err(|error| JobError::Internal(Box::new(error)))
    }

    /// Reads what `seal` made; none when the connection has changed since, or the server's key.
    pub async fn unseal(&self, scope: TenantScope, purpose: &str, sealed: &[u8]) -> Result<Option<String>, JobError> {
        let owner = self.owner(scope, purpose).await?;
        Ok(self.inner.secrets.decrypt(sealed, &owner).ok())
    }

    async fn owner(&self, scope: TenantScope, purpose: &str) -> Result<String, JobError> {
        let row = self.tenant(scope).await?;
        Ok(format!("{} {} {} {purpose}", row.slug, row.directory_id, row.graph_url))
    }

    async fn tenant(&self, scope: TenantScope) -> Result<TenantRow, JobError> {
        tenants::find(&self.inner.db, scope).await?.ok_or_else(|| JobError::Failed {
            code: ReasonCode::TenantUnavailable,
            message: "The tenant has been removed from Runledger.".to_owned(),
        })
    }

    /// The client of the scope's tenant, with its settings as they are now.
    pub async fn client(&self, scope: TenantScope) -> Result<GraphClient, JobError> {
        let inner = &self.inner;
        let row = self.tenant(scope).await?;
        let settings = (
            row.directory_id.clone(),
            row.client_id.clone(),
            row.client_secret.clone(),
            row.graph_url.clone(),
            row.authority.clone(),
        );
        let mut clients = inner.clients.lock().await;
        if let Some(known) = clients.get(&row.id).filter(|known| known.settings == settings) {
            return Ok(known.client.clone());
        }
        let client = GraphClient::new(
            inner.http.clone(),
            inner.policy,
            inner.clock.clone(),
            graph_settings(&inner.secrets, &row)?,
            GraphLimits::default(),
            inner.retry.clone(),
        );
        clients.insert(row.id, Known { settings, client: client.clone() });
        Ok(client)
    }

    /// The same for those who do no run: the failure as people may see it.
    pub async fn open(&self, scope: TenantScope) -> Result<GraphClient, RunFailure> {
        self.client(scope).await.map_err(|error| failure_of(&error))
    }
}

fn graph_settings(secrets: &SecretBox, row: &TenantRow) -> Result<GraphSettings, JobError> {
    let url = |text: &str| Url::parse(text).map_err(|error| JobError::Internal(Box::new(error)));
    let secret = secrets.decrypt(&row.client_secret, &row.slug).map_err(|_| JobError::Failed {
        code: ReasonCode::AuthFailed,
        message: "The tenant's client secret cannot be decrypted with this server's key. Enter it again.".to_owned(),
    })?;
    Ok(GraphSettings {
        graph_url: url(&row.graph_url)?,
        authority: url(&row.authority)?,
        directory_id: row.directory_id.clone(),
        client_id: row.client_id.clone(),
        client_secret: Secret::new(secret),
    })
}
