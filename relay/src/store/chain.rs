//! What makes damage show: each message holds a hash over itself and all before it, each
//! conversation a seal over its row and the last of these hashes. A bit that flips on the disk
//! breaks one of them, and the conversation is refused, never shown wrong.
//!
//! Not against an attacker: who can write the file can write new hashes. Over the sealed bytes,
//! so that nothing has to be opened to be checked. Rows that an older relay wrote have none and
//! are believed; what is added to them is chained.

use sha2::{Digest, Sha256};

use super::{StoreError, db::clean};
use crate::telemetry::names;

/// A SHA-256 that a row holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Link([u8; 32]);

impl Link {
    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Reads what a row holds; `None` where it holds none.
    pub(super) fn read(bytes: Option<Vec<u8>>, id: &str) -> Result<Option<Self>, StoreError> {
        bytes
            .map(|bytes| bytes.try_into().map(Self))
            .transpose()
            .map_err(|_| damaged(id, "a hash of another length"))
    }
}

/// What a message is, as far as it must not change.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct MessageFacts<'a> {
    pub(super) dealer: &'a str,
    pub(super) conversation: &'a str,
    pub(super) seq: i64,
    pub(super) author_kind: &'a str,
    pub(super) client_msg_id: Option<&'a str>,
    pub(super) reply_id: Option<&'a str>,
    /// As sealed.
    pub(super) body: &'a [u8],
    pub(super) at: i64,
    pub(super) finish: Option<&'a str>,
    pub(super) generator: Option<&'a str>,
    pub(super) sources: Option<&'a str>,
    pub(super) offer: Option<&'a str>,
}

impl MessageFacts<'_> {
    /// The hash of this message after the one before it; the first of a conversation, and the
    /// first after rows of an older relay, have none before.
    pub(super) fn after(&self, before: Option<&Link>) -> Link {
        Digested::of("message")
            .bytes(before.map_or(&[], |before| before.as_bytes()))
            .text(self.dealer)
            .text(self.conversation)
            .number(self.seq)
            .text(self.author_kind)
            .maybe(self.client_msg_id)
            .maybe(self.reply_id)
            .bytes(self.body)
            .number(self.at)
            .maybe(self.finish)
            .maybe(self.generator)
            .maybe(self.sources)
            .maybe(self.offer)
            .end()
    }
}

/// A hash over parts, each with its length, so that no part runs into the next.
pub(super) struct Digested(Sha256);

impl Digested {
    /// Of something of this kind.
    pub(super) fn of(kind: &str) -> Self {
        Self(Sha256::new()).text(kind)
    }

    pub(super) fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.update((bytes.len() as u64).to_be_bytes());
        self.0.update(bytes);
        self
    }

    /// As the database holds it.
    pub(super) fn text(self, text: &str) -> Self {
        if text.contains('\0') {
            self.bytes(clean(text).as_bytes())
        } else {
            self.bytes(text.as_bytes())
        }
    }

    pub(super) fn maybe(self, text: Option<&str>) -> Self {
        match text {
            Some(text) => self.number(1).text(text),
            None => self.number(0),
        }
    }

    pub(super) fn number(mut self, number: i64) -> Self {
        self.0.update(number.to_be_bytes());
        self
    }

    pub(super) fn end(self) -> Link {
        Link(self.0.finalize().into())
    }
}

/// The error for a row that is not what was written; counted and logged here, by its id alone.
pub(super) fn damaged(id: &str, what: &'static str) -> StoreError {
    metrics::counter!(names::DAMAGE, "what" => "row").increment(1);
    tracing::error!(
        id,
        what,
        "Refused {id}, since the disk does not hold what was written ({what}); see `forecourt doctor`"
    );
    StoreError::Damaged { id: id.to_owned(), what }
}

#[cfg(test)]
mod tests;
