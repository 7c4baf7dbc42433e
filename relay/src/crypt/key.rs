//! A key, and what it does: seal a text, wrap another key. XChaCha20-Poly1305 with a random nonce
//! each time; the place, or what a wrapped key is for, is authenticated with it.

use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use protocol::{ConversationId, DealerId};
use zeroize::Zeroizing;

use super::{CryptError, Place, Sealed, place::join};
use crate::random::{self, Random};

/// The length of a key.
pub(super) const KEY_BYTES: usize = 32;

/// Long enough to be drawn at random for each text (192 bits).
const NONCE_BYTES: usize = 24;

/// The first byte of what this relay seals: then the nonce, the ciphertext and its tag. 0 and 1
/// belong to older relays.
const FORMAT: u8 = 2;

/// A key of 256 bits. Wiped when it is dropped, never printed.
#[derive(Clone)]
pub struct Key(Zeroizing<[u8; KEY_BYTES]>);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key")
    }
}

/// A key as a row holds it: sealed with another. Only [`Key::wrap`] makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrapped(Vec<u8>);

impl Wrapped {
    /// What is written to the row.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// For what a wrapped key is: it unwraps as nothing else.
#[derive(Clone, Copy, Debug)]
pub enum For<'a> {
    /// The key of a conversation of a dealer.
    Conversation(&'a DealerId, &'a ConversationId),
    /// A dealer's key, by its id.
    Dealer(&'a DealerId, &'a str),
}

impl For<'_> {
    fn to_bytes(self) -> Vec<u8> {
        match self {
            Self::Conversation(dealer, id) => {
                join(&["conversation key", dealer.as_str(), id.as_str()])
            }
            Self::Dealer(dealer, id) => join(&["dealer key", dealer.as_str(), id]),
        }
    }
}

impl Key {
    /// A fresh key.
    pub fn draw(random: &dyn Random) -> Self {
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        random.fill(key.as_mut_slice());
        Self(key)
    }

    /// The key of these bytes.
    pub(super) fn new(bytes: Zeroizing<[u8; KEY_BYTES]>) -> Self {
        Self(bytes)
    }

    /// The bytes, for the file of the operator's keys.
    pub(super) fn expose(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }

    /// Seals `text` for `place`.
    pub fn seal(&self, random: &dyn Random, place: &Place<'_>, text: &str) -> Sealed {
        Sealed(self.encrypt(random, &place.to_bytes(), text.as_bytes()))
    }

    /// Opens what was sealed for `place`.
    pub fn open(&self, place: &Place<'_>, sealed: &[u8]) -> Result<String, CryptError> {
        let text = self.decrypt(&place.to_bytes(), sealed)?;
        String::from_utf8(text).map_err(|_| CryptError::Damaged)
    }

    /// Seals another key with this one.
    pub fn wrap(&self, random: &dyn Random, inner: &Self, what: For<'_>) -> Wrapped {
        Wrapped(self.encrypt(random, &what.to_bytes(), inner.0.as_slice()))
    }

    /// Opens a key that was sealed with this one.
    pub fn unwrap_key(&self, wrapped: &[u8], what: For<'_>) -> Result<Self, CryptError> {
        let bytes = Zeroizing::new(self.decrypt(&what.to_bytes(), wrapped)?);
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        if bytes.len() != KEY_BYTES {
            return Err(CryptError::Damaged);
        }
        key.copy_from_slice(&bytes);
        Ok(Self(key))
    }

    fn encrypt(&self, random: &dyn Random, place: &[u8], plain: &[u8]) -> Vec<u8> {
        let nonce: [u8; NONCE_BYTES] = random::bytes(random);
        let payload = Payload { msg: plain, aad: place };
        // It fails for texts of more than 256 GiB only; what is empty opens nowhere.
        let sealed = self.cipher().encrypt(&XNonce::from(nonce), payload).unwrap_or_default();
        [&[FORMAT], nonce.as_slice(), &sealed].concat()
    }

    fn decrypt(&self, place: &[u8], sealed: &[u8]) -> Result<Vec<u8>, CryptError> {
        let (&format, rest) = sealed.split_first().ok_or(CryptError::Empty)?;
        if format != FORMAT {
            return Err(CryptError::UnknownFormat(format));
        }
        let (nonce, sealed) = rest.split_first_chunk::<NONCE_BYTES>().ok_or(CryptError::Damaged)?;
        let payload = Payload { msg: sealed, aad: place };
        self.cipher().decrypt(&XNonce::from(*nonce), payload).map_err(|_| CryptError::Damaged)
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&*self.0).into())
    }
}

#[cfg(test)]
mod tests;
