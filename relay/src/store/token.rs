//! The trace of a visitor's token in the database: its hash, so that a stolen database holds no
//! key to any conversation.

use protocol::SessionToken;
use sha2::{Digest, Sha256};

/// SHA-256 of a token. The token has 256 random bits, so there is nothing to guess and no salt.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct TokenHash([u8; 32]);

impl TokenHash {
    pub(super) fn of(token: &SessionToken) -> Self {
        Self(Sha256::digest(token.as_str().as_bytes()).into())
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl std::fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TokenHash(…)")
    }
}
