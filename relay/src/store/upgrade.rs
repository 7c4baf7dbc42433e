//! Sealing what a relay before the keys has kept in clear: once, before anybody is served. What is
//! damaged stays as it is, closed, until its end comes.

use std::collections::BTreeSet;

use protocol::lead::FieldKind;

use super::{
    DealerStore, Role, Store, StoreError,
    conversation::{ConversationRow, Intact},
    db::{Conn, args},
    erase::erase,
    lead::Details,
    lock::LockFile,
    read::{Chained, check},
    safe::{Safe, Vault},
    sql,
};
use crate::{
    clock::Timestamp,
    crypt::{self, Column},
    domain::{contact::Contact, lead},
    limits::{ALL_MESSAGES, VERIFY_BATCH},
};

/// Under which name the database says whether all of it is sealed.
const SEALED: &str = "sealed";

impl Store {
    /// Seals all that is still in clear, unless it is done. Under the lock of a server: a tool
    /// beside one leaves it to that one.
    pub(super) async fn seal_all(
        &self,
        role: Role,
        dir: &std::path::Path,
    ) -> Result<(), StoreError> {
        let done: Option<(String,)> = self.inner.readers.optional(sql::META, args![SEALED]).await?;
        if done.is_some_and(|(done,)| done == "yes") || self.inner.keys.is_open() {
            return Ok(());
        }
        let _lock = match role {
            Role::Server => None,
            Role::Tool => match LockFile::take(dir) {
                Err(StoreError::Locked { .. }) => return Ok(()),
                taken => Some(taken?),
            },
        };
        let any: Option<(i64,)> =
            self.inner.readers.optional(sql::ANY_CONVERSATION, args![]).await?;
        if role == Role::Tool && any.is_some() {
            self.inner.keys.prove_ring().await?;
        }
        let mut sealed = 0;
        for dealer in self.dealers() {
            sealed += self.dealer(&dealer.id).seal_all().await?;
        }
        if 0 < sealed {
            tracing::info!(
                sealed,
                "Sealed {sealed} conversations that an older relay had kept in clear"
            );
        }
        // Those of a damaged dealer wait until it is mended.
        if !self.damaged_dealers().is_empty() {
            return Ok(());
        }
        let mark = self.inner.writer.write_apart(|conn| {
            Box::pin(async move { conn.execute(sql::PUT_META, args![SEALED, "yes"]).await })
        });
        mark.await.map(drop)
    }
}

impl DealerStore {
    async fn seal_all(&self) -> Result<u64, StoreError> {
        let (mut sealed, mut after) = (0, String::new());
        loop {
            let args = args![self.id().as_str(), &after, VERIFY_BATCH];
            let rows: Vec<ConversationRow> = self.readers().all(sql::TO_VERIFY, args).await?;
            let Some(last) = rows.last() else { return Ok(sealed) };
            after.clone_from(&last.id);
            for row in rows {
                let vault = self.vault();
                let Ok(found) = row.checked(&vault, None) else { continue };
                let (country, now) = (self.country(), self.now());
                let job =
                    self.write(move |conn| Box::pin(reseal(conn, vault, found, country, now)));
                match job.await {
                    Ok(is_new) => sealed += u64::from(is_new),
                    // It is told already.
                    Err(error) if error.is_damage() => {}
                    Err(error) => return Err(error),
                }
            }
        }
    }
}

