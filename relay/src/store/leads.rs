//! Leads for their dealer: each as it was left or refused, and none missing without a word.

use std::collections::BTreeMap;

use protocol::{ConversationId, LeadId, SiteKey, lead::Channel};

use super::{
    ConsentRecord, DealerStore, StoreError,
    chain::damaged,
    consent::ConsentRow,
    conversation::{ConversationRow, Intact},
    db::args,
    lead::{Details, lead_id},
    row,
    safe::{Safe, Vault},
    sql,
};
use crate::{clock::Timestamp, crypt::Column, domain::lead::CheckedLead};

/// A lead as it is kept.
#[derive(Clone)]
pub struct StoredLead {
    /// Its id.
    pub id: LeadId,
    /// The conversation in which it was left.
    pub conversation: ConversationId,
    /// The site on which it was left.
    pub site: SiteKey,
    /// The language of the chat.
    pub locale: String,
    /// The details.
    pub lead: CheckedLead,
    /// Each box of the form.
    pub consents: Vec<ConsentRecord>,
    /// By which channels the visitor wants nothing any more, and since when (B-26).
    pub withdrawn: Vec<(Channel, Timestamp)>,
    /// The first lead of the same person about the same car, where there was one of late (D-50).
    pub joins: Option<LeadId>,
    /// When it was left.
    pub at: Timestamp,
    /// When it will be gone.
    pub expires_at: Timestamp,
}

/// Prints the id, never the details.
impl std::fmt::Debug for StoredLead {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StoredLead").field("id", &self.id).finish_non_exhaustive()
    }
}

impl DealerStore {
    /// The newest leads, at most `limit`; an error if any of them can't be read.
    pub async fn leads(&self, limit: u32) -> Result<Vec<StoredLead>, StoreError> {
        self.leads_since(Timestamp::from_millis(0), limit).await?.into_iter().collect()
    }

    /// The newest leads since a moment, at most `limit`, each for itself: one that can't be read
    /// must not hide the others from the people who have to answer them. An error stands first
    /// where one is missing altogether.
    pub async fn leads_since(
        &self,
        since: Timestamp,
        limit: u32,
    ) -> Result<Vec<Result<StoredLead, StoreError>>, StoreError> {
        let (vault, now) = (self.vault(), self.now());
        let mut leads = Vec::new();
        if let Err(error) = self.misses_no_lead().await {
            leads.push(Err(error.found()?));
        }
        let rows = self.readers().each(sql::LEADS, args![vault.dealer(), since]).await?;
        // What is missing takes nobody's place.
        let wanted = usize::try_from(limit).unwrap_or(usize::MAX).saturating_add(leads.len());
        for row in rows {
            if leads.len() == wanted {
                break;
            }
            match self.whole_lead(&vault, row, now).await {
                Ok(Some(lead)) => leads.push(Ok(lead)),
                Ok(None) => {}
                Err(error) => leads.push(Err(error.found()?)),
            }
        }
        Ok(leads)
    }

    /// One lead; `None` where there is none, or none any more.
    pub async fn lead(&self, id: &LeadId) -> Result<Option<StoredLead>, StoreError> {
        let (vault, now) = (self.vault(), self.now());
        let args = args![vault.dealer(), id.as_str()];
        let row: Option<LeadRow> = self.readers().optional(sql::LEAD, args).await?;
        match row {
            Some(row) => self.whole_lead(&vault, Ok(row), now).await,
            None => Ok(None),
        }
    }

    /// A lead with its consents; `None` where its conversation is over.
    async fn whole_lead(
        &self,
        vault: &Vault,
        row: Result<LeadRow, StoreError>,
        now: Timestamp,
    ) -> Result<Option<StoredLead>, StoreError> {
        let LeadRow { lead, fields, at, conversation } = row?;
        let conversation = conversation.checked(vault, None)?;
        if conversation.is_over(now) {
            return Ok(None);
        }
        let consents = self.readers().all(sql::CONSENTS, args![vault.dealer(), &lead]).await?;
        let kept = Kept { id: lead.clone(), fields, at };
        match stored(vault, kept, conversation, consents).await {
            // Deleted; its row follows at the next start of a server.
            Err(StoreError::Gone) => Ok(None),
            // Deleted between the two looks, with its consents.
            Err(_) if !self.is_left(&lead).await? => Ok(None),
            stored => stored.map(Some),
        }
    }

