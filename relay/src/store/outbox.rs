//! Deliveries owed to dealers' systems: claimed by lease, so that no transaction is open while something
//! is sent; noted as they went; listed. Claiming crosses dealers (D6). What is over, restricted or
//! deleted is never claimed: the claim reads the end of its conversation.

use protocol::{DealerId, LeadId};

use super::{DealerStore, Store, StoreError, db::args, lead::lead_id, row, sql};
use crate::{clock::Timestamp, limits::DELIVERY_LEASE};

/// A target that something is owed to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Owed {
    /// Whose it is.
    pub(crate) dealer: DealerId,
    /// Its name.
    pub(crate) target: String,
    /// When the first of it is due.
    pub(crate) due: Timestamp,
}

/// A delivery that is to be tried now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Claimed {
    /// The same in each try, and what the target is told as its id.
    pub(crate) id: String,
    /// What is delivered.
    pub(crate) lead: LeadId,
    /// How many tries there are with this one.
    pub(crate) attempts: u32,
    /// Whether the target has taken it before.
    pub(crate) is_told: bool,
}

/// How a try went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Tried {
    /// It was accepted.
    Delivered,
    /// It is tried again then.
    Again(Timestamp),
    /// That was the last one.
    GivenUp,
}

/// A delivery, as the ledger of its lead has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ledger {
    /// Its id.
    pub id: String,
    /// The lead.
    pub lead: LeadId,
    /// To which of the dealer's systems.
    pub target: String,
    /// `pending`, `delivered` or `failed`.
    pub state: String,
    /// How often it was tried.
    pub attempts: u64,
    /// When it is tried next, where it is pending.
    pub due: Timestamp,
    /// When it was tried last.
    pub tried_at: Option<Timestamp>,
    /// How that went, in few words; never what the system has written.
    pub answer: Option<String>,
    /// When the lead was left.
    pub left_at: Timestamp,
}

#[derive(sqlx::FromRow)]
struct LedgerRow {
    id: String,
    lead_id: String,
    target: String,
    state: String,
    attempts: i64,
    due: i64,
    tried_at: Option<i64>,
    answer: Option<String>,
    at: i64,
}

impl Store {
    /// The targets that something is owed to.
    pub(crate) async fn owed(&self) -> Result<Vec<Owed>, StoreError> {
        let now = self.inner.time.now();
        let rows: Vec<(String, String, i64)> =
            self.inner.readers.all(sql::OWED_TO, args![now]).await?;
        // A row that is damaged is found by the checks, and keeps nothing else from being delivered.
        let owed = |(dealer, target, due): (String, String, i64)| {
            let dealer = DealerId::parse(&dealer).ok()?;
            Some(Owed { dealer, due: row::at(due), target })
        };
        Ok(rows.into_iter().filter_map(owed).collect())
    }

    /// Waits until a lead was taken by this process.
    pub(crate) async fn lead_taken(&self) {
        self.inner.owed.notified().await;
    }
}

impl DealerStore {
    /// Claims what may be tried at a target now, at most `limit`.
    pub(crate) async fn claim(
        &self,
        target: &str,
        limit: usize,
    ) -> Result<Vec<Claimed>, StoreError> {
        let (dealer, target, now) = (self.id().clone(), target.to_owned(), self.now());
        let (until, limit) = (now.plus(DELIVERY_LEASE), i64::try_from(limit).unwrap_or(i64::MAX));
        let args = args![dealer.as_str(), &target, now, limit];
        let found: Vec<(String,)> = self.readers().all(sql::CLAIMABLE, args).await?;
        if found.is_empty() {
            return Ok(Vec::new());
        }
        self.write_apart(move |conn| {
            Box::pin(async move {
                let dealer = dealer.as_str();
                let mut claimed = Vec::new();
                for (id,) in found {
                    let args = args![dealer, &id, now, until];
                    let row: Option<(String, i64, i64)> = conn.optional(sql::CLAIM, args).await?;
                    let Some((lead, attempts, told)) = row else { continue };
                    let attempts = u32::try_from(attempts).unwrap_or(u32::MAX);
                    let is_told = told != 0;
                    claimed.push(Claimed { lead: lead_id(&lead)?, id, attempts, is_told });
                }
                Ok(claimed)
            })
        })
        .await
    }

    /// Notes how a try went; false where the delivery is gone, with its conversation.
    pub(crate) async fn note_delivery(
        &self,
        id: &str,
        tried: Tried,
        answer: String,
    ) -> Result<bool, StoreError> {
        let (dealer, id, now) = (self.id().clone(), id.to_owned(), self.now());
        let (state, due) = match tried {
            Tried::Delivered => ("delivered", now),
            Tried::Again(due) => ("pending", due),
            Tried::GivenUp => ("failed", now),
        };
        let noted = self.write(move |conn| {
            Box::pin(async move {
                let args = args![dealer.as_str(), &id, state, due, &answer];
                conn.execute(sql::NOTE_DELIVERY, args).await
            })
        });
        Ok(0 < noted.await?)
    }

    /// The deliveries of a lead, or of all leads, the newest lead first.
    pub async fn ledger(
        &self,
        lead: Option<&LeadId>,
        limit: u32,
    ) -> Result<Vec<Ledger>, StoreError> {
        let lead = lead.map(LeadId::as_str).unwrap_or_default();
        let args = args![self.id().as_str(), lead, self.now(), i64::from(limit)];
        let rows: Vec<LedgerRow> = self.readers().all(sql::LEDGER, args).await?;
        rows.into_iter().map(ledger).collect()
    }

    /// Has a delivery tried again that was given up, or accepted before: under the same id.
    pub async fn replay(&self, delivery: &str) -> Result<bool, StoreError> {
        let (dealer, id, now) = (self.id().clone(), delivery.to_owned(), self.now());
        let replayed = self.write(move |conn| {
            Box::pin(
                async move { conn.execute(sql::REPLAY, args![dealer.as_str(), &id, now]).await },
            )
        });
        Ok(0 < replayed.await?)
    }
}

fn ledger(found: LedgerRow) -> Result<Ledger, StoreError> {
    Ok(Ledger {
        lead: lead_id(&found.lead_id)?,
        id: found.id,
        target: found.target,
        state: found.state,
        attempts: row::seq(found.attempts),
        due: row::at(found.due),
        tried_at: found.tried_at.map(row::at),
        answer: found.answer,
        left_at: row::at(found.at),
    })
}

#[cfg(test)]
mod tests;
