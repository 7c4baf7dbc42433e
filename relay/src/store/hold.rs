//! Legal holds (G-29): what is held is left by the sweep and by every erasure, and hidden at its end like
//! anything else.

use std::sync::Arc;

use protocol::DealerId;

use super::{
    Store, StoreError,
    db::{Conn, args},
    notice::Teller,
    restrict::lift,
    row,
    safe::Vault,
    sql,
};
use crate::{
    clock::Timestamp,
    domain::{
        hold::{Hold, NewHold},
        notice::Event,
    },
    random,
};

/// How many holds there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Holds {
    /// All that stand.
    pub(crate) standing: u64,
    /// How many conversations are past their end and there for their sake.
    pub(crate) past_end: u64,
}

#[derive(sqlx::FromRow)]
struct HoldRow {
    id: String,
    dealer_id: String,
    conversation_id: Option<String>,
    reason: String,
    basis: String,
    requested_by: String,
    approved_by: String,
    set_at: i64,
    review_at: i64,
    restricts: i64,
    conversations: i64,
    past_end: i64,
}

impl Store {
    /// Holds a conversation of a dealer's, or all of them; answers its id, `None` where there is no such
    /// conversation or dealer. What is asked for has been checked.
    pub async fn set_hold(
        &self,
        dealer: &DealerId,
        hold: &NewHold,
    ) -> Result<Option<String>, StoreError> {
        let (dealer, hold, now) = (dealer.clone(), hold.clone(), self.inner.time.now());
        let id = random::id(self.inner.random.as_ref(), "hold");
        let job = self.inner.writer.write_apart(move |conn| {
            Box::pin(async move {
                let is_set = insert(conn, &id, &dealer, &hold, false, now).await?;
                Ok(is_set.then_some(id))
            })
        });
        job.await
    }

    /// All holds, the oldest first.
    pub async fn holds(&self) -> Result<Vec<Hold>, StoreError> {
        let now = self.inner.time.now();
        let rows: Vec<HoldRow> = self.inner.readers.all(sql::HOLDS, args![now]).await?;
        let mut holds: Vec<_> = rows.into_iter().map(hold).collect::<Result<_, _>>()?;
        holds.sort_by_key(|hold| hold.set_at);
        Ok(holds)
    }

    /// Ends a hold; false where there is none of this id. What is past its end goes with the next sweep;
    /// what was restricted and is not can be read again.
    pub async fn release_hold(&self, id: &str) -> Result<bool, StoreError> {
        let (id, keys) = (id.to_owned(), self.inner.keys.clone());
        let (random, now) = (Arc::clone(&self.inner.random), self.inner.time.now());
        let job = self.inner.writer.write_apart(move |conn| {
            Box::pin(async move {
                let restricted: Option<(String, String)> =
                    conn.optional(sql::RESTRICTED_BY, args![&id]).await?;
                if let Some((dealer, conversation)) = restricted {
                    let wrong = |_| row::inconsistent("holds", "dealer_id", &id);
                    let dealer = DealerId::parse(&dealer).map_err(wrong)?;
                    // Whoever was told to leave it alone is told that it may be used again.
                    let teller = Teller::new(random, dealer.as_str().to_owned(), now);
                    lift(conn, &Vault::new(keys, dealer), &conversation).await?;
                    teller.tell_recipients(conn, (&conversation, ""), Event::Updated).await?;
                }
                conn.execute(sql::RELEASE_HOLD, args![&id]).await
            })
        });
        Ok(0 < job.await?)
    }

    /// How many holds there are at a moment, and what they keep.
    pub(crate) async fn count_holds(&self, now: Timestamp) -> Result<Holds, StoreError> {
        let row: Option<(i64, i64)> =
            self.inner.readers.optional(sql::COUNT_HOLDS, args![now]).await?;
        let (standing, _) = row.unwrap_or_default();
        // Without any, nothing needs to be looked through.
        let past_end = if standing == 0 { 0 } else { self.held(now).await? };
        Ok(Holds { standing: row::seq(standing), past_end })
    }

    /// How many holds are to be looked at again, by the time that is believed.
    pub(crate) async fn holds_to_review(&self) -> Result<u64, StoreError> {
        let now = self.inner.time.believed();
        let row: Option<(i64, i64)> =
            self.inner.readers.optional(sql::COUNT_HOLDS, args![now]).await?;
        Ok(row.map_or(0, |(_, to_review)| row::seq(to_review)))
    }

    /// How many conversations are past their end and held.
    async fn held(&self, now: Timestamp) -> Result<u64, StoreError> {
        let row: Option<(i64,)> = self.inner.readers.optional(sql::HELD, args![now]).await?;
        Ok(row.map_or(0, |(count,)| row::seq(count)))
    }
}

/// Keeps a hold; false where there is no such conversation or dealer.
pub(super) async fn insert(
    conn: &mut Conn,
    id: &str,
    dealer: &DealerId,
    hold: &NewHold,
    restricts: bool,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let args = args![
        id,
        dealer.as_str(),
        hold.conversation.as_ref().map(protocol::ConversationId::as_str),
        &hold.reason,
        &hold.basis,
        &hold.requested_by,
        &hold.approved_by,
        now,
        hold.review_at,
        i64::from(restricts),
    ];
    Ok(0 < conn.execute(sql::INSERT_HOLD, args).await?)
}

/// Refuses what would delete a held conversation.
pub(super) async fn refuse_held(
    conn: &mut Conn,
    dealer: &str,
    conversation: &str,
) -> Result<(), StoreError> {
    refuse(conn.optional(sql::HELD_BY, args![dealer, conversation]).await?)
}

/// Refuses what would delete all of a dealer's, if any of that is held.
pub(super) async fn refuse_held_dealer(conn: &mut Conn, dealer: &str) -> Result<(), StoreError> {
    refuse(conn.optional(sql::HOLD_OF_DEALER, args![dealer]).await?)
}

fn refuse(found: Option<(String,)>) -> Result<(), StoreError> {
    found.map_or(Ok(()), |(hold,)| Err(StoreError::Held { hold }))
}

fn hold(row: HoldRow) -> Result<Hold, StoreError> {
    let wrong = |column| row::inconsistent("holds", column, &row.id);
    Ok(Hold {
        dealer: DealerId::parse(&row.dealer_id).map_err(|_| wrong("dealer_id"))?,
        what: NewHold {
            conversation: row.conversation_id.as_deref().map(row::conversation_id).transpose()?,
            reason: row.reason,
            basis: row.basis,
            requested_by: row.requested_by,
            approved_by: row.approved_by,
            review_at: row::at(row.review_at),
        },
        set_at: row::at(row.set_at),
        restricts: row.restricts == 1,
        conversations: row::seq(row.conversations),
        past_end: row::seq(row.past_end),
        id: row.id,
    })
}
