//! The wrapped keys in `keys.db`: found, unwrapped, kept in memory for a while (D7, G-20).
//!
//! A conversation's key is made with its first row, in the same group of the writer and committed
//! before it; see `Side`. It is destroyed with its rows; see `sweep`. A database apart, so that it is
//! backed up apart, and for a shorter time: see docs/operations.md.

mod cache;
mod gone;
mod made;
mod open;
mod rotate;

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use protocol::{ConversationId, DealerId};

pub(super) use gone::{Gone, RECEIPT, Reason, Tombstone};
pub(super) use open::connect;
pub use rotate::KeysInUse;

use self::cache::Cache;
use super::{
    StoreError,
    chain::damaged,
    db::{Conn, Readers, args},
    sql,
};
use crate::{
    clock::Clock,
    crypt::{CryptError, For, Key, Ring, Source},
    limits::OPERATOR_KEY_WAIT,
    random::Random,
};

/// The wrapped keys in `keys.db`.
pub(super) const KEYS_DATABASE: &str = "keys.db";

/// The way to the keys. Cheap to clone.
#[derive(Clone)]
pub(super) struct Keys {
    inner: Arc<Inner>,
}

struct Inner {
    readers: Readers,
    source: Source,
    /// The operator's keys, once they were needed.
    ring: Mutex<Option<Ring>>,
    cache: Mutex<Cache>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    /// Known-wrong: nothing is sealed, and nothing checked (the control of the fault rig).
    is_open: bool,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keys").field("source", &self.inner.source).finish_non_exhaustive()
    }
}

/// A conversation's key as it is kept, with the dealer's that wraps it.
#[derive(sqlx::FromRow)]
struct KeyRow {
    wrapped: Vec<u8>,
    #[sqlx(flatten)]
    dealer: DealerKeyRow,
}

/// A dealer's key as it is kept.
#[derive(sqlx::FromRow)]
struct DealerKeyRow {
    dealer_key: String,
    dealer_wrapped: Vec<u8>,
    operator_key: String,
}

impl Keys {
    /// Known-wrong: whether words are kept in clear.
    pub(super) fn is_open(&self) -> bool {
        self.inner.is_open
    }

    pub(super) fn random(&self) -> &dyn Random {
        self.inner.random.as_ref()
    }

    /// The key of a conversation, for a read, if it has one. [`StoreError::Gone`] where it was deleted.
    pub(super) async fn of(
        &self,
        dealer: &DealerId,
        conversation: &ConversationId,
    ) -> Result<Option<Key>, StoreError> {
        if let Some(key) = self.known(dealer, conversation) {
            return Ok(Some(key));
        }
        let args = args![dealer.as_str(), conversation.as_str()];
        let row: Option<KeyRow> = self.inner.readers.optional(sql::CONVERSATION_KEY, args).await?;
        if let Some(row) = row {
            return self.unwrap_row(dealer, conversation, row).await.map(Some);
        }
        unless_deleted(self.inner.readers.optional(sql::TOMBSTONE, args).await?)
    }

    /// The same in a job of the writer.
    pub(super) async fn of_in(
        &self,
        conn: &mut Conn,
        dealer: &DealerId,
        conversation: &ConversationId,
    ) -> Result<Option<Key>, StoreError> {
        if let Some(key) = self.known(dealer, conversation) {
            return Ok(Some(key));
        }
        let args = args![dealer.as_str(), conversation.as_str()];
        let row: Option<KeyRow> = conn.keys.optional(sql::CONVERSATION_KEY, args).await?;
        if let Some(row) = row {
            return self.unwrap_row(dealer, conversation, row).await.map(Some);
        }
        unless_deleted(conn.keys.optional(sql::TOMBSTONE, args).await?)
    }

    /// What was deleted, in the order of the ids: after this one, at most so many.
    pub(super) async fn tombstones(
        &self,
        after: &str,
        limit: i64,
    ) -> Result<Vec<Tombstone>, StoreError> {
        self.inner.readers.all(sql::TOMBSTONES, args![after, limit]).await
    }

    /// Wipes the keys that nobody has used lately.
    pub(super) fn forget_unused(&self) {
        self.cache().forget_unused(self.inner.clock.uptime());
    }

    /// Forgets the key of a conversation that was deleted.
    pub(super) fn forget(&self, conversation: &str) {
        self.cache().remove(conversation);
    }

