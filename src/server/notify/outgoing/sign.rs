//! Signatures of webhooks. Source: Standard Webhooks, <https://www.standardwebhooks.com>, symmetric scheme `v1`.

use base64::{Engine, engine::general_purpose::STANDARD};
use ring::hmac;

use crate::server::secrets::{SecretError, random_bytes};

const PREFIX: &str = "whsec_";
const SECRET_BYTES: usize = 32;

/// A new secret, as the receiver gets it.
pub fn new_secret() -> Result<String, SecretError> {
    Ok(format!("{PREFIX}{}", STANDARD.encode(random_bytes::<SECRET_BYTES>()?)))
}

/// The header `webhook-signature` of a body; none when the secret is none.
pub fn signature(secret: &str, id: &str, timestamp: i64, body: &str) -> Option<String> {
    let key = STANDARD.decode(secret.strip_prefix(PREFIX)?).ok()?;
    let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
    let tag = hmac::sign(&key, format!("{id}.{timestamp}.{body}").as_bytes());
    Some(format!("v1,{}", STANDARD.encode(tag.as_ref())))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the reference implementations' own tests.
    #[test]
    fn a_signature_is_that_of_the_specification() {
        let signed = signature(
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            r#"{"test": 2432232314}"#,
        );
        assert_eq!(signed.as_deref(), Some("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="));
        assert_eq!(signature("no secret", "id", 0, ""), None);
    }
}
