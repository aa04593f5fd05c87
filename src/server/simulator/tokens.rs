//! Access tokens: look like a JSON web token, are known by heart and end after an hour.

use std::collections::HashMap;
use std::sync::Mutex;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::base64::url_safe;
use super::lock::lock;
use crate::server::clock::Clock;

/// What the sign-in service says in `expires_in`.
pub const LIFETIME_SECONDS: i64 = 3599;

pub struct Tokens {
    clock: Clock,
    issued: Mutex<HashMap<String, Issued>>,
}

struct Issued {
    tenant: String,
    expires: DateTime<Utc>,
}

impl Tokens {
    pub fn new(clock: Clock) -> Self {
        Self { clock, issued: Mutex::default() }
    }

    pub fn issue(&self, tenant: &str, client_id: &str) -> String {
        let now = self.clock.now();
        let expires = now + TimeDelta::seconds(LIFETIME_SECONDS);
        let token = self.compose(tenant, client_id, now, expires);
        let mut issued = lock(&self.issued);
        issued.retain(|_, one| one.expires > now);
        issued.insert(token.clone(), Issued { tenant: tenant.to_owned(), expires });
        token
    }

    /// The tenant a good token was made for.
    pub fn tenant_of(&self, token: &str) -> Option<String> {
        let now = self.clock.now();
        lock(&self.issued).get(token).filter(|one| one.expires > now).map(|one| one.tenant.clone())
    }

    pub fn revoke(&self, token: &str) {
        lock(&self.issued).remove(token);
    }

    fn compose(&self, tenant: &str, client_id: &str, now: DateTime<Utc>, expires: DateTime<Utc>) -> String {
        let header = json!({"typ": "JWT", "alg": "RS256", "kid": "simulator"}).to_string();
        let claims = json!({
            "aud": "https://graph.microsoft.com",
            "iss": format!("https://sts.windows.net/{tenant}/"),
            "iat": now.timestamp(),
            "nbf": now.timestamp(),
            "exp": expires.timestamp(),
            "appid": client_id,
            "tid": tenant,
            "idtyp": "app",
            "uti": self.clock.new_id(),
            "ver": "1.0",
        });
        let body = format!("{}.{}", url_safe(header.as_bytes()), url_safe(claims.to_string().as_bytes()));
        // No one checks it; it is there because a token has three parts.
        let signature = url_safe(&Sha256::digest(&body));
        format!("{body}.{signature}")
    }
}
