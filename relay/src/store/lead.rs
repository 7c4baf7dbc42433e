//! A lead goes in with the evidence of its consents and the delivery owed, all or nothing.

use protocol::{
    ClientMsgId, ConversationId, LeadId, SessionToken, SiteKey,
    lead::{Channel, FieldKind, LeadFields, LeadKind},
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

use super::{
    DealerStore, StoreError,
    append::Opening,
    consent::ConsentRow,
    conversation::{ConversationRow, Intact},
    db::{Conn, args},
    join::earlier,
    row,
    safe::{Safe, Vault},
    sql,
    token::TokenHash,
};
use crate::{
    clock::Timestamp,
    crypt::{Column, Sealed},
    domain::{
        contact::Contact,
        lead::{self, CheckedLead},
        retention::RetentionPolicy,
    },
    limits::{MAX_LEADS, REOPEN_WINDOW},
    random::{self, Random},
};

/// One box of the form, as it stood before the visitor and as they left it (B-20).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsentRecord {
    /// The channel.
    pub channel: Channel,
    /// Whether the box was ticked.
    pub given: bool,
    /// The exact text beside it.
    pub text: String,
    /// The version of that text.
    pub version: String,
    /// The language of that text.
    pub lang: String,
}

/// A lead on its way in.
#[derive(Clone)]
pub struct NewLead {
    /// The browser's proof of the conversation; makes one where there is none.
    pub token: SessionToken,
    /// The conversation that it belongs to, as far as whoever wrote it knows: one that is deleted meanwhile
    /// is not begun again.
    pub conversation: Option<ConversationId>,
    /// The site on which it was left.
    pub site: SiteKey,
    /// The language of the chat.
    pub locale: String,
    /// What the visitor had been told.
    pub notice_version: String,
    /// The build of the widget.
    pub build: String,
    /// The client's id: the same for each try.
    pub client_msg_id: ClientMsgId,
    /// A fresh id.
    pub lead_id: LeadId,
    /// The details.
    pub lead: CheckedLead,
    /// Each box of the form.
    pub consents: Vec<ConsentRecord>,
    /// The dealer's policy now.
    pub policy: RetentionPolicy,
    /// The names of the dealer's systems that it is to be delivered to.
    pub targets: Vec<String>,
}

/// Prints ids, never the details or the token.
impl std::fmt::Debug for NewLead {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewLead")
            .field("client_msg_id", &self.client_msg_id)
            .field("lead_id", &self.lead_id)
            .finish_non_exhaustive()
    }
}

impl NewLead {
    fn opening(&self) -> Opening<'_> {
        Opening {
            site: &self.site,
            locale: &self.locale,
            notice_version: &self.notice_version,
            build: &self.build,
            policy: &self.policy,
        }
    }
}

/// What became of a lead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TakeLead {
    /// It is kept, on disk.
    Taken {
        /// The lead; the same for each try.
        lead: LeadId,
        /// The conversation that it belongs to.
        conversation: ConversationId,
        /// When it will be gone, with its conversation (G-13).
        expires_at: Timestamp,
        /// False where it had been kept before.
        fresh: bool,
    },
    /// The conversation has ended or expired: a new one begins with a new token.
    Ended,
    /// The conversation has left as many leads as it may.
    Full,
}

/// What `leads.fields` seals, as JSON.
#[derive(Serialize, Deserialize)]
pub(super) struct Details {
    /// What the visitor wants; leads of an older relay are enquiries.
    #[serde(default, skip_serializing_if = "LeadKind::is_enquiry")]
    pub(super) kind: LeadKind,
    pub(super) fields: LeadFields,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) email_normal: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) phone_e164: Option<String>,
    /// The first lead of the same person about the same car, where there was one of late (D-50).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) joins: Option<String>,
    /// When it was left. Leads of an older relay don't have it and are believed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) at: Option<i64>,
    /// The hash of each record of consent that came with the lead, by its id: so that none of them
    /// can change, be missing or be put in unseen. Leads of an older relay have none and are believed; a
    /// withdrawal is added, and with it whatever such a lead has.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) consents: BTreeMap<String, String>,
    /// What stood in fields that were put right since, the oldest first (A-C6.2).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) superseded: Vec<Superseded>,
}

/// What stood in a field before it was put right.
#[derive(Serialize, Deserialize)]
pub(super) struct Superseded {
    pub(super) field: FieldKind,
    pub(super) value: Option<String>,
    /// When it was put right.
    pub(super) at: i64,
}

impl Details {
    /// As the row of a lead holds them.
    pub(super) fn sealed(&self, safe: &Safe, id: &str) -> Result<Sealed, StoreError> {
        let json =
            serde_json::to_string(self).map_err(|_| row::inconsistent("leads", "fields", id))?;
        Ok(safe.seal(Column::LeadFields, id, &json))
    }
}

/// What is known before: the conversation, the id of the same lead, count of leads.
#[derive(sqlx::FromRow)]
struct Before {
    #[sqlx(flatten)]
    conversation: ConversationRow,
    same_lead: Option<String>,
    n_leads: i64,
}

impl DealerStore {
    /// Keeps a lead, its consents and the deliveries owed, in one transaction. It expires with its
    /// conversation and doesn't move its end: that is the last message (G-10).
    pub async fn take_lead(&self, lead: NewLead) -> Result<TakeLead, StoreError> {
        let (vault, now) = (self.vault(), self.now());
        let mut ids = Ids::draw(self.random(), &lead);
        ids.contacts = self.contacts_of(&lead.lead);
        let taken = self.write(move |conn| Box::pin(take(conn, vault, lead, ids, now))).await;
        self.tell_owed();
        taken
    }
}

