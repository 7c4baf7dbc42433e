//! Making keys.

use protocol::{ConversationId, DealerId};

use super::{DealerKeyRow, Keys};
use crate::{
    clock::Timestamp,
    crypt::{For, Key, Ring, Source},
    random,
    store::{
        StoreError,
        db::{Conn, DealerKey, Fresh, args},
        sql,
    },
};

/// For what a dealer's key is: to wrap the conversations'.
pub(super) const SEAL: &str = "seal";

/// For what a dealer's key is: to find people again.
const INDEX: &str = "index";

impl Keys {
    /// Makes the key of a conversation that begins, and its dealer's where it has none yet.
    pub(in crate::store) async fn make(
        &self,
        conn: &mut Conn,
        dealer: &DealerId,
        conversation: &ConversationId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if self.is_open() {
            return Ok(());
        }
        let outer = self.sealing_key(conn, dealer, now).await?;
        let key = Key::draw(self.random());
        let what = For::Conversation(dealer, conversation);
        conn.keys.put(Fresh {
            conversation: conversation.to_string(),
            dealer: dealer.to_string(),
            dealer_key: outer.id,
            wrapped: outer.key.wrap(self.random(), &key, what),
        });
        self.keep(dealer, conversation, &key);
        Ok(())
    }

    /// The dealer's key that wraps those of its conversations, made where it has none yet.
    async fn sealing_key(
        &self,
        conn: &mut Conn,
        dealer: &DealerId,
        now: Timestamp,
    ) -> Result<DealerKey, StoreError> {
        if let Some(known) = conn.keys.current(dealer.as_str()) {
            return Ok(known);
        }
        // Nobody replaces it between this look and the end of the transaction.
        let row: Option<DealerKeyRow> =
            conn.keys.of_dealer(sql::CURRENT_DEALER_KEY, args![dealer.as_str(), SEAL]).await?;
        let found = match row {
            Some(row) => {
                let key = self.unwrap_dealer(dealer, &row).await?;
                DealerKey { id: row.dealer_key, key }
            }
            None => self.make_dealer_key(conn, dealer, SEAL, now).await?,
        };
        conn.keys.keep_current(dealer.as_str(), found.clone());
        Ok(found)
    }

    /// The key of a dealer's blind index, made where nothing was hashed yet; `None` where it is lost.
    pub(in crate::store) async fn index_key_in(
        &self,
        conn: &mut Conn,
        dealer: &DealerId,
        now: Timestamp,
    ) -> Result<Option<Key>, StoreError> {
        let row: Option<DealerKeyRow> =
            conn.keys.of_dealer(sql::CURRENT_DEALER_KEY, args![dealer.as_str(), INDEX]).await?;
        if let Some(row) = row {
            return self.unwrap_dealer(dealer, &row).await.map(Some);
        }
        let any: Option<(String,)> =
            conn.optional(sql::ANY_CONTACT, args![dealer.as_str()]).await?;
        if any.is_some() {
            return Ok(None);
        }
        Ok(Some(self.make_dealer_key(conn, dealer, INDEX, now).await?.key))
    }

    /// The same for a read, if there is one.
    pub(in crate::store) async fn index_key(
        &self,
        dealer: &DealerId,
    ) -> Result<Option<Key>, StoreError> {
        let args = args![dealer.as_str(), INDEX];
        let row: Option<DealerKeyRow> =
            self.inner.readers.optional(sql::CURRENT_DEALER_KEY, args).await?;
        match row {
            Some(row) => self.unwrap_dealer(dealer, &row).await.map(Some),
            None => Ok(None),
        }
    }

    /// The operator's keys as they are now: a file is read anew; of the others the operator has given
    /// the first one at the start.
    pub(super) async fn todays_ring(&self) -> Result<Ring, StoreError> {
        let is_file = matches!(self.inner.source, Source::File(_));
        if is_file { self.read_ring().await } else { self.any_ring().await }
    }

    /// Makes a dealer's current key for something.
    pub(super) async fn make_dealer_key(
        &self,
        conn: &mut Conn,
        dealer: &DealerId,
        purpose: &str,
        now: Timestamp,
    ) -> Result<DealerKey, StoreError> {
        // Within the transaction: a rotation may have put another one first.
        let ring = self.todays_ring().await?;
        let (id, key) = (random::id(self.random(), "dky"), Key::draw(self.random()));
        let wrapped = ring.wrap(self.random(), &key, For::Dealer(dealer, &id));
        let args = args![&id, dealer.as_str(), purpose, ring.first().as_str(), &wrapped, now];
        conn.keys.execute(sql::INSERT_DEALER_KEY, args).await?;
        Ok(DealerKey { id, key })
    }
}
