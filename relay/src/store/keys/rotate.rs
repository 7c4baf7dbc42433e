//! Putting a fresh key in the place of the operator's or of a dealer's, while everybody is served.
//! Only wrapped keys are written anew; no text is.

use protocol::{ConversationId, DealerId};

use super::{DealerKeyRow, Keys, made::SEAL};
use crate::{
    clock::Timestamp,
    crypt::{For, Key, Ring, Source},
    limits::VERIFY_BATCH,
    store::{
        Store, StoreError,
        db::{Conn, args},
        row, sql,
    },
};

/// Which of the operator's keys there are, and which are needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeysInUse {
    /// Those that are at hand, the one that wraps first.
    pub held: Vec<String>,
    /// Those that some dealer's key is wrapped with.
    pub needed: Vec<String>,
}

/// A dealer's key, whoever's it is.
#[derive(sqlx::FromRow)]
struct AnyDealerKey {
    dealer_id: String,
    #[sqlx(flatten)]
    key: DealerKeyRow,
}

/// A conversation's key that is wrapped with an older one of its dealer's.
#[derive(sqlx::FromRow)]
struct OldRow {
    conversation_id: String,
    wrapped: Vec<u8>,
    #[sqlx(flatten)]
    key: DealerKeyRow,
}

impl Store {
    /// Which of the operator's keys there are, and which are needed.
    pub async fn operator_keys(&self) -> Result<KeysInUse, StoreError> {
        let keys = &self.inner.keys;
        let needed: Vec<(String,)> = keys.inner.readers.all(sql::OPERATOR_KEYS, args![]).await?;
        let needed: Vec<_> = needed.into_iter().map(|(id,)| id).collect();
        // The first start makes it.
        if needed.is_empty() && keys.inner.source.is_missing() {
            return Ok(KeysInUse { held: Vec::new(), needed });
        }
        let ring = keys.read_ring().await?;
        Ok(KeysInUse { held: ring.ids().map(ToString::to_string).collect(), needed })
    }

    /// Wraps every dealer's key with a fresh one of the operator's; where the operator's keys don't
    /// stand in a file, with the first of them. The older ones stay at hand: backups of the keys
    /// need them. Answers how many keys were wrapped anew.
    pub async fn rotate_operator_key(&self) -> Result<u64, StoreError> {
        let keys = self.inner.keys.clone();
        let job =
            self.inner.writer.write(move |conn| Box::pin(async move { keys.rotate(conn).await }));
        job.await
    }

    /// Takes the operator's keys out of their file that nothing is wrapped with any more; answers
    /// which. From then on backups of the keys from before the rotation open with a copy of them only.
    pub async fn forget_older_operator_keys(&self) -> Result<Vec<String>, StoreError> {
        let keys = self.inner.keys.clone();
        let job = self
            .inner
            .writer
            .write(move |conn| Box::pin(async move { keys.forget_older(conn).await }));
        job.await
    }

    /// Puts a fresh key in the place of a dealer's, and wraps the keys of its conversations with it;
    /// answers how many. One that was cut off is gone on with by the next.
    pub async fn rotate_dealer_key(&self, dealer: &DealerId) -> Result<u64, StoreError> {
        let (keys, id, now) = (self.inner.keys.clone(), dealer.clone(), self.inner.time.now());
        let (made_by, whose) = (keys.clone(), id.clone());
        let made = self.inner.writer.write(move |conn| {
            Box::pin(async move { made_by.replace_dealer_key(conn, &whose, now).await })
        });
        made.await?;
        let (mut rewrapped, mut after) = (0, String::new());
        loop {
            let (by, whose, from) = (keys.clone(), id.clone(), after);
            let job = self.inner.writer.write(move |conn| {
                Box::pin(async move { by.rewrap_conversations(conn, &whose, &from).await })
            });
            let (n, last) = job.await?;
            rewrapped += n;
            let Some(last) = last else { return Ok(rewrapped) };
            after = last;
        }
    }
}

impl Keys {
    async fn replace_ring(&self, ring: Ring) -> Result<(), StoreError> {
        let source = self.inner.source.clone();
        let replaced = tokio::task::spawn_blocking(move || source.replace(&ring)).await;
        Ok(replaced.map_err(|_| StoreError::Closed)??)
    }

    /// Under the lock of the keys: two of these never stand beside each other, and whoever makes a
    /// dealer's key afterwards reads the operator's anew; see `make`.
    async fn rotate(&self, conn: &mut Conn) -> Result<u64, StoreError> {
        conn.keys.begin().await?;
        let known = self.read_ring().await?;
        if matches!(self.inner.source, Source::File(_)) {
            // On the disk before anything is wrapped with it, and with the older ones behind it.
            self.replace_ring(known.renewed(self.random())).await?;
        }
        let ring = self.read_ring().await?;
        self.rewrap_dealers(conn, &ring).await
    }

