//! What was written while the clock was ahead: it carries a time that is still to come, and would be
//! kept for that much longer. Once the clock is right again, such a conversation ends a period after
//! that moment, which is no sooner than was promised. Dealer by dealer.

use super::{
    DealerStore, Store, StoreError,
    conversation::{ConversationRow, Intact},
    db::args,
    restrict::is_restricted,
    sql,
};
use crate::{
    clock::Timestamp,
    limits::{CLOCK_JUMP, DELIVERY_PAUSE_MAX, VERIFY_BATCH},
};

impl Store {
    /// Sets the ends right that a clock which was ahead has put off; answers how many. `now` is
    /// believed. Costs nothing where the clock has not been ahead.
    pub(crate) async fn bring_back(&self, now: Timestamp) -> Result<u64, StoreError> {
        if !self.inner.time.was_ahead() {
            return Ok(0);
        }
        let mut moved = 0;
        for dealer in self.dealers() {
            let dealer = self.dealer(&dealer.id);
            moved += dealer.bring_back(now).await?;
            dealer.bring_forward(now).await?;
        }
        self.forget_ahead().await?;
        Ok(moved)
    }
}

impl DealerStore {
    async fn bring_back(&self, now: Timestamp) -> Result<u64, StoreError> {
        let (vault, latest) = (self.vault(), now.plus(CLOCK_JUMP).millis());
        let (mut moved, mut after) = (0, String::new());
        loop {
            let args = args![self.id().as_str(), &after, VERIFY_BATCH];
            let rows: Vec<ConversationRow> = self.readers().all(sql::TO_VERIFY, args).await?;
            let Some(last) = rows.last() else { return Ok(moved) };
            after.clone_from(&last.id);
            for row in rows.into_iter().filter(|row| latest < row.last_at) {
                // A damaged one is told and stays closed: a new seal would hide the damage.
                let Ok(found) = row.checked(&vault, None) else { continue };
                moved += self.end_after(found, now).await?;
            }
        }
    }

    /// Has deliveries tried now that were put off beyond any regular try.
    async fn bring_forward(&self, now: Timestamp) -> Result<u64, StoreError> {
        let (dealer, latest) = (self.id().clone(), now.plus(DELIVERY_PAUSE_MAX));
        self.write_apart(move |conn| {
            Box::pin(async move {
                let args = args![dealer.as_str(), now, latest];
                let leads = conn.execute(sql::BRING_FORWARD, args).await?;
                Ok(leads + conn.execute(sql::BRING_NOTICES_FORWARD, args).await?)
            })
        })
        .await
    }

    /// Lets a conversation end a period after `now`, unless it has taken a message meanwhile.
    async fn end_after(&self, found: Intact, now: Timestamp) -> Result<u64, StoreError> {
        let (promise, before) = (found.promise, found.row);
        let mut row = before.clone();
        (row.last_at, row.expires_at) = (now.millis(), promise.period.after(now).millis());
        let (vault, id) = (self.vault(), found.id);
        let moved = self.write(move |conn| {
            Box::pin(async move {
                if is_restricted(conn, &vault, &id).await? {
                    // It stays hidden.
                    row.expires_at = before.expires_at.min(now.millis());
                }
                let (dealer, id, seal) = (&row.dealer_id, &row.id, row.sealed());
                let known = (before.next_seq, before.last_at);
                let args = args![dealer, id, row.last_at, row.expires_at, &seal, known.0, known.1];
                conn.execute(sql::MOVE_END, args).await
            })
        });
        moved.await
    }
}
