//! What seals and opens the texts of a dealer's conversations.

use protocol::{ConversationId, DealerId};

use super::{
    StoreError,
    chain::damaged,
    db::{Conn, clean},
    keys::Keys,
    row::inconsistent,
};
use crate::{
    clock::Timestamp,
    crypt::{self, Column, Key, Place, Sealed},
};

/// A dealer, and the way to the keys of its conversations.
#[derive(Clone, Debug)]
pub(super) struct Vault {
    keys: Keys,
    dealer: DealerId,
}

impl Vault {
    pub(super) fn new(keys: Keys, dealer: DealerId) -> Self {
        Self { keys, dealer }
    }

    pub(super) fn dealer(&self) -> &str {
        self.dealer.as_str()
    }

    /// Whether what is read is checked: always, unless the fault rig's control is built in.
    pub(super) fn verifies(&self) -> bool {
        !self.keys.is_open()
    }

    /// The safe of a conversation that is there, for a read. [`StoreError::Gone`] where it was deleted
    /// meanwhile.
    pub(super) async fn safe(&self, conversation: &ConversationId) -> Result<Safe, StoreError> {
        self.any_safe(conversation).await?.ok_or_else(|| keyless(conversation))
    }

    /// The safe of a conversation that may never have been there.
    pub(super) async fn any_safe(
        &self,
        conversation: &ConversationId,
    ) -> Result<Option<Safe>, StoreError> {
        if self.keys.is_open() {
            return Ok(Some(self.holding(None, conversation)));
        }
        let key = self.keys.of(&self.dealer, conversation).await?;
        Ok(key.map(|key| self.holding(Some(key), conversation)))
    }

    /// The same as `safe` in a job of the writer.
    pub(super) async fn safe_in(
        &self,
        conn: &mut Conn,
        conversation: &ConversationId,
    ) -> Result<Safe, StoreError> {
        if self.keys.is_open() {
            return Ok(self.holding(None, conversation));
        }
        let key = self.keys.of_in(conn, &self.dealer, conversation).await?;
        let key = key.ok_or_else(|| keyless(conversation))?;
        Ok(self.holding(Some(key), conversation))
    }

    /// Whether a conversation has a key. [`StoreError::Gone`] where it was deleted.
    pub(super) async fn has_key_in(
        &self,
        conn: &mut Conn,
        conversation: &ConversationId,
    ) -> Result<bool, StoreError> {
        Ok(self.keys.of_in(conn, &self.dealer, conversation).await?.is_some())
    }

    /// Makes the key of a conversation that begins.
    pub(super) async fn make_key(
        &self,
        conn: &mut Conn,
        conversation: &ConversationId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.keys.make(conn, &self.dealer, conversation, now).await
    }

    /// The key of the dealer's blind index; `None` where it is lost.
    pub(super) async fn index_key(
        &self,
        conn: &mut Conn,
        now: Timestamp,
    ) -> Result<Option<Key>, StoreError> {
        self.keys.index_key_in(conn, &self.dealer, now).await
    }

    /// What opens the texts of a conversation that an older relay has kept in clear.
    pub(super) fn in_clear(&self, conversation: &ConversationId) -> Safe {
        self.holding(None, conversation)
    }

    fn holding(&self, key: Option<Key>, conversation: &ConversationId) -> Safe {
        let (keys, dealer) = (self.keys.clone(), self.dealer.clone());
        Safe { keys, key, dealer, conversation: conversation.clone() }
    }
}

/// A conversation that is there has a key: without one nothing of it is read, and nothing made up.
fn keyless(conversation: &ConversationId) -> StoreError {
    damaged(conversation.as_str(), "its key is missing")
}

/// What seals and opens the texts of one conversation. Holds its key: not to be kept for long.
pub(super) struct Safe {
    keys: Keys,
    /// `None`: as an older relay kept them, in clear. Known-wrong, but for the upgrade.
    key: Option<Key>,
    dealer: DealerId,
    conversation: ConversationId,
}

impl Safe {
    /// Whose texts these are.
    pub(super) fn conversation(&self) -> &ConversationId {
        &self.conversation
    }

    /// Seals a text for its place.
    pub(super) fn seal(&self, column: Column, row: &str, text: &str) -> Sealed {
        let (place, text) = (self.place(column, row), clean(text));
        match &self.key {
            Some(key) => key.seal(self.keys.random(), &place, &text),
            None => crypt::seal_as_older(&place, &text),
        }
    }

    /// Opens what was sealed for a place.
    pub(super) fn open(
        &self,
        column: Column,
        row: &str,
        sealed: &[u8],
    ) -> Result<String, StoreError> {
        let place = self.place(column, row);
        let opened = match &self.key {
            Some(key) => key.open(&place, sealed),
            None => crypt::open_older(&place, sealed, self.keys.is_open()),
        };
        opened.map_err(|_| {
            let id = format!("{}/{row}", self.conversation);
            inconsistent(column.table(), column.name(), &id)
        })
    }

    fn place<'a>(&'a self, column: Column, row: &'a str) -> Place<'a> {
        Place { dealer: &self.dealer, conversation: &self.conversation, column, row }
    }
}
