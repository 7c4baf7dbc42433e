//! Signing what is sent to a webhook, by Standard Webhooks 1.0 (F-01 to F-05): HMAC-SHA256 over
//! `{id}.{timestamp}.{body}`, one signature for each secret that is in force.

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretSlice};
use sha2::Sha256;
use zeroize::Zeroizing;

/// What a secret begins with, as a dealer is shown it.
const PREFIX: &str = "whsec_";

/// How many bytes a secret has: at most a block of SHA-256.
const BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// The secret of one endpoint.
#[derive(Clone)]
pub struct Secret(SecretSlice<u8>);

/// Prints nothing of it.
impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Why a text is no secret; the text itself is never told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// It does not begin as one.
    #[error("it does not begin with whsec_")]
    Prefix,
    /// What follows is not base64.
    #[error("what follows whsec_ is not base64")]
    Base64,
    /// Too few bytes to be safe, or more than the standard has.
    #[error("it has {0} bytes; a secret has 24 to 64")]
    Length(usize),
}

impl Secret {
    /// Reads `whsec_` and base64.
    pub fn parse(text: &str) -> Result<Self, SecretError> {
        let encoded = text.trim().strip_prefix(PREFIX).ok_or(SecretError::Prefix)?;
        let bytes = STANDARD.decode(encoded).map_err(|_| SecretError::Base64)?;
        if BYTES.contains(&bytes.len()) {
            Ok(Self(bytes.into()))
        } else {
            Err(SecretError::Length(bytes.len()))
        }
    }

    /// A fresh one, of 32 random bytes.
    pub fn of(bytes: &[u8; 32]) -> Self {
        Self(bytes.to_vec().into())
    }

    /// As the dealer is shown it, once.
    pub fn reveal(&self) -> String {
        format!("{PREFIX}{}", STANDARD.encode(self.0.expose_secret()))
    }

    fn sign(&self, id: &str, timestamp: i64, body: &str) -> String {
        // A key that is shorter than a block is filled up with zeros (RFC 2104).
        let mut key = Zeroizing::new([0; *BYTES.end()]);
        for (place, byte) in key.iter_mut().zip(self.0.expose_secret()) {
            *place = *byte;
        }
        let mut mac = Hmac::<Sha256>::new((&*key).into());
        for part in [id, ".", &timestamp.to_string(), ".", body] {
            mac.update(part.as_bytes());
        }
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }
}

/// The value of `webhook-signature`: one signature for each secret, so that while secrets change both the
/// old and the new one verify (F-04). `timestamp`: seconds since 1970, of this attempt.
pub fn signature(secrets: &[Secret], id: &str, timestamp: i64, body: &str) -> String {
    let all: Vec<_> = secrets.iter().map(|secret| secret.sign(id, timestamp, body)).collect();
    all.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const BODY: &str = r#"{"test": 2432232314}"#;
    const AT: i64 = 1_614_265_330;

    #[test]
    fn the_vector_of_the_standard_comes_out() {
        let secret = Secret::parse(TEXT).unwrap();
        let wanted = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        assert_eq!(signature(std::slice::from_ref(&secret), ID, AT, BODY), wanted);
        assert_eq!(secret.reveal(), TEXT);
        assert!(!format!("{secret:?}").contains("MfKQ"));
    }

    #[test]
    fn each_secret_in_force_signs() {
        let (old, new) = (Secret::parse(TEXT).unwrap(), Secret::of(&[7; 32]));
        let both = signature(&[new.clone(), old.clone()], ID, AT, BODY);
        let (of_new, of_old) = both.split_once(' ').unwrap();
        assert_eq!(of_new, signature(&[new], ID, AT, BODY));
        assert_eq!(of_old, signature(std::slice::from_ref(&old), ID, AT, BODY));
        // Anything else is signed otherwise.
        for (id, at, body) in [("msg_1", AT, BODY), (ID, AT + 1, BODY), (ID, AT, "{}")] {
            assert_ne!(signature(std::slice::from_ref(&old), id, at, body), of_old);
        }
    }

    #[test]
    fn what_is_no_secret_is_refused_without_telling_it() {
        for (text, wanted) in [
            ("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", SecretError::Prefix),
            ("whsec_***", SecretError::Base64),
            ("whsec_c2hvcnQ=", SecretError::Length(5)),
        ] {
            assert_eq!(Secret::parse(text).unwrap_err(), wanted);
        }
        let long = format!("whsec_{}", STANDARD.encode([1; 65]));
        assert_eq!(Secret::parse(&long).unwrap_err(), SecretError::Length(65));
    }
}
