//! All that is kept of one conversation, for the person whose it is: each part as it was written, or an
//! error. And taking a consent back, which adds to it.

use protocol::{ConversationId, lead::Channel};

use super::{
    DealerStore, StoreError,
    consent::{ConsentRow, WITHDRAWN},
    conversation::{ConversationRow, Intact},
    db::{Conn, args},
    lead::Superseded,
    leads::Kept,
    notice::Teller,
    row,
    safe::{Safe, Vault},
    sql,
};
use crate::{
    clock::Timestamp,
    domain::{
        dossier::{Consent, ConsentEvent, Correction, Delivery, Dossier, Facts, Left, Said},
        lead,
        notice::Event,
    },
    limits::{ALL_MESSAGES, MAX_LEADS},
    random,
};

#[derive(sqlx::FromRow)]
struct DeliveryRow {
    id: String,
    target: String,
    state: String,
    attempts: i64,
    due: i64,
    answer: Option<String>,
}

impl DealerStore {
    /// All that is kept of a conversation, what the law holds beyond its end included; `None` where it is
    /// not there, or no longer. For the person whose it is, and who serves their rights.
    pub async fn dossier(
        &self,
        conversation: &ConversationId,
    ) -> Result<Option<Dossier>, StoreError> {
        match self.whole_dossier(conversation).await {
            // Deleted between two looks; its rows follow.
            Err(StoreError::Gone) => Ok(None),
            found => found,
        }
    }

    async fn whole_dossier(&self, id: &ConversationId) -> Result<Option<Dossier>, StoreError> {
        let vault = self.vault();
        let args = args![vault.dealer(), id.as_str()];
        let found: Option<ConversationRow> =
            self.readers().optional(sql::CONVERSATION, args).await?;
        let Some(found) = found else { return Ok(None) };
        let mut found = found.checked(&vault, None)?;
        let mut now = self.now();
        if found.is_over(now) {
            // What the law keeps beyond its end is the person's all the same.
            let held: Option<(String,)> = self.readers().optional(sql::HELD_BY, args).await?;
            if held.is_none() {
                return Ok(None);
            }
            now = found.just_before_end();
            found.row.expires_at = found.promised_end().millis();
        }
        let safe = vault.safe(id).await?;
        let messages = self.history_at(id, 0, ALL_MESSAGES, now).await?;
        let messages = messages.into_iter().map(|message| Said {
            seq: message.seq,
            at: row::at(message.at),
            author: message.author_kind,
            generator: message.generator,
            finish: message.finish,
            text: message.text,
            sources: message.sources,
        });
        let mut leads = Vec::new();
        for kept in self.readers().all::<Kept>(sql::LEADS_OF, args).await? {
            leads.push(self.left(&vault, &safe, kept).await?);
        }
        Ok(Some(Dossier { conversation: facts(found), messages: messages.collect(), leads }))
    }

    async fn left(&self, vault: &Vault, safe: &Safe, kept: Kept) -> Result<Left, StoreError> {
        let args = args![vault.dealer(), &kept.id];
        let consents: Vec<ConsentRow> = self.readers().all(sql::CONSENTS, args).await?;
        let deliveries: Vec<DeliveryRow> = self.readers().all(sql::DELIVERIES, args).await?;
        let details = kept.open(vault, safe, &consents)?;
        Ok(Left {
            at: row::at(kept.at),
            id: kept.id,
            kind: details.kind,
            fields: details.fields,
            email_normal: details.email_normal,
            phone_e164: details.phone_e164,
            corrections: details.superseded.into_iter().map(correction).collect(),
            consents: consents.into_iter().map(consent).collect::<Result<_, _>>()?,
            deliveries: deliveries.into_iter().map(delivery).collect(),
        })
    }

    /// Takes back what the visitor has agreed to by a channel, in each lead of the conversation: a new
    /// record beside the old one, and the lead knows of it (B-26). Answers how many were taken back;
    /// `None` where the conversation is not there, or no longer.
    pub async fn withdraw(
        &self,
        conversation: &ConversationId,
        channel: Channel,
    ) -> Result<Option<u64>, StoreError> {
        let (vault, id, now) = (self.vault(), conversation.clone(), self.now());
        let ids = (0..MAX_LEADS).map(|_| random::id(self.random(), "cns")).collect();
        let teller = self.teller();
        let withdrawal = Withdrawal { channel, ids, now, teller };
        let withdrawn =
            self.write(move |conn| Box::pin(withdraw(conn, vault, id, withdrawal))).await;
        self.tell_owed();
        withdrawn
    }
}

