//! Secrets at rest, and the randomness for secrets.

use std::{fs, io::Write, path::Path};

use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use rand::{TryRngCore, rngs::OsRng};

const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 24;

#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    #[error("RUNLEDGER_SECRET_KEY must be {KEY_BYTES} bytes in hex ({} digits)", KEY_BYTES * 2)]
    BadKey,
    #[error("the key file {path} cannot be used: {cause}")]
    KeyFile { path: String, cause: std::io::Error },
    #[error("the operating system gives no randomness")]
    NoRandomness,
    #[error("the secret could not be decrypted: it was encrypted under another key")]
    WrongKey,
}

/// Encrypts what must be stored and read again, under the server's key.
#[derive(Clone)]
pub struct SecretBox {
    cipher: XChaCha20Poly1305,
}

impl std::fmt::Debug for SecretBox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretBox(***)")
    }
}

impl SecretBox {
    /// The key from the environment, or from `secret.key` in the data directory, which is made at the first start.
    pub fn open(key: Option<&str>, data_dir: &Path) -> Result<Self, SecretError> {
        match key {
            Some(hex) => Self::of_hex(hex),
            None => Self::of_file(&data_dir.join("secret.key")),
        }
    }

    /// A key that is kept nowhere, for who does not need the real one.
    pub fn of_nobody() -> Result<Self, SecretError> {
        Self::of_hex(&hex::encode(random_bytes::<KEY_BYTES>()?))
    }

    fn of_hex(text: &str) -> Result<Self, SecretError> {
        let key = hex::decode(text.trim()).map_err(|_| SecretError::BadKey)?;
        let cipher = XChaCha20Poly1305::new_from_slice(&key).map_err(|_| SecretError::BadKey)?;
        Ok(Self { cipher })
    }

    fn of_file(path: &Path) -> Result<Self, SecretError> {
        let failed = |cause| SecretError::KeyFile { path: path.display().to_string(), cause };
        match fs::read_to_string(path) {
            Ok(text) => Self::of_hex(&text).map_err(|_| failed(std::io::Error::other("it does not hold a key"))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let key = hex::encode(random_bytes::<KEY_BYTES>()?);
                write_private(path, &key).map_err(failed)?;
                Self::of_hex(&key)
            }
            Err(error) => Err(failed(error)),
        }
    }

    /// Encrypts for an owner (a tenant's slug): the result is of no use under another owner's.
    pub fn encrypt(&self, plain: &str, owner: &str) -> Result<Vec<u8>, SecretError> {
        let nonce = random_bytes::<NONCE_BYTES>()?;
        let sealed = self
            .cipher
            .encrypt(XNonce::from_slice(&nonce), Payload { msg: plain.as_bytes(), aad: owner.as_bytes() })
            .map_err(|_| SecretError::WrongKey)?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    pub fn decrypt(&self, sealed: &[u8], owner: &str) -> Result<String, SecretError> {
        let (nonce, sealed) = sealed.split_at_checked(NONCE_BYTES).ok_or(SecretError::WrongKey)?;
        let plain = self
            .cipher
            .decrypt(XNonce::from_slice(nonce), Payload { msg: sealed, aad: owner.as_bytes() })
            .map_err(|_| SecretError::WrongKey)?;
        String::from_utf8(plain).map_err(|_| SecretError::WrongKey)
    }
}

/// Writes a file that only its owner can read, whole or not at all.
fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let unfinished = path.with_extension("new");
    // One that a crash has left.
    let _ = fs::remove_file(&unfinished);
    let mut file = options.open(&unfinished)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(unfinished, path)
}

/// Randomness of the operating system, for keys, tokens and salts.
pub fn random_bytes<const N: usize>() -> Result<[u8; N], SecretError> {
    let mut bytes = [0; N];
    OsRng.try_fill_bytes(&mut bytes).map_err(|_| SecretError::NoRandomness)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_comes_back_only_for_its_owner_and_its_key() {
        let folder = tempfile::tempdir().unwrap();
        let secrets = SecretBox::open(None, folder.path()).unwrap();
        let sealed = secrets.encrypt("s3cret", "tenant a").unwrap();
        assert!(!sealed.windows(6).any(|window| window == b"s3cret"));
        assert_eq!(secrets.decrypt(&sealed, "tenant a").unwrap(), "s3cret");
        assert!(secrets.decrypt(&sealed, "tenant b").is_err());
        assert!(SecretBox::of_hex(&"00".repeat(32)).unwrap().decrypt(&sealed, "tenant a").is_err());
        assert!(secrets.decrypt(b"short", "tenant a").is_err());
    }

    #[cfg(unix)]
    #[test]
    fn the_key_file_is_made_once_and_only_its_owner_reads_it() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        SecretBox::open(None, folder.path()).unwrap();
        let file = folder.path().join("secret.key");
        let first = fs::read(&file).unwrap();
        SecretBox::open(None, folder.path()).unwrap();
        assert_eq!(fs::read(&file).unwrap(), first);
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_key_that_is_none_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(SecretBox::open(Some("abc"), folder.path()), Err(SecretError::BadKey)));
    }
}
