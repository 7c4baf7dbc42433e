//! Deliveries owed to dealers' systems, leads and notices: claimed by lease, so that no transaction is open while something
//! is sent; noted as they went; listed. Claiming crosses dealers (D6). What is over, restricted or
//! deleted is never claimed: the claim reads the end of its conversation.

use protocol::{DealerId, LeadId};

use super::{
    DealerStore, Store, StoreError,
    db::{Arg, Conn, args},
    lead::lead_id,
    row, sql,
};
use crate::{clock::Timestamp, domain::notice::Event, limits::DELIVERY_LEASE};

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
    /// What it brings.
    pub(crate) what: What,
    /// How many tries there are with this one.
    pub(crate) attempts: u32,
}

/// What a delivery brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// A lead.
    Lead {
        /// Which one.
        lead: LeadId,
        /// Whether the target has taken it before.
        is_told: bool,
    },
    /// What became of a lead, or of its deliveries.
    Notice {
        /// What has happened.
        event: Event,
        /// Which lead; empty where it is about none.
        lead: String,
        /// The target that it is about.
        about: String,
        /// When it happened.
        at: Timestamp,
    },
}

/// What the dealer itself is told of a delivery that does not go well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Alarm {
    /// That it fails, or was given up.
    pub(crate) event: Event,
    /// Which lead.
    pub(crate) lead: String,
    /// Which target.
    pub(crate) about: String,
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
    /// `lead`, or what was told of one since.
    pub event: String,
    /// The lead; empty where a notice is about none.
    pub lead: String,
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
    /// When the lead was left, or what is told happened.
    pub at: Timestamp,
}

#[derive(sqlx::FromRow)]
struct LedgerRow {
    id: String,
    event: String,
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
        let found: Vec<(String, i64, String)> = self.readers().all(sql::CLAIMABLE, args).await?;
        if found.is_empty() {
            return Ok(Vec::new());
        }
        self.write_apart(move |conn| {
            Box::pin(async move {
                let mut claimed = Vec::new();
                for (id, _, event) in found {
                    let args = args![dealer.as_str(), &id, now, until];
                    let one = if event == "lead" {
                        claim_lead(conn, &id, args).await?
                    } else {
                        claim_notice(conn, &id, args).await?
                    };
                    claimed.extend(one);
                }
                Ok(claimed)
            })
        })
        .await
    }

    /// Whether a lead that is still kept was tried at a target.
    pub(crate) async fn was_tried(&self, lead: &LeadId, target: &str) -> Result<bool, StoreError> {
        let args = args![self.id().as_str(), lead.as_str(), target, self.now()];
        let found: Option<(String,)> = self.readers().optional(sql::WAS_TRIED, args).await?;
        Ok(found.is_some())
    }

    /// Notes how a try went, and raises an alarm with it; false where the delivery is gone, with its
    /// conversation.
    pub(crate) async fn note_delivery(
        &self,
        claimed: &Claimed,
        tried: Tried,
        answer: String,
        alarm: Option<Alarm>,
    ) -> Result<bool, StoreError> {
        let (dealer, id, now) = (self.id().clone(), claimed.id.clone(), self.now());
        let note = match claimed.what {
            What::Lead { .. } => sql::NOTE_DELIVERY,
            What::Notice { .. } => sql::NOTE_NOTICE,
        };
        let teller = self.teller();
        let (state, due) = match tried {
            Tried::Delivered => ("delivered", now),
            Tried::Again(due) => ("pending", due),
            Tried::GivenUp => ("failed", now),
        };
        let noted = self.write(move |conn| {
            Box::pin(async move {
                let args = args![dealer.as_str(), &id, state, due, &answer];
                let noted = conn.execute(note, args).await?;
                if let Some(Alarm { event, lead, about }) = alarm.filter(|_| 0 < noted) {
                    teller.raise(conn, event, &lead, &about).await?;
                }
                Ok(noted)
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
        Ok(rows.into_iter().map(ledger).collect())
    }

    /// Has a delivery tried again that was given up, or accepted before: under the same id.
    pub async fn replay(&self, delivery: &str) -> Result<bool, StoreError> {
        let (dealer, id, now) = (self.id().clone(), delivery.to_owned(), self.now());
        let replayed = self.write(move |conn| {
            Box::pin(async move {
                let args = args![dealer.as_str(), &id, now];
                let replayed = conn.execute(sql::REPLAY, args).await?;
                Ok(replayed + conn.execute(sql::REPLAY_NOTICE, args).await?)
            })
        });
        Ok(0 < replayed.await?)
    }
}

async fn claim_lead(
    conn: &mut Conn,
    id: &str,
    args: &[Arg<'_>],
) -> Result<Option<Claimed>, StoreError> {
    let row: Option<(String, i64, i64)> = conn.optional(sql::CLAIM, args).await?;
    let Some((lead, attempts, told)) = row else { return Ok(None) };
    let what = What::Lead { lead: lead_id(&lead)?, is_told: told != 0 };
    Ok(Some(Claimed { id: id.to_owned(), what, attempts: count(attempts) }))
}

async fn claim_notice(
    conn: &mut Conn,
    id: &str,
    args: &[Arg<'_>],
) -> Result<Option<Claimed>, StoreError> {
    let row: Option<(String, String, String, i64, i64)> =
        conn.optional(sql::CLAIM_NOTICE, args).await?;
    let Some((event, lead, about, at, attempts)) = row else { return Ok(None) };
    let Ok(event) = Event::parse(&event) else {
        // Of a newer relay, or damage: it keeps nothing else from being told.
        tracing::error!(notice = id, "A notice tells of an event that this relay doesn't know");
        return Ok(None);
    };
    let what = What::Notice { event, lead, about, at: row::at(at) };
    Ok(Some(Claimed { id: id.to_owned(), what, attempts: count(attempts) }))
}

fn count(attempts: i64) -> u32 {
    u32::try_from(attempts).unwrap_or(u32::MAX)
}

fn ledger(found: LedgerRow) -> Ledger {
    Ledger {
        id: found.id,
        event: found.event,
        lead: found.lead_id,
        target: found.target,
        state: found.state,
        attempts: row::seq(found.attempts),
        due: row::at(found.due),
        tried_at: found.tried_at.map(row::at),
        answer: found.answer,
        at: row::at(found.at),
    }
}

#[cfg(test)]
mod tests;
