//! Where a text is kept: what is sealed for one place opens at no other.

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

impl Place<'_> {
    /// The place as bytes: its parts, each with its length, so that no two places are the same.
    pub(super) fn to_bytes(self) -> Vec<u8> {
        let Self { dealer, conversation, column, row } = self;
        join(&[dealer.as_str(), conversation.as_str(), column.table(), column.name(), row])
    }
}

/// Parts, each with its length, so that none runs into the next.
pub(super) fn join(parts: &[&str]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(parts.iter().map(|part| 8 + part.len()).sum());
    for part in parts {
        bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part.as_bytes());
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_lists_of_parts_are_the_same_bytes() {
        let lists: [&[&str]; 5] =
            [&["ab", "c"], &["a", "bc"], &["abc"], &["", "abc"], &["abc", ""]];
        for (n, one) in lists.iter().enumerate() {
            for other in &lists[n + 1..] {
                assert_ne!(join(one), join(other), "{one:?} {other:?}");
            }
        }
    }
}
