//! Signatures that anybody can check who has the public key (G-50): Ed25519 (RFC 8032).
//!
//! The key that signs is drawn from the operator's, so there is no further secret to keep: another
//! operator's key signs with another one. What was signed with an older one is proven by the chain of
//! reports; see `store/proof.rs`.

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::{CryptError, Key, Ring, place::join, ring::hex};

/// What signs.
pub struct Signer(Ed25519KeyPair);

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Signer").field(&self.public()).finish()
    }
}

impl Signer {
    fn of(key: &Key) -> Result<Self, CryptError> {
        let mac = Hmac::<Sha256>::new_from_slice(key.expose()).map_err(|_| CryptError::Damaged)?;
        let mac = mac.chain_update(join(&["key that signs what was deleted"]));
        let seed = Zeroizing::new(<[u8; 32]>::from(mac.finalize().into_bytes()));
        Ed25519KeyPair::from_seed_unchecked(seed.as_slice())
            .map(Self)
            .map_err(|_| CryptError::Damaged)
    }

    /// The public key, in hexadecimal.
    pub fn public(&self) -> String {
        hex(self.0.public_key().as_ref()).to_string()
    }

    /// The signature under a text of a kind, in hexadecimal: under the kind, a line feed and the text,
    /// so that none passes for another.
    pub fn sign(&self, kind: &str, text: &str) -> String {
        hex(self.0.sign(of_kind(kind, text).as_bytes()).as_ref()).to_string()
    }
}

impl Ring {
    /// What signs: drawn from the key that wraps.
    pub fn signer(&self) -> Result<Signer, CryptError> {
        Signer::of(self.first_key())
    }

    /// What each key signs with, the first one's first.
    pub fn signers(&self) -> impl Iterator<Item = Result<Signer, CryptError>> {
        self.keys().map(Signer::of)
    }
}

fn of_kind(kind: &str, text: &str) -> String {
    format!("{kind}\n{text}")
}

/// Whether the owner of a public key has signed a text of a kind.
pub fn has_signed(public: &str, kind: &str, text: &str, signature: &str) -> bool {
    let (Some(public), Some(signature)) = (unhex(public), unhex(signature)) else { return false };
    UnparsedPublicKey::new(&ED25519, public)
        .verify(of_kind(kind, text).as_bytes(), &signature)
        .is_ok()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SeededRandom;

    #[test]
    fn a_signature_holds_for_its_text_and_its_key_only_and_is_the_same_after_a_restart() {
        let (ours, theirs) = (Ring::draw(&SeededRandom::new(1)), Ring::draw(&SeededRandom::new(2)));
        let (signer, other) = (ours.signer().unwrap(), theirs.signer().unwrap());
        let signature = signer.sign("receipt", "3 messages");
        assert!(has_signed(&signer.public(), "receipt", "3 messages", &signature));
        assert!(!has_signed(&signer.public(), "receipt", "4 messages", &signature));
        assert!(!has_signed(&signer.public(), "report", "3 messages", &signature));
        assert!(!has_signed(&other.public(), "receipt", "3 messages", &signature));
        assert!(!has_signed(
            &signer.public(),
            "receipt",
            "3 messages",
            &other.sign("receipt", "3 messages")
        ));
        let again = Ring::parse(&ours.to_text()).unwrap().signer().unwrap();
        assert_eq!(again.public(), signer.public());
        for broken in ["", "0", "zz", "\u{e9}\u{e9}", &signature[2..]] {
            assert!(!has_signed(&signer.public(), "receipt", "3 messages", broken));
            assert!(!has_signed(broken, "receipt", "3 messages", &signature));
        }
    }

    #[test]
    fn no_key_is_printed() {
        let signer = Ring::draw(&SeededRandom::new(1)).signer().unwrap();
        assert_eq!(format!("{signer:?}"), format!("Signer({:?})", signer.public()));
    }
}
