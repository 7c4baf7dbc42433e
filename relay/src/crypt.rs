//! The one door through which a visitor's words go into the rows and come out of them.
//!
//! Today the door hides nothing: format 1 is the text with a check over it and its place, format 0,
//! of older relays, the text alone. What will not change is its shape: each text is sealed for one
//! [`Place`], and opens at that place only. The per-conversation keys of D7 become format 2, with
//! the place as associated data, and no caller changes.
//! Columns with a visitor's words take a [`Sealed`] and nothing else, so there is no way round.

use protocol::{ConversationId, DealerId};
use sha2::{Digest, Sha256};

use crate::planted::Planted;

/// The columns that hold a visitor's words or details.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Column {
    /// `messages.body`; the row is its `seq`.
    MessageBody,
    /// `replies.snapshot`; the row is its `reply_id`.
    ReplySnapshot,
    /// `leads.fields`; the row is its `id`.
    LeadFields,
}

impl Column {
    /// The table.
    pub fn table(self) -> &'static str {
        match self {
            Self::MessageBody => "messages",
            Self::ReplySnapshot => "replies",
            Self::LeadFields => "leads",
        }
    }

    /// The column in that table.
    pub fn name(self) -> &'static str {
        match self {
            Self::MessageBody => "body",
            Self::ReplySnapshot => "snapshot",
            Self::LeadFields => "fields",
        }
    }
}

/// Where a text is kept. Whoever moves it to another row, conversation or dealer can't open it.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// Whose row it is.
    pub dealer: &'a DealerId,
    /// Which conversation's key seals it.
    pub conversation: &'a ConversationId,
    /// Which column.
    pub column: Column,
    /// Which row within the conversation.
    pub row: &'a str,
}

/// A text as a row holds it. Only [`Crypt::seal`] makes one.
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

/// Why a text doesn't open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CryptError {
    /// The row holds no text at all.
    #[error("the sealed text is empty")]
    Empty,
    /// A newer relay sealed it.
    #[error("the text is sealed in format {0}, which this relay doesn't know")]
    UnknownFormat(u8),
    /// The bytes are not what was sealed.
    #[error("the sealed text is damaged")]
    Damaged,
}

/// The text itself, in UTF-8.
const FORMAT_PLAIN: u8 = 0;

/// A check over the text and its place, then the text, in UTF-8.
const FORMAT_CHECKED: u8 = 1;

/// The length of the check: against chance, not against an attacker.
const CHECK_BYTES: usize = 16;

/// What seals and opens.
#[derive(Clone, Debug, Default)]
pub struct Crypt {
    /// Known-wrong: opens what is damaged (the control of the fault rig).
    is_blind: bool,
}

impl Crypt {
    /// One that checks what it opens, unless that is what is planted.
    pub fn new(planted: &Planted) -> Self {
        Self { is_blind: planted.is("no-verify") }
    }

    /// Whether it checks nothing.
    pub fn is_blind(&self) -> bool {
        self.is_blind
    }

    /// Seals `text` for `place`.
    pub fn seal(&self, place: &Place<'_>, text: &str) -> Sealed {
        let mut sealed = Vec::with_capacity(1 + CHECK_BYTES + text.len());
        sealed.push(FORMAT_CHECKED);
        sealed.extend_from_slice(&check(place, text.as_bytes()));
        sealed.extend_from_slice(text.as_bytes());
        Sealed(sealed)
    }

    /// Opens what was sealed for `place`.
    pub fn open(&self, place: &Place<'_>, sealed: Vec<u8>) -> Result<String, CryptError> {
        let mut sealed = sealed;
        let skip = match sealed.first() {
            None => return Err(CryptError::Empty),
            Some(&FORMAT_PLAIN) => 1,
            Some(&FORMAT_CHECKED) => {
                let (found, text) =
                    sealed[1..].split_at_checked(CHECK_BYTES).ok_or(CryptError::Damaged)?;
                if found != check(place, text) && !self.is_blind {
                    return Err(CryptError::Damaged);
                }
                1 + CHECK_BYTES
            }
            Some(&format) => return Err(CryptError::UnknownFormat(format)),
        };
        let text = sealed.split_off(skip);
        String::from_utf8(text).map_err(|_| CryptError::Damaged)
    }
}

/// The check over a text and its place.
fn check(place: &Place<'_>, text: &[u8]) -> [u8; CHECK_BYTES] {
    let mut hash = Sha256::new();
    let Place { dealer, conversation, column, row } = place;
    for part in [dealer.as_str(), conversation.as_str(), column.table(), column.name(), row] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.update(text);
    let whole: [u8; 32] = hash.finalize().into();
    std::array::from_fn(|place| whole[place])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at<T>(row: &str, column: Column, work: impl FnOnce(&Place<'_>) -> T) -> T {
        let (dealer, conversation) =
            (DealerId::from_bytes(&[1; 16]), ConversationId::from_bytes(&[2; 16]));
        work(&Place { dealer: &dealer, conversation: &conversation, column, row })
    }

    fn opened(bytes: Vec<u8>) -> Result<String, CryptError> {
        at("1", Column::MessageBody, |place| Crypt::default().open(place, bytes))
    }

    fn sealed(text: &str) -> Vec<u8> {
        at("1", Column::MessageBody, |place| Crypt::default().seal(place, text).as_bytes().to_vec())
    }

    #[test]
    fn what_was_sealed_opens_again_and_so_does_what_an_older_relay_kept() {
        for text in ["", "Grüße, \u{1F697}", "\0"] {
            assert_eq!(opened(sealed(text)).as_deref(), Ok(text));
            assert_eq!(opened([b"\0", text.as_bytes()].concat()).as_deref(), Ok(text));
        }
    }

    #[test]
    fn it_opens_at_its_own_place_only() {
        let bytes = sealed("words");
        for (row, column) in [("2", Column::MessageBody), ("1", Column::ReplySnapshot)] {
            let moved = at(row, column, |place| Crypt::default().open(place, bytes.clone()));
            assert_eq!(moved, Err(CryptError::Damaged));
        }
    }

    #[test]
    fn no_flipped_bit_opens() {
        let bytes = sealed("words");
        for bit in 8..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(opened(flipped), Err(CryptError::Damaged), "bit {bit}");
        }
    }

    #[test]
    fn what_was_not_sealed_is_refused_with_its_reason() {
        assert_eq!(opened(vec![1; CHECK_BYTES]), Err(CryptError::Damaged));
        assert_eq!(opened(Vec::new()), Err(CryptError::Empty));
        assert_eq!(opened(b"\x07words".to_vec()), Err(CryptError::UnknownFormat(7)));
        assert_eq!(opened(vec![0, 0xff, 0xfe]), Err(CryptError::Damaged));
    }

    #[test]
    fn a_sealed_text_shows_only_its_length() {
        let sealed = Sealed(b"\0canary".to_vec());
        assert_eq!(format!("{sealed:?}"), "Sealed(7 bytes)");
    }
}
