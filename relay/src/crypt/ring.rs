//! The operator's keys: the first wraps, each unwraps. More than one only while one follows the
//! other.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::{CryptError, For, Key, Wrapped, key::KEY_BYTES};
use crate::random::Random;

/// How a key of an operator begins, so that nobody takes it for something else.
const PREFIX: &str = "fok_";

/// Which of the operator's keys it is: says nothing of the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyId(String);

impl KeyId {
    /// The id as rows hold it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn of(key: &Key) -> Self {
        let hash: [u8; 32] = Sha256::new()
            .chain_update(b"id of an operator's key")
            .chain_update(key.expose())
            .finalize()
            .into();
        Self(hex(&hash[..8]).as_str().to_owned())
    }
}

impl std::fmt::Display for KeyId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// The operator's keys, at least one. Wiped when dropped, printed as ids.
#[derive(Clone)]
pub struct Ring(Vec<(KeyId, Key)>);

impl std::fmt::Debug for Ring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.ids()).finish()
    }
}

impl Ring {
    /// One fresh key.
    pub fn draw(random: &dyn Random) -> Self {
        Self(vec![with_id(Key::draw(random))])
    }

    /// Reads keys, with space between them; a line that begins with `#` is a remark. What is wrong is
    /// told by its place, never by its text.
    pub fn parse(text: &str) -> Result<Self, String> {
        let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
        let words = lines.flat_map(str::split_whitespace);
        let keys: Result<Vec<_>, String> = (1..)
            .zip(words)
            .map(|(n, word)| {
                let key = key(word).ok_or_else(|| {
                    format!("holds a word (number {n}) that is no key: a key is {PREFIX} and 64 digits of hexadecimal")
                })?;
                Ok(with_id(key))
            })
            .collect();
        let keys = keys?;
        if keys.is_empty() { Err("holds no key".to_owned()) } else { Ok(Self(keys)) }
    }

    /// The keys as `parse` reads them, one a line.
    pub fn to_text(&self) -> Zeroizing<String> {
        let size = self.0.len() * (PREFIX.len() + 2 * KEY_BYTES + 1);
        let mut text = Zeroizing::new(String::with_capacity(size));
        for (_, key) in &self.0 {
            text.push_str(PREFIX);
            text.push_str(&hex(key.expose()));
            text.push('\n');
        }
        text
    }

    /// This ring behind one fresh key, which wraps from now on.
    #[must_use]
    pub fn renewed(&self, random: &dyn Random) -> Self {
        Self(std::iter::once(with_id(Key::draw(random))).chain(self.0.iter().cloned()).collect())
    }

    /// The first key alone.
    #[must_use]
    pub fn first_alone(&self) -> Self {
        Self(self.0[..1].to_vec())
    }

    /// The key that wraps.
    pub fn first(&self) -> &KeyId {
        &self.0[0].0
    }

    /// The key that wraps, itself.
    pub(super) fn first_key(&self) -> &Key {
        &self.0[0].1
    }

    /// The keys themselves.
    pub(super) fn keys(&self) -> impl Iterator<Item = &Key> {
        self.0.iter().map(|(_, key)| key)
    }

    /// All of them.
    pub fn ids(&self) -> impl Iterator<Item = &KeyId> {
        self.0.iter().map(|(id, _)| id)
    }

    /// Whether this key is among them.
    pub fn has(&self, id: &str) -> bool {
        self.0.iter().any(|(known, _)| known.0 == id)
    }

    /// Wraps a dealer's key with the first.
    pub fn wrap(&self, random: &dyn Random, key: &Key, what: For<'_>) -> Wrapped {
        self.0[0].1.wrap(random, key, what)
    }

    /// Unwraps what the key of this id wrapped.
    pub fn unwrap_key(&self, id: &str, wrapped: &[u8], what: For<'_>) -> Result<Key, CryptError> {
        let (_, key) = self.0.iter().find(|(known, _)| known.0 == id).ok_or(CryptError::Damaged)?;
        key.unwrap_key(wrapped, what)
    }
}

fn with_id(key: Key) -> (KeyId, Key) {
    (KeyId::of(&key), key)
}

fn key(word: &str) -> Option<Key> {
    let digits = word.strip_prefix(PREFIX)?.as_bytes();
    if digits.len() != 2 * KEY_BYTES {
        return None;
    }
    let mut bytes = Zeroizing::new([0; KEY_BYTES]);
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let digit =
            |at: usize| char::from(pair[at]).to_digit(16).and_then(|n| u8::try_from(n).ok());
        *byte = digit(0)? << 4 | digit(1)?;
    }
    Some(Key::new(bytes))
}

/// Bytes in hexadecimal; wiped when dropped, as they may be a key's.
pub fn hex(bytes: &[u8]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(2 * bytes.len()));
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use protocol::DealerId;

    use super::*;
    use crate::random::SeededRandom;

    #[test]
    fn a_ring_reads_what_it_wrote_and_remarks_are_none_of_it() {
        let ring = Ring::draw(&SeededRandom::new(1)).renewed(&SeededRandom::new(2));
        let text = format!("# kept in the safe\n\n{}", *ring.to_text());
        let read = Ring::parse(&text).unwrap();
        assert_eq!(read.to_text(), ring.to_text());
        assert_eq!(read.ids().count(), 2);
        assert_eq!(read.first(), ring.first());
        assert_eq!(read.first_alone().ids().collect::<Vec<_>>(), [ring.first()]);
    }

    #[test]
    fn what_is_no_key_is_told_by_its_place_and_not_by_its_text() {
        let good = Ring::draw(&SeededRandom::new(1)).to_text();
        for (text, told) in [
            ("", "holds no key"),
            ("# nothing\n", "holds no key"),
            (&format!("{}canary-of-a-key", *good), "number 2"),
            (&good[..good.len() - 2], "number 1"),
            (&good.replace("fok_", "sk_"), "number 1"),
            (&format!("{}\u{e9}", &good[..good.len() - 3]), "number 1"),
        ] {
            let error = Ring::parse(text).unwrap_err();
            assert!(error.contains(told), "{error}");
            assert!(!error.contains("canary"), "{error}");
        }
    }

    #[test]
    fn an_older_key_still_unwraps_once_another_wraps() {
        let (random, dealer) = (SeededRandom::new(3), DealerId::from_bytes(&[1; 16]));
        let (older, what) = (Ring::draw(&random), For::Dealer(&dealer, "dkey_1"));
        let wrapped = older.wrap(&random, &Key::draw(&random), what);
        let newer = older.renewed(&random);
        let id = older.first().as_str();
        assert!(newer.unwrap_key(id, wrapped.as_bytes(), what).is_ok());
        assert!(newer.has(id) && newer.first() != older.first());
        assert!(newer.first_alone().unwrap_key(id, wrapped.as_bytes(), what).is_err());
    }

    #[test]
    fn a_ring_prints_ids_and_no_key() {
        let ring = Ring::draw(&SeededRandom::new(1));
        let (text, key) = (format!("{ring:?}"), ring.to_text());
        assert!(text.contains(ring.first().as_str()));
        assert!(!text.contains(&key[4..20]), "{text}");
    }
}
