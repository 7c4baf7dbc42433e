//! Making keys, and destroying them.

use protocol::{ConversationId, DealerId};

use super::{DealerKeyRow, Keys};
use crate::{
    clock::Timestamp,
    crypt::{For, Key},
    random,
    store::{
        StoreError,
        db::{Conn, args},
        sql::{self, STEP},
    },
};

/// Why a conversation was deleted, as its tombstone says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum Reason {
    /// Its end came.
    Expired,
    /// Somebody asked for it who may.
    Erasure,
    /// Its dealer was removed.
    Account,
    /// Its rows were never committed.
    NeverKept,
}

impl Reason {
    /// The word in the row.
    pub(in crate::store) fn word(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::Erasure => "erasure",
            Self::Account => "account",
            Self::NeverKept => "never_kept",
        }
    }
}

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
        // Nobody replaces the dealer's key between the look and the use of it.
        conn.keys.begin().await?;
        let row: Option<DealerKeyRow> =
            conn.keys.optional(sql::CURRENT_DEALER_KEY, args![dealer.as_str()]).await?;
        let (id, outer) = match row {
            Some(row) => (row.dealer_key.clone(), self.unwrap_dealer(dealer, &row).await?),
            None => self.make_dealer_key(conn, dealer, now).await?,
        };
        let key = Key::draw(self.random());
        let wrapped = outer.wrap(self.random(), &key, For::Conversation(dealer, conversation));
        let args = args![conversation.as_str(), dealer.as_str(), &id, &wrapped, now];
        conn.keys.execute(sql::INSERT_CONVERSATION_KEY, args).await?;
        self.keep(dealer, conversation, &key);
        Ok(())
    }

    /// Makes a dealer's current key.
    pub(super) async fn make_dealer_key(
        &self,
        conn: &mut Conn,
        dealer: &DealerId,
        now: Timestamp,
    ) -> Result<(String, Key), StoreError> {
        // Read anew, within the transaction: a rotation may have put another one first.
        let ring = self.read_ring().await?;
        let (id, key) = (fresh_id(self), Key::draw(self.random()));
        let wrapped = ring.wrap(self.random(), &key, For::Dealer(dealer, &id));
        let args = args![&id, dealer.as_str(), ring.first().as_str(), &wrapped, now];
        conn.keys.execute(sql::INSERT_DEALER_KEY, args).await?;
        Ok((id, key))
    }

    /// Destroys the keys of conversations and keeps why. Those that have none are passed over.
    pub(in crate::store) async fn destroy(
        &self,
        conn: &mut Conn,
        conversations: &[&str],
        reason: Reason,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let mut destroyed = 0;
        for step in conversations.chunks(STEP) {
            let args = sql::step(args![reason.word(), now], step);
            destroyed += conn.keys.batch(&sql::DESTROY, &args).await?;
            for id in step {
                self.forget(id);
            }
        }
        // A tombstone and a key each.
        Ok(destroyed / 2)
    }
}

/// An id that no dealer's key has had.
fn fresh_id(keys: &Keys) -> String {
    format!("dky_{:032x}", u128::from_be_bytes(random::bytes(keys.random())))
}
