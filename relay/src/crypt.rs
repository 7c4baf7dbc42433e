//! The one door through which a visitor's words go into the rows and come out of them.
//!
//! Each conversation has a random key of its own; its dealer's key wraps that, and the operator's
//! key wraps the dealer's (D7, G-20). Only wrapped keys are kept, in a database apart, so whoever
//! destroys a key has deleted the words also in every backup of the data.
//! Each text is sealed for one [`Place`] and opens at that place only. Columns with a visitor's
//! words take a [`Sealed`] and nothing else, so there is no way round.
//!
//! What is not here: where wrapped keys are kept (`store/keys.rs`).

mod blind;
mod key;
mod older;
mod place;
mod ring;
mod sign;
mod source;

pub use blind::Blind;
pub use key::{For, Key, Wrapped};
pub use older::{is_older, open_older, seal_as_older};
pub use place::{Column, Place};
pub use ring::{KeyId, Ring, hex};
pub use sign::{Signer, has_signed};
pub use source::{OPERATOR_KEY, Source, SourceError};

/// A text as a row holds it. Only this module makes one.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(Vec<u8>);

impl Sealed {
    /// What is written to the row.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Prints the length and nothing else.
impl std::fmt::Debug for Sealed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sealed({} bytes)", self.0.len())
    }
}

/// Why a text or a key doesn't open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CryptError {
    /// The row holds nothing at all.
    #[error("what is sealed is empty")]
    Empty,
    /// A newer relay sealed it, or an older one kept it in clear: neither is opened here.
    #[error("it is sealed in format {0}, which is not opened")]
    UnknownFormat(u8),
    /// The bytes are not what was sealed with this key for this place.
    #[error("it is not what was sealed with this key")]
    Damaged,
}
