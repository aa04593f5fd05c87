//! Who somebody is: passwords, sessions, memberships.

mod limiter;
pub mod origin;
mod password;
pub mod request;

use chrono::TimeDelta;
use sha2::{Digest, Sha256};
use tracing::{info, warn};

pub use self::password::PasswordError;
use self::{limiter::Limiter, password::Passwords};
use super::{
    clock::Clock,
    db::{
        Db,
        members::{self, Membership, UserRow},
        sessions::{self, SessionUser},
    },
    error::ServiceError,
    secrets::random_bytes,
};
use crate::{
    error::AppError,
    model::{
        ids::UserId,
        user::{Action, Viewer},
    },
};

/// The longest address there can be. Source: RFC 5321, with erratum 1690.
const EMAIL_BYTES: usize = 254;
/// A session ends this long after it was started.
pub const SESSION_DAYS: i64 = 7;

/// Sessions and memberships. Cheap to clone.
#[derive(Clone)]
pub struct AuthService {
    db: Db,
    clock: Clock,
    passwords: Passwords,
    limiter: Limiter,
}

/// The secret in the session's cookie; the database has its hash only.
pub struct SessionToken(String);

impl SessionToken {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl AuthService {
    pub fn new(db: Db, clock: Clock) -> Self {
        Self { db, limiter: Limiter::new(clock.clone()), clock, passwords: Passwords::new() }
    }

    /// Makes or renews a user; the e-mail address is the key and is kept in lower case.
    pub async fn add_user(&self, email: &str, name: &str, password: &str) -> Result<UserId, ServiceError> {
        let email = normal_email(email);
        let address = email.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty());
        if !address || email.len() > EMAIL_BYTES || !is_name(&email) || !is_name(name) {
            return Err(AppError::invalid("A user needs an e-mail address and a name of one line.").into());
        }
        let password_hash = self.passwords.hash(password).await.map_err(|error| match error {
            PasswordError::TooShort => ServiceError::from(AppError::invalid(error.to_string())),
            other => ServiceError::Internal(other.to_string()),
        })?;
        let user = UserRow {
            id: UserId(self.clock.new_id()),
            email,
            name: name.trim().to_owned(),
            password_hash,
            created_at: self.clock.now(),
        };
        Ok(members::upsert_user(&self.db, &user).await?)
    }

    /// Starts a session. Takes as long for an unknown address as for a wrong password.
    pub async fn sign_in(&self, email: &str, password: &str) -> Result<SessionToken, ServiceError> {
        if email.len() > EMAIL_BYTES {
            return Err(AppError::WrongCredentials.into());
        }
        let email = normal_email(email);
        if let Err(seconds) = self.limiter.admit(&email) {
            warn!("too many failed sign-ins for one address");
            return Err(AppError::TooMany { seconds }.into());
        }
        let user = members::user_by_email(&self.db, &email).await?;
        let stored = user.as_ref().map(|user| user.password_hash.clone());
        if !self.passwords.verify(password, stored).await {
            info!("sign-in failed");
            return Err(AppError::WrongCredentials.into());
        }
        let Some(user) = user else { return Err(AppError::WrongCredentials.into()) };
        self.limiter.succeeded(&email);
        let token =
            SessionToken(hex::encode(random_bytes::<32>().map_err(|error| ServiceError::Internal(error.to_string()))?));
        let now = self.clock.now();
        let expires_at = now + TimeDelta::days(SESSION_DAYS);
        sessions::insert(&self.db, &hash(token.as_str()), user.id, now, expires_at).await?;
        info!(user = %user.id, "signed in");
        Ok(token)
    }

    pub async fn sign_out(&self, token: &str) -> Result<(), ServiceError> {
        Ok(sessions::delete(&self.db, &hash(token)).await?)
    }

    /// The user of a session's token; none when it has expired or never was.
    pub async fn user_of(&self, token: &str) -> Result<Option<SessionUser>, ServiceError> {
        Ok(sessions::find(&self.db, &hash(token), self.clock.now()).await?)
    }

    /// The user with the tenants they belong to.
    pub async fn viewer(&self, user: SessionUser) -> Result<Viewer, ServiceError> {
        let tenants = members::tenants_of(&self.db, user.id).await?;
        Ok(Viewer { id: user.id, email: user.email, name: user.name, tenants })
    }

    /// The user's membership of a tenant, if it allows the action. A tenant that is not theirs does not exist.
    pub async fn member(&self, user: UserId, slug: &str, action: Action) -> Result<Membership, ServiceError> {
        let membership =
            members::find(&self.db, user, slug).await?.ok_or_else(|| AppError::not_found("This tenant"))?;
        if !membership.role().can(action) {
            return Err(AppError::Forbidden.into());
        }
        Ok(membership)
    }
}

/// A name that fits on a line and on a screen.
pub fn is_name(text: &str) -> bool {
    !text.trim().is_empty() && text.chars().count() <= 200 && !text.chars().any(char::is_control)
}

fn normal_email(email: &str) -> String {
    email.trim().to_lowercase()
}

fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token).into()
}