    async fn unwrap_row(
        &self,
        dealer: &DealerId,
        conversation: &ConversationId,
        row: KeyRow,
    ) -> Result<Key, StoreError> {
        let outer = self.unwrap_dealer(dealer, &row.dealer).await?;
        let what = For::Conversation(dealer, conversation);
        let key =
            outer.unwrap_key(&row.wrapped, what).map_err(|error| wrong(conversation, error))?;
        self.keep(dealer, conversation, &key);
        Ok(key)
    }

    /// Unwraps a dealer's key; reads the operator's anew where another one wraps it than is known.
    async fn unwrap_dealer(
        &self,
        dealer: &DealerId,
        row: &DealerKeyRow,
    ) -> Result<Key, StoreError> {
        let ring = self.ring_with(&row.operator_key).await?;
        let what = For::Dealer(dealer, &row.dealer_key);
        ring.unwrap_key(&row.operator_key, &row.dealer_wrapped, what)
            .map_err(|error| wrong(&row.dealer_key, error))
    }

    /// The operator's keys, with this one among them.
    async fn ring_with(&self, id: &str) -> Result<Ring, StoreError> {
        let known = self.known_ring();
        if let Some(ring) = known.filter(|ring| ring.has(id)) {
            return Ok(ring);
        }
        let ring = self.read_ring().await?;
        if ring.has(id) {
            return Ok(ring);
        }
        let held: Vec<_> = ring.ids().map(ToString::to_string).collect();
        Err(StoreError::OperatorKeyMissing {
            id: id.to_owned(),
            from: self.inner.source.to_string(),
            held: held.join(", "),
        })
    }

    /// The operator's keys, whichever they are.
    pub(super) async fn any_ring(&self) -> Result<Ring, StoreError> {
        match self.known_ring() {
            Some(ring) => Ok(ring),
            None => self.read_ring().await,
        }
    }

    async fn read_ring(&self) -> Result<Ring, StoreError> {
        let source = self.inner.source.clone();
        let reading = tokio::task::spawn_blocking(move || source.read());
        // A command that hangs keeps nobody's words waiting for ever.
        let read = tokio::time::timeout(OPERATOR_KEY_WAIT, reading).await;
        let read = read.map_err(|_| self.inner.source.too_late())?;
        let ring = read.map_err(|_| StoreError::Closed)??;
        let mut known = self.inner.ring.lock().unwrap_or_else(PoisonError::into_inner);
        *known = Some(ring.clone());
        Ok(ring)
    }

    fn known_ring(&self) -> Option<Ring> {
        self.inner.ring.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn cache(&self) -> std::sync::MutexGuard<'_, Cache> {
        self.inner.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn known(&self, dealer: &DealerId, conversation: &ConversationId) -> Option<Key> {
        let now = self.inner.clock.uptime();
        self.cache().get(dealer.as_str(), conversation.as_str(), now)
    }

    fn keep(&self, dealer: &DealerId, conversation: &ConversationId, key: &Key) {
        let now = self.inner.clock.uptime();
        self.cache().put(dealer.as_str(), conversation.as_str(), key, now);
    }

    /// Forgets the operator's keys, as if they had never been needed.
    #[cfg(test)]
    pub(super) fn forget_ring(&self) {
        *self.inner.ring.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    pub(super) fn readers(&self) -> &Readers {
        &self.inner.readers
    }

    /// Writes a copy of the wrapped keys, as they are at this moment, to an empty file.
    pub(super) async fn copy_to(&self, path: &Path) -> Result<(), StoreError> {
        self.inner.readers.copy_to(path).await
    }

    /// Closes the connections.
    pub(super) async fn close(&self) {
        self.inner.readers.close().await;
    }
}

/// A receipt or a report as text, which is what is signed.
pub(super) fn json(value: &impl serde::Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value)
        .map_err(|error| StoreError::io(Path::new(KEYS_DATABASE), error.into()))
}

/// No key, unless that is because the conversation was deleted.
fn unless_deleted(tombstone: Option<(i64,)>) -> Result<Option<Key>, StoreError> {
    if tombstone.is_some() { Err(StoreError::Gone) } else { Ok(None) }
}

/// A wrapped key that is not what was written.
fn wrong(id: impl std::fmt::Display, _: CryptError) -> StoreError {
    damaged(&id.to_string(), "its key does not unwrap")
}

#[cfg(test)]
mod tests;
