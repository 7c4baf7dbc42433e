//! What recipients of a lead are told after it: written in the transaction of what it is about, so neither is
//! there without the other; claimed and noted as deliveries are (`outbox.rs`).

use std::sync::Arc;

use super::{
    DealerStore, StoreError,
    db::{Conn, args},
    row, sql,
};
use crate::{
    clock::Timestamp,
    domain::notice::Event,
    limits::{ALARM_PAUSE, NOTICE_LIFE},
    random::{self, Random},
};

/// What the dealer's own address is called where targets are named.
const OWN_ADDRESS: &str = "the dealer's own address";

/// What writes notices within a job of the writer.
#[derive(Clone)]
pub(super) struct Teller {
    random: Arc<dyn Random>,
    dealer: String,
    now: Timestamp,
}

/// To whom a lead may have gone.
#[derive(sqlx::FromRow)]
struct TriedRow {
    lead_id: String,
    target: String,
    locked_until: Option<i64>,
}

impl DealerStore {
    /// What writes this dealer's notices now.
    pub(super) fn teller(&self) -> Teller {
        Teller::new(self.shared_random(), self.id().as_str().to_owned(), self.now())
    }
}

impl Teller {
    /// What writes the notices of a dealer at a moment.
    pub(super) fn new(random: Arc<dyn Random>, dealer: String, now: Timestamp) -> Self {
        Self { random, dealer, now }
    }

    /// Tells all who may have got a lead: each to whom it was tried at least once, whatever came of that,
    /// since an answer can be lost. `lead` empty: all leads of the conversation. Answers to whom.
    pub(super) async fn tell_recipients(
        &self,
        conn: &mut Conn,
        (conversation, lead): (&str, &str),
        event: Event,
    ) -> Result<Vec<String>, StoreError> {
        let args = args![&self.dealer, conversation, lead];
        let tried: Vec<TriedRow> = conn.all(sql::TRIED_TO, args).await?;
        let mut told = Vec::new();
        for TriedRow { lead_id, target, locked_until } in tried {
            let known = args![&self.dealer, event.word(), &lead_id, &target];
            let waiting: Option<(String,)> = conn.optional(sql::WAITING_NOTICE, known).await?;
            if event == Event::Erased {
                // What would have been told of it before is of no use any more (F-12).
                let args = args![&self.dealer, &lead_id, &target, self.now];
                conn.execute(sql::CANCEL_NOTICES, args).await?;
            }
            if waiting.is_none() {
                // Not before what is on its way to it, the lead or a notice of it.
                let args = args![&self.dealer, &lead_id, &target];
                let told: Option<(Option<i64>,)> = conn.optional(sql::NOTICED_UNTIL, args).await?;
                let locked = locked_until.max(told.and_then(|(until,)| until));
                let due = locked.map_or(self.now, row::at).max(self.now);
                self.insert(conn, event, &lead_id, (&target, &target), due).await?;
            }
            let target = if target.is_empty() { OWN_ADDRESS.to_owned() } else { target };
            if !told.contains(&target) {
                told.push(target);
            }
        }
        Ok(told)
    }

    /// Tells the dealer itself of a target: that it fails once in a while, of what was given up each time.
    pub(super) async fn raise(
        &self,
        conn: &mut Conn,
        event: Event,
        lead: &str,
        target: &str,
    ) -> Result<(), StoreError> {
        let since = self.now.minus(ALARM_PAUSE);
        // That it fails is the same whichever lead has shown it.
        let of = if event == Event::Failing { "" } else { lead };
        let known = args![&self.dealer, event.word(), target, since, of];
        let noticed: Option<(String,)> = conn.optional(sql::NOTICED_SINCE, known).await?;
        match noticed {
            Some(_) => Ok(()),
            None => self.insert(conn, event, lead, (target, ""), self.now).await,
        }
    }

    async fn insert(
        &self,
        conn: &mut Conn,
        event: Event,
        lead: &str,
        (about, target): (&str, &str),
        due: Timestamp,
    ) -> Result<(), StoreError> {
        let id = random::id(self.random.as_ref(), "ntc");
        let end = self.now.plus(NOTICE_LIFE);
        let args = args![&id, &self.dealer, event.word(), lead, about, target, due, self.now, end];
        conn.execute_one(sql::INSERT_NOTICE, args).await
    }
}

#[cfg(test)]
mod tests;
