//! The row of a conversation: read as a whole, checked against its seal before anything is
//! concluded from it, sealed anew with each change.

use std::time::Duration;

use protocol::ConversationId;

use super::{
    StoreError,
    chain::{Digested, Link, damaged},
    row,
    safe::Vault,
    token::TokenHash,
};
use crate::{
    clock::Timestamp,
    domain::retention::{Promise, RetentionPolicy},
};

/// The row as the database holds it: `conversation_columns!`.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct ConversationRow {
    pub(super) id: String,
    pub(super) dealer_id: String,
    pub(super) site_key: String,
    pub(super) token_hash: Vec<u8>,
    pub(super) locale: String,
    pub(super) notice_version: String,
    pub(super) build: String,
    pub(super) period: String,
    pub(super) policy: Option<String>,
    pub(super) started_at: i64,
    pub(super) last_at: i64,
    pub(super) expires_at: i64,
    pub(super) next_seq: i64,
    /// The hash of the last message.
    pub(super) chain: Option<Vec<u8>>,
    pub(super) seal: Option<Vec<u8>>,
}

/// A row that is what was written.
#[derive(Clone, Debug)]
pub(super) struct Intact {
    pub(super) id: ConversationId,
    /// What it was promised of its end.
    pub(super) promise: Promise,
    /// The hash of the last message, if it has one.
    pub(super) chain: Option<Link>,
    pub(super) row: ConversationRow,
}

impl ConversationRow {
    /// Checks the row, found for this dealer and, if it was found by a token, for that token.
    pub(super) fn checked(
        self,
        vault: &Vault,
        hash: Option<&TokenHash>,
    ) -> Result<Intact, StoreError> {
        if vault.verifies() {
            // The index found it; the row itself must say the same.
            let is_theirs = self.dealer_id == vault.dealer()
                && hash.is_none_or(|hash| hash.as_bytes() == self.token_hash);
            if !is_theirs {
                return Err(damaged(&self.id, "an index leads to another row"));
            }
            let seal = Link::read(self.seal.clone(), &self.id)?;
            if seal.is_some_and(|seal| seal != self.sealed()) {
                return Err(damaged(&self.id, "the seal of the conversation"));
            }
        }
        Ok(Intact {
            id: row::conversation_id(&self.id)?,
            promise: row::promise(&self.period, self.policy.as_deref(), &self.id)?,
            chain: Link::read(self.chain.clone(), &self.id)?,
            row: self,
        })
    }

    /// The seal that belongs to these values.
    pub(super) fn sealed(&self) -> Link {
        let row = Digested::of("conversation")
            .text(&self.dealer_id)
            .text(&self.id)
            .text(&self.site_key)
            .bytes(&self.token_hash)
            .text(&self.locale)
            .text(&self.notice_version)
            .text(&self.build)
            .text(&self.period)
            .number(self.started_at)
            .number(self.last_at)
            .number(self.expires_at)
            .number(self.next_seq)
            .bytes(self.chain.as_deref().unwrap_or_default());
        // The rows of before versions were kept stay sealed as they are.
        match &self.policy {
            Some(policy) => row.text(policy).end(),
            None => row.end(),
        }
    }

    /// Takes a promise and the end that comes of it.
    pub(super) fn promise(&mut self, promise: &Promise, end: Timestamp) {
        self.period = promise.period.to_string();
        self.policy = promise.policy.map(|policy| policy.to_string());
        self.expires_at = end.millis();
    }
}

impl Intact {
    pub(super) fn last_at(&self) -> Timestamp {
        row::at(self.row.last_at)
    }

    pub(super) fn expires_at(&self) -> Timestamp {
        row::at(self.row.expires_at)
    }

    /// Whether its end has come. Moment 0: its dealer is being removed.
    pub(super) fn is_over(&self, now: Timestamp) -> bool {
        self.expires_at() <= now
    }

    /// The last moment at which it could be read.
    pub(super) fn just_before_end(&self) -> Timestamp {
        self.expires_at().minus(Duration::from_millis(1))
    }

    /// Its end by the period that was promised, also where it is hidden before that.
    pub(super) fn promised_end(&self) -> Timestamp {
        self.promise.period.after(self.last_at())
    }

    /// The row once it has taken a message, under its new seal.
    pub(super) fn after(
        &self,
        message: &Link,
        last_at: Timestamp,
        policy: &RetentionPolicy,
    ) -> (ConversationRow, Link) {
        let (promise, end) = self.promise.under(policy, last_at);
        let mut row = self.row.clone();
        row.promise(&promise, end);
        row.last_at = last_at.millis();
        row.next_seq += 1;
        row.chain = Some(message.as_bytes().to_vec());
        let seal = row.sealed();
        (row, seal)
    }
}