/// What a lead needs beside itself, made before its job.
struct Ids {
    /// By what its visitor is found again.
    contacts: BTreeSet<Contact>,
    conversation: ConversationId,
    deliveries: Vec<String>,
    consents: Vec<String>,
}

impl Ids {
    fn draw(random: &dyn Random, lead: &NewLead) -> Self {
        let ids = |n, prefix| (0..n).map(|_| random::id(random, prefix)).collect();
        Self {
            contacts: BTreeSet::new(),
            conversation: ConversationId::from_bytes(&random::bytes(random)),
            deliveries: ids(lead.targets.len(), "dlv"),
            consents: ids(lead.consents.len(), "cns"),
        }
    }
}

async fn take(
    conn: &mut Conn,
    vault: Vault,
    lead: NewLead,
    ids: Ids,
    now: Timestamp,
) -> Result<TakeLead, StoreError> {
    let hash = TokenHash::of(&lead.token);
    let args = args![vault.dealer(), &hash, lead.client_msg_id.as_str()];
    let before = conn.optional(sql::BEFORE_LEAD, args).await?;
    let found = if let Some(before) = before {
        match place(before, &vault, &hash, now)? {
            Ok(found) => found,
            Err(known) => return Ok(known),
        }
    } else if lead.conversation.is_some() {
        return Ok(TakeLead::Ended);
    } else {
        conn.is_stranger(&vault, &hash).await?;
        lead.opening().keep(conn, &vault, &ids.conversation, &hash, now).await?
    };
    keep(conn, &vault, &lead, &ids, &found.id, now).await?;
    vault.index(conn, &found.id, &ids.contacts, now).await?;
    let (email, phone) = (lead.lead.email_normal.as_ref(), lead.lead.phone_e164.as_ref());
    let contacts: Vec<_> = lead::contacts(email, phone).collect();
    for consent in lead.consents.iter().filter(|consent| consent.given) {
        vault.lift_suppression(conn, &contacts, consent.channel, now).await?;
    }
    let expires_at = found.expires_at();
    Ok(TakeLead::Taken { lead: lead.lead_id, conversation: found.id, expires_at, fresh: true })
}

/// The known conversation that takes the lead, or why it doesn't.
fn place(
    before: Before,
    vault: &Vault,
    hash: &TokenHash,
    now: Timestamp,
) -> Result<Result<Intact, TakeLead>, StoreError> {
    let Before { conversation, same_lead, n_leads } = before;
    let found = conversation.checked(vault, Some(hash))?;
    if found.is_over(now) {
        return Ok(Err(TakeLead::Ended));
    }
    if let Some(same) = same_lead {
        let (lead, expires_at) = (lead_id(&same)?, found.expires_at());
        let conversation = found.id;
        return Ok(Err(TakeLead::Taken { lead, conversation, expires_at, fresh: false }));
    }
    if found.last_at().plus(REOPEN_WINDOW) < now {
        return Ok(Err(TakeLead::Ended));
    }
    Ok(if n_leads < MAX_LEADS { Ok(found) } else { Err(TakeLead::Full) })
}

/// Writes the rows of a lead.
async fn keep(
    conn: &mut Conn,
    vault: &Vault,
    lead: &NewLead,
    ids: &Ids,
    conversation: &ConversationId,
    now: Timestamp,
) -> Result<(), StoreError> {
    let id = lead.lead_id.as_str();
    let consents = consents(lead, ids, now);
    let hash = |row: &ConsentRow| row.hash(vault.dealer(), conversation.as_str(), id);
    let details = Details {
        kind: lead.lead.kind,
        fields: lead.lead.fields.clone(),
        email_normal: lead.lead.email_normal.clone(),
        phone_e164: lead.lead.phone_e164.clone(),
        joins: earlier(conn, vault, &lead.lead, now).await?.map(|id| id.to_string()),
        at: Some(now.millis()),
        consents: consents.iter().map(|row| (row.id.clone(), hash(row))).collect(),
        superseded: Vec::new(),
    };
    let safe = vault.safe_in(conn, conversation).await?;
    let sealed = details.sealed(&safe, id)?;
    let (dealer, conversation) = (vault.dealer(), conversation.as_str());
    let message = lead.client_msg_id.as_str();
    let args = args![dealer, conversation, id, message, &sealed, now];
    conn.execute_one(sql::INSERT_LEAD, args).await?;
    for (delivery, target) in ids.deliveries.iter().zip(&lead.targets) {
        let args = args![delivery, dealer, conversation, id, target, now];
        conn.execute_one(sql::INSERT_DELIVERY, args).await?;
    }
    for row in &consents {
        row.insert(conn, (dealer, conversation, id)).await?;
    }
    Ok(())
}

/// The records of consent of a lead, as they are kept.
fn consents(lead: &NewLead, ids: &Ids, now: Timestamp) -> Vec<ConsentRow> {
    let record = |(id, consent): (&String, &ConsentRecord)| ConsentRow {
        id: id.clone(),
        schema_version: 1,
        purpose: "marketing".to_owned(),
        channel: consent.channel.word().to_owned(),
        given: i64::from(consent.given),
        method: "unticked_box".to_owned(),
        text: consent.text.clone(),
        text_version: consent.version.clone(),
        lang: consent.lang.clone(),
        notice_version: lead.notice_version.clone(),
        build: lead.build.clone(),
        at: now.millis(),
    };
    ids.consents.iter().zip(&lead.consents).map(record).collect()
}

pub(super) fn lead_id(text: &str) -> Result<LeadId, StoreError> {
    LeadId::parse(text).map_err(|_| row::inconsistent("leads", "id", text))
}