/// What is taken back, and what its records need.
struct Withdrawal {
    channel: Channel,
    /// A fresh id for each lead that there may be.
    ids: Vec<String>,
    now: Timestamp,
    /// What tells those who have got the leads (B-38).
    teller: Teller,
}

async fn withdraw(
    conn: &mut Conn,
    vault: Vault,
    conversation: ConversationId,
    withdrawal: Withdrawal,
) -> Result<Option<u64>, StoreError> {
    let Withdrawal { channel, ids, now, teller } = withdrawal;
    let of_conversation = args![vault.dealer(), conversation.as_str()];
    let found: Option<ConversationRow> = conn.optional(sql::CONVERSATION, of_conversation).await?;
    let Some(found) = found else { return Ok(None) };
    if found.checked(&vault, None)?.is_over(now) {
        return Ok(None);
    }
    let safe = vault.safe_in(conn, &conversation).await?;
    let leads: Vec<Kept> = conn.all(sql::LEADS_OF, of_conversation).await?;
    let mut n_withdrawn = 0;
    for (kept, id) in leads.into_iter().zip(ids) {
        let consents: Vec<ConsentRow> =
            conn.all(sql::CONSENTS, args![vault.dealer(), &kept.id]).await?;
        let mut details = kept.open(&vault, &safe, &consents)?;
        let hash = |row: &ConsentRow| row.hash(vault.dealer(), conversation.as_str(), &kept.id);
        let known: Vec<_> = consents.iter().map(|row| (row.id.clone(), hash(row))).collect();
        let last = consents.into_iter().rfind(|row| row.channel == channel.word());
        let Some(given) = last.filter(|last| last.given == 1) else { continue };
        let at = now.millis().max(given.at);
        let method = WITHDRAWN.to_owned();
        let row = ConsentRow { id, given: 0, method, at, ..given };
        row.insert(conn, (vault.dealer(), conversation.as_str(), &kept.id)).await?;
        // Those of a lead of an older relay, too.
        details.consents.extend(known);
        details.consents.insert(row.id.clone(), hash(&row));
        let sealed = details.sealed(&safe, &kept.id)?;
        conn.execute_one(sql::SEAL_LEAD, args![vault.dealer(), &kept.id, &sealed]).await?;
        let (email, phone) = (details.email_normal.as_ref(), details.phone_e164.as_ref());
        let contacts: Vec<_> = lead::contacts(email, phone).collect();
        vault.suppress(conn, &contacts, channel, now).await?;
        let lead = (conversation.as_str(), kept.id.as_str());
        teller.tell_recipients(conn, lead, Event::Updated).await?;
        n_withdrawn += 1;
    }
    Ok(Some(n_withdrawn))
}

fn facts(found: Intact) -> Facts {
    Facts {
        started_at: row::at(found.row.started_at),
        last_at: found.last_at(),
        expires_at: found.expires_at(),
        id: found.row.id,
        site: found.row.site_key,
        language: found.row.locale,
        notice_version: found.row.notice_version,
        build: found.row.build,
        kept_for: found.row.period,
    }
}

fn consent(found: ConsentRow) -> Result<Consent, StoreError> {
    let event = match found.given {
        1 => ConsentEvent::Given,
        _ if found.is_withdrawal() => ConsentEvent::Withdrawn,
        _ => ConsentEvent::Refused,
    };
    Ok(Consent {
        channel: found.channel()?,
        id: found.id,
        schema_version: found.schema_version,
        event,
        at: row::at(found.at),
        purpose: found.purpose,
        method: found.method,
        text: found.text,
        text_version: found.text_version,
        language: found.lang,
        notice_version: found.notice_version,
        build: found.build,
    })
}

fn correction(found: Superseded) -> Correction {
    Correction { field: found.field, before: found.value, at: row::at(found.at) }
}

fn delivery(found: DeliveryRow) -> Delivery {
    Delivery {
        id: found.id,
        target: found.target,
        state: found.state,
        attempts: row::seq(found.attempts),
        due_at: row::at(found.due),
        answer: found.answer,
    }
}

#[cfg(test)]
mod tests;
