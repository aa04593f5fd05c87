//! Passwords: argon2id, computed off the threads that answer requests.

use std::sync::Arc;

use argon2::{
    Argon2, PasswordHash, PasswordHasher, PasswordVerifier,
    password_hash::{Salt, SaltString},
};
use tokio::sync::Semaphore;

use crate::server::secrets::random_bytes;

/// The shortest password that is taken.
const MIN_LENGTH: usize = 10;
/// Hashing takes 19 MiB and a core each; more at once would only make everyone wait.
const AT_ONCE: usize = 2;

#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    #[error("The password must have at least {MIN_LENGTH} characters.")]
    TooShort,
    #[error("hashing the password failed: {0}")]
    Failed(String),
}

#[derive(Clone)]
pub(super) struct Passwords {
    slots: Arc<Semaphore>,
}

impl Passwords {
    pub(super) fn new() -> Self {
        Self { slots: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    /// The password's hash in PHC form, with its salt and cost.
    pub(super) async fn hash(&self, password: &str) -> Result<String, PasswordError> {
        if password.chars().count() < MIN_LENGTH {
            return Err(PasswordError::TooShort);
        }
        let password = password.to_owned();
        self.off_thread(move || hash_now(&password))
            .await
            .unwrap_or_else(|| Err(PasswordError::Failed("aborted".into())))
    }

    /// Whether the password belongs to the hash. Without one it takes the same time and says no.
    pub(super) async fn verify(&self, password: &str, stored: Option<String>) -> bool {
        let password = password.to_owned();
        self.off_thread(move || verify_now(&password, stored.as_deref())).await.unwrap_or(false)
    }

    async fn off_thread<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        // Held by the work, not by who waits for it: a caller who goes away does not make room for more.
        let slot = Arc::clone(&self.slots).acquire_owned().await.ok()?;
        let held = move || {
            let done = work();
            drop(slot);
            done
        };
        tokio::task::spawn_blocking(held).await.ok()
    }
}

fn hash_now(password: &str) -> Result<String, PasswordError> {
    let failed = |error: argon2::password_hash::Error| PasswordError::Failed(error.to_string());
    let bytes = random_bytes::<{ Salt::RECOMMENDED_LENGTH }>().map_err(|e| PasswordError::Failed(e.to_string()))?;
    let salt = SaltString::encode_b64(&bytes).map_err(failed)?;
    Ok(Argon2::default().hash_password(password.as_bytes(), &salt).map_err(failed)?.to_string())
}

fn verify_now(password: &str, stored: Option<&str>) -> bool {
    match stored.map(PasswordHash::new) {
        Some(Ok(hash)) => Argon2::default().verify_password(password.as_bytes(), &hash).is_ok(),
        _ => {
            // As much work as for a known address, so that the time does not tell which addresses exist.
            let _ = hash_now(password);
            false
        }
    }
}