/// Seals all of a conversation; answers whether that had not been done. Its key may be there already,
/// since it is committed before the rows.
async fn reseal(
    conn: &mut Conn,
    vault: Vault,
    found: Intact,
    country: String,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let older = vault.in_clear(&found.id);
    let (dealer, id) = (vault.dealer(), found.id.as_str());
    let has_key = match vault.has_key_in(conn, &found.id).await {
        // Of a backup from before, and deleted since.
        Err(StoreError::Gone) => return erase(conn, &[id]).await.map(|()| false),
        has_key => has_key?,
    };
    // All, over or not: what is over is swept a moment later, unless the clock is in doubt.
    let args = args![dealer, id, 0, i64::MIN, i64::from(ALL_MESSAGES)];
    let rows: Vec<Chained> = conn.all(sql::HISTORY, args).await?;
    check(&rows, dealer, id, 0, true)?;
    let snapshots = kept(conn, &found, sql::ALL_SNAPSHOTS).await?;
    let leads = kept(conn, &found, sql::ALL_LEADS).await?;
    let mut all = rows.iter().map(|row| &row.message.body);
    let mut others = snapshots.iter().chain(&leads).map(|(_, kept)| kept);
    if has_key
        && !all.any(|kept| crypt::is_older(kept))
        && !others.any(|kept| crypt::is_older(kept))
    {
        return Ok(false);
    }
    let texts: Result<Vec<String>, StoreError> = rows
        .iter()
        .map(|row| older.open(Column::MessageBody, &row.message.seq.to_string(), &row.message.body))
        .collect();
    let texts = texts?;
    let snapshots = opened(&older, snapshots, Column::ReplySnapshot)?;
    let leads = opened(&older, leads, Column::LeadFields)?;

    // Of the AI's words, too: they may repeat what the visitor's said.
    let said = texts.iter().flat_map(|text| Contact::in_words(text, &country));
    let left = leads.iter().flat_map(|(_, details)| of_lead(details, &country));
    let contacts = said.chain(left).collect();

    if !has_key {
        vault.make_key(conn, &found.id, now).await?;
    }
    vault.index(conn, &found.id, &contacts, now).await?;
    let safe = vault.safe_in(conn, &found.id).await?;
    let mut chain = None;
    for (mut row, text) in rows.into_iter().zip(texts) {
        let seq = row.message.seq;
        let body = safe.seal(Column::MessageBody, &seq.to_string(), &text);
        body.as_bytes().clone_into(&mut row.message.body);
        let link = row.message.facts(dealer, id).after(chain.as_ref());
        conn.execute_one(sql::RESEAL_MESSAGE, args![dealer, id, seq, &body, &link]).await?;
        chain = Some(link);
    }
    for (reply, text) in snapshots {
        let snapshot = safe.seal(Column::ReplySnapshot, &reply, &text);
        conn.execute_one(sql::RESEAL_SNAPSHOT, args![dealer, id, &reply, &snapshot]).await?;
    }
    for (lead, text) in leads {
        let fields = safe.seal(Column::LeadFields, &lead, &text);
        conn.execute_one(sql::RESEAL_LEAD, args![dealer, id, &lead, &fields]).await?;
    }
    let mut row = found.row.clone();
    row.chain = chain.as_ref().map(|link| link.as_bytes().to_vec());
    let seal = row.sealed();
    let args = args![dealer, id, chain.as_ref(), &seal];
    conn.execute_one(sql::RESEAL_CONVERSATION, args).await.map(|()| true)
}

/// The contacts of a lead, by its details.
fn of_lead(details: &str, country: &str) -> BTreeSet<Contact> {
    // One that can't be read is told when it is asked for.
    let Ok(Details { fields, .. }) = serde_json::from_str(details) else { return BTreeSet::new() };
    let texts = FieldKind::ALL.into_iter().filter_map(|kind| fields.get(kind));
    let mut found: BTreeSet<_> = texts.flat_map(|text| Contact::in_words(text, country)).collect();
    let phone = fields.phone.as_deref().and_then(|text| lead::phone(country, text));
    found.extend(phone.map(Contact::Phone));
    found
}

/// A text by its row.
type Texts<T> = Vec<(String, T)>;

/// What a table keeps of a conversation.
async fn kept(
    conn: &mut Conn,
    found: &Intact,
    query: &'static str,
) -> Result<Texts<Vec<u8>>, StoreError> {
    conn.all(query, args![&found.row.dealer_id, &found.row.id]).await
}

/// The same, opened.
fn opened(safe: &Safe, kept: Texts<Vec<u8>>, column: Column) -> Result<Texts<String>, StoreError> {
    kept.into_iter()
        .map(|(row, kept)| {
            let text = safe.open(column, &row, &kept)?;
            Ok((row, text))
        })
        .collect()
}

#[cfg(test)]
pub(super) mod tests;