    /// Whether a lead is still there.
    async fn is_left(&self, lead: &str) -> Result<bool, StoreError> {
        let found: Option<(i64,)> =
            self.readers().optional(sql::IS_LEFT, args![self.id().as_str(), lead]).await?;
        Ok(found.is_some())
    }

    /// Whether the table and its indexes know of the same leads.
    async fn misses_no_lead(&self) -> Result<(), StoreError> {
        let counts: Option<(i64, i64, i64)> =
            self.readers().optional(sql::LEAD_COUNTS, args![self.id().as_str()]).await?;
        let is_same = counts.is_none_or(|(ours, left, shown)| ours == left && left == shown);
        if is_same || !self.vault().verifies() {
            return Ok(());
        }
        Err(damaged(self.id().as_str(), "a lead is missing"))
    }
}

/// A lead and its conversation.
#[derive(sqlx::FromRow)]
pub(super) struct LeadRow {
    pub(super) lead: String,
    pub(super) fields: Vec<u8>,
    pub(super) at: i64,
    #[sqlx(flatten)]
    pub(super) conversation: ConversationRow,
}

/// A lead as its row has it.
#[derive(sqlx::FromRow)]
pub(super) struct Kept {
    pub(super) id: String,
    pub(super) fields: Vec<u8>,
    pub(super) at: i64,
}

impl Kept {
    /// The details, if they are what was left, and the evidence with them.
    pub(super) fn open(
        &self,
        vault: &Vault,
        safe: &Safe,
        consents: &[ConsentRow],
    ) -> Result<Details, StoreError> {
        let id = self.id.as_str();
        let json = safe.open(Column::LeadFields, id, &self.fields)?;
        let details: Details =
            serde_json::from_str(&json).map_err(|_| row::inconsistent("leads", "fields", id))?;
        if vault.verifies() {
            if details.at.is_some_and(|written| written != self.at) {
                return Err(damaged(id, "the moment of a lead"));
            }
            let hash = |row: &ConsentRow| {
                let conversation = safe.conversation().as_str();
                row.hash(vault.dealer(), conversation, id)
            };
            let found: BTreeMap<_, _> = consents.iter().map(|row| (&row.id, hash(row))).collect();
            let is_whole = details.consents.iter().all(|(id, hash)| found.get(id) == Some(hash));
            // What the lead doesn't know of was put in by somebody else.
            let is_all = details.consents.is_empty() || found.len() == details.consents.len();
            if !is_whole || !is_all || found.len() != consents.len() {
                return Err(damaged(id, "the evidence of a consent"));
            }
        }
        Ok(details)
    }
}

async fn stored(
    vault: &Vault,
    kept: Kept,
    conversation: Intact,
    consents: Vec<ConsentRow>,
) -> Result<StoredLead, StoreError> {
    let safe = vault.safe(&conversation.id).await?;
    let details = kept.open(vault, &safe, &consents)?;
    let (id, at) = (kept.id.as_str(), kept.at);
    let (later, asked): (Vec<_>, Vec<_>) =
        consents.into_iter().partition(ConsentRow::is_withdrawal);
    Ok(StoredLead {
        site: SiteKey::parse(&conversation.row.site_key).map_err(|_| {
            row::inconsistent("conversations", "site_key", conversation.id.as_str())
        })?,
        consents: asked.into_iter().map(consent).collect::<Result<_, _>>()?,
        withdrawn: later
            .into_iter()
            .map(|row| Ok((row.channel()?, row::at(row.at))))
            .collect::<Result<_, StoreError>>()?,
        id: lead_id(id)?,
        joins: details.joins.as_deref().map(lead_id).transpose()?,
        expires_at: conversation.expires_at(),
        conversation: conversation.id,
        locale: conversation.row.locale,
        lead: CheckedLead {
            kind: details.kind,
            fields: details.fields,
            email_normal: details.email_normal,
            phone_e164: details.phone_e164,
        },
        at: row::at(at),
    })
}

fn consent(found: ConsentRow) -> Result<ConsentRecord, StoreError> {
    let channel = found.channel()?;
    let ConsentRow { given, text, text_version: version, lang, .. } = found;
    Ok(ConsentRecord { channel, given: given == 1, text, version, lang })
}