    async fn forget_older(&self, conn: &mut Conn) -> Result<Vec<String>, StoreError> {
        conn.keys.begin().await?;
        let ring = self.read_ring().await?;
        let first = ring.first().as_str();
        let needed: Vec<(String,)> = conn.keys.all(sql::OPERATOR_KEYS, args![]).await?;
        let older: Vec<_> = ring.ids().skip(1).map(ToString::to_string).collect();
        if let Some((id,)) = needed.into_iter().find(|(id,)| id != first) {
            return Err(StoreError::OperatorKeyNeeded { id });
        }
        if !older.is_empty() {
            self.replace_ring(ring.first_alone()).await?;
        }
        Ok(older)
    }

    async fn rewrap_dealers(&self, conn: &mut Conn, ring: &Ring) -> Result<u64, StoreError> {
        let first = ring.first().as_str();
        let rows: Vec<AnyDealerKey> = conn.keys.all(sql::WRAPPED_BY_OTHERS, args![first]).await?;
        let mut rewrapped = 0;
        for row in &rows {
            let dealer = DealerId::parse(&row.dealer_id)
                .map_err(|_| row::inconsistent("dealer_keys", "dealer_id", &row.key.dealer_key))?;
            let key = match self.unwrap_dealer(&dealer, &row.key).await {
                Ok(key) => key,
                // It is told already, and keeps no other from being wrapped anew.
                Err(error) if error.is_damage() => continue,
                Err(error) => return Err(error),
            };
            let wrapped = ring.wrap(self.random(), &key, For::Dealer(&dealer, &row.key.dealer_key));
            let args = args![&row.key.dealer_key, first, &wrapped];
            rewrapped += conn.keys.execute(sql::REWRAP_DEALER_KEY, args).await?;
        }
        Ok(rewrapped)
    }

    async fn replace_dealer_key(
        &self,
        conn: &mut Conn,
        dealer: &DealerId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        conn.keys.begin().await?;
        if 0 < conn.keys.execute(sql::RETIRE_DEALER_KEY, args![dealer.as_str()]).await? {
            self.make_dealer_key(conn, dealer, SEAL, now).await?;
        }
        Ok(())
    }

    /// One batch, after this conversation; answers how many it wrapped, and where the next begins. The
    /// last one drops the older keys that nothing needs.
    async fn rewrap_conversations(
        &self,
        conn: &mut Conn,
        dealer: &DealerId,
        after: &str,
    ) -> Result<(u64, Option<String>), StoreError> {
        conn.keys.begin().await?;
        let args = args![dealer.as_str(), after, VERIFY_BATCH];
        let rows: Vec<OldRow> = conn.keys.all(sql::WRAPPED_BY_OLDER, args).await?;
        let current: Option<DealerKeyRow> =
            conn.keys.optional(sql::CURRENT_DEALER_KEY, args![dealer.as_str(), SEAL]).await?;
        let (Some(current), Some(last)) = (current, rows.last()) else {
            conn.keys.execute(sql::DELETE_OLDER_DEALER_KEYS, args![dealer.as_str()]).await?;
            return Ok((0, None));
        };
        let last = last.conversation_id.clone();
        let outer = self.unwrap_dealer(dealer, &current).await?;
        let mut rewrapped = 0;
        for row in &rows {
            let conversation = row::conversation_id(&row.conversation_id)?;
            let wrapped = match self.rewrapped(dealer, &conversation, row, &outer).await {
                Ok(wrapped) => wrapped,
                // It is told already, and keeps no other from being wrapped anew.
                Err(error) if error.is_damage() => continue,
                Err(error) => return Err(error),
            };
            let args = args![conversation.as_str(), &current.dealer_key, &wrapped];
            rewrapped += conn.keys.execute(sql::REWRAP_CONVERSATION_KEY, args).await?;
        }
        Ok((rewrapped, Some(last)))
    }

    async fn rewrapped(
        &self,
        dealer: &DealerId,
        conversation: &ConversationId,
        row: &OldRow,
        outer: &Key,
    ) -> Result<crate::crypt::Wrapped, StoreError> {
        let what = For::Conversation(dealer, conversation);
        let older = self.unwrap_dealer(dealer, &row.key).await?;
        let key = older
            .unwrap_key(&row.wrapped, what)
            .map_err(|error| super::wrong(conversation, error))?;
        Ok(outer.wrap(self.random(), &key, what))
    }
}

#[cfg(test)]
mod tests;
