//! The one door through which a visitor's words go into the rows and come out of them.
//!
//! Today the door seals nothing: format 0 is the text itself. What will not change is its shape:
//! each text is sealed for one [`Place`], and opens at that place only. The per-conversation keys
//! of D7 become format 1, with the place as associated data, and no caller changes.
//! Columns with a visitor's words take a [`Sealed`] and nothing else, so there is no way round.

use protocol::{ConversationId, DealerId};

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

/// What seals and opens.
#[derive(Clone, Debug, Default)]
pub struct Crypt {}

impl Crypt {
    /// Seals `text` for `place`.
    pub fn seal(&self, _place: &Place<'_>, text: &str) -> Sealed {
        let mut sealed = Vec::with_capacity(1 + text.len());
        sealed.push(FORMAT_PLAIN);
        sealed.extend_from_slice(text.as_bytes());
        Sealed(sealed)
    }

    /// Opens what was sealed for `place`.
    pub fn open(&self, _place: &Place<'_>, sealed: Vec<u8>) -> Result<String, CryptError> {
        let mut text = sealed;
        match text.first() {
            None => Err(CryptError::Empty),
            Some(&FORMAT_PLAIN) => {
                text.remove(0);
                String::from_utf8(text).map_err(|_| CryptError::Damaged)
            }
            Some(&format) => Err(CryptError::UnknownFormat(format)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened(bytes: Vec<u8>) -> Result<String, CryptError> {
        let (dealer, conversation) =
            (DealerId::from_bytes(&[1; 16]), ConversationId::from_bytes(&[2; 16]));
        let place = Place {
            dealer: &dealer,
            conversation: &conversation,
            column: Column::MessageBody,
            row: "1",
        };
        Crypt::default().open(&place, bytes)
    }

    #[test]
    fn what_was_sealed_opens_again() {
        let (dealer, conversation) =
            (DealerId::from_bytes(&[1; 16]), ConversationId::from_bytes(&[2; 16]));
        let place = Place {
            dealer: &dealer,
            conversation: &conversation,
            column: Column::LeadFields,
            row: "led",
        };
        for text in ["", "Grüße, \u{1F697}", "\0"] {
            let sealed = Crypt::default().seal(&place, text);
            assert_eq!(opened(sealed.as_bytes().to_vec()).as_deref(), Ok(text));
        }
    }

    #[test]
    fn what_was_not_sealed_is_refused_with_its_reason() {
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
