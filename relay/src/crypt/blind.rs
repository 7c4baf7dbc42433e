//! The blind index: what finds a person by an e-mail address or a telephone number without a word of
//! either in the database (B-31). A keyed hash, so that nobody without the key can try addresses.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::Key;

/// The keyed hash of something that is looked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Blind([u8; 32]);

impl Blind {
    /// What is written to the row.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The same, of its length.
    pub fn as_array(&self) -> &[u8; 32] {
        &self.0
    }
}

impl std::fmt::Debug for Blind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Blind(…)")
    }
}

impl Key {
    /// The hash of a value of a kind, the same each time.
    pub fn blind(&self, kind: &str, value: &str) -> Blind {
        // A key of any length is taken.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.expose()) else {
            return Blind([0; 32]);
        };
        mac.update(&super::place::join(&["blind index", kind, value]));
        Blind(mac.finalize().into_bytes().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SeededRandom;

    #[test]
    fn the_same_value_is_found_with_the_same_key_only() {
        let (ours, theirs) = (Key::draw(&SeededRandom::new(1)), Key::draw(&SeededRandom::new(2)));
        let blind = ours.blind("email", "sam@example.org");
        assert_eq!(blind, ours.blind("email", "sam@example.org"));
        assert_ne!(blind, ours.blind("email", "pam@example.org"));
        assert_ne!(blind, ours.blind("phone", "sam@example.org"));
        assert_ne!(blind, theirs.blind("email", "sam@example.org"));
    }
}
