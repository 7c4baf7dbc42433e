//! Destroying keys: from then on nobody reads what they sealed, and a receipt says so.

use super::Keys;
use crate::{
    clock::Timestamp,
    crypt::Signer,
    domain::{
        proof::{FORMAT, Policy, Receipt},
        retention::Action,
    },
    limits::BACKUP_LIFE,
    random,
    store::{
        StoreError,
        db::{Conn, args},
        row,
        size::Size,
        sql::{self, STEP},
    },
};

/// For what a signature under a receipt is.
pub(in crate::store) const RECEIPT: &str = "receipt";

/// Why a conversation was deleted, as its tombstone says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum Reason {
    /// Its end came.
    Expired,
    /// Somebody asked for it who may.
    Erasure,
    /// Its dealer was removed.
    Account,
}

impl Reason {
    /// The word in the row.
    pub(in crate::store) fn word(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::Erasure => "erasure",
            Self::Account => "account",
        }
    }
}

/// That a conversation was deleted.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(in crate::store) struct Tombstone {
    pub(in crate::store) conversation_id: String,
    pub(in crate::store) dealer_id: String,
    /// The word of a `Reason`.
    pub(in crate::store) reason: String,
}

/// A conversation that is deleted now.
#[derive(Clone, Copy, Debug)]
pub(in crate::store) struct Gone<'a> {
    pub(in crate::store) conversation: &'a str,
    pub(in crate::store) dealer: &'a str,
    /// From when on nobody could read it.
    pub(in crate::store) ended: Timestamp,
    /// What its rows come to; `None` where the disk is too damaged to tell.
    pub(in crate::store) size: Option<&'a Size>,
    /// Who was told of it.
    pub(in crate::store) told: &'a [String],
}

impl Keys {
    /// Destroys the keys of conversations, keeps why, and writes a receipt for each; answers their ids.
    /// Those that have no key are passed over: they were deleted before.
    pub(in crate::store) async fn destroy(
        &self,
        conn: &mut Conn,
        conversations: &[Gone<'_>],
        reason: Reason,
        now: Timestamp,
    ) -> Result<Vec<String>, StoreError> {
        // Whoever has no key of the operator's at hand deletes all the same; a server signs it later.
        let signer = self.signer();
        let mut receipts = Vec::new();
        for step in conversations.chunks(STEP) {
            for gone in step {
                let id = random::id(self.random(), "rcp");
                if self.keep_receipt(conn, &id, *gone, reason, now, signer.as_ref()).await? {
                    receipts.push(id);
                }
            }
            let ids: Vec<_> = step.iter().map(|gone| gone.conversation).collect();
            let args = sql::step(args![reason.word(), now], &ids);
            conn.keys.batch(&sql::DESTROY, &args).await?;
            for id in ids {
                self.forget(id);
            }
        }
        Ok(receipts)
    }

    /// What signs, if the operator's keys were needed already.
    fn signer(&self) -> Option<Signer> {
        self.known_ring()?.signer().ok()
    }

    /// What signs today.
    pub(in crate::store) async fn todays_signer(&self) -> Result<Signer, StoreError> {
        self.todays_ring()
            .await?
            .signer()
            .map_err(|error| super::wrong("the operator's key", error))
    }

    /// The public keys of all of the operator's keys.
    pub(in crate::store) async fn signers(&self) -> Result<Vec<String>, StoreError> {
        let ring = self.any_ring().await?;
        let signers = ring.signers().map(|signer| signer.map(|signer| signer.public()));
        signers.collect::<Result<_, _>>().map_err(|error| super::wrong("an operator's key", error))
    }

    async fn keep_receipt(
        &self,
        conn: &mut Conn,
        id: &str,
        gone: Gone<'_>,
        reason: Reason,
        now: Timestamp,
        signer: Option<&Signer>,
    ) -> Result<bool, StoreError> {
        let is_counted = gone.size.is_some_and(|size| size.action() == Action::Anonymise);
        let is_anonymised = reason == Reason::Expired && is_counted;
        // What was anonymised is told to the day, and without figures of its own (G-03).
        let at = |at: Timestamp| if is_anonymised { at.day() } else { at.to_string() };
        let size = gone.size.filter(|_| !is_anonymised);
        let count = |of: fn(&Size) -> i64| size.map(|size| row::seq(of(size)));
        let receipt = Receipt {
            format: FORMAT,
            receipt: id.to_owned(),
            dealer: gone.dealer.to_owned(),
            reason: reason.word().to_owned(),
            action: if is_anonymised { Action::Anonymise } else { Action::Delete },
            policy: gone.size.map(|size| Policy {
                version: size.policy().map(|policy| policy.number),
                period: size.period.clone(),
            }),
            unreachable_since: at(gone.ended),
            deleted_at: at(now),
            backups_end: at(now.plus(BACKUP_LIFE)),
            providers_end: gone.size.and_then(Size::providers_end).map(at),
            messages: count(|size| size.messages),
            leads: count(|size| size.leads),
            consents: count(|size| size.consents),
            contacts: count(|size| size.contacts),
            deliveries: count(|size| size.deliveries),
            bytes: count(|size| size.bytes),
            told: gone.told.to_vec(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        };
        let body = super::json(&receipt)?;
        let public = signer.map(Signer::public);
        let signature = signer.map(|signer| signer.sign(RECEIPT, &body));
        let args = args![id, &body, public.as_deref(), signature.as_deref(), gone.conversation];
        Ok(0 < conn.keys.execute(sql::INSERT_RECEIPT, args).await?)
    }
}
