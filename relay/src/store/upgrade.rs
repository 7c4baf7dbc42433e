//! Sealing what a relay before the keys has kept in clear: once, before anybody is served. What is
//! damaged stays as it is, closed, until its end comes.

use super::{
    DealerStore, Role, Store, StoreError,
    conversation::{ConversationRow, Intact},
    db::{Conn, args},
    lock::LockFile,
    read::{Chained, check},
    safe::{Safe, Vault},
    sql,
};
use crate::{
    clock::Timestamp,
    crypt::Column,
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
        let mark = self.inner.writer.write(|conn| {
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
                let now = self.now();
                let job = self.write(move |conn| Box::pin(reseal(conn, vault, found, now)));
                match job.await {
                    Ok(()) => sealed += 1,
                    // It is told already.
                    Err(error) if error.is_damage() => {}
                    Err(error) => return Err(error),
                }
            }
        }
    }
}

/// Makes the key of a conversation and seals all of it.
async fn reseal(
    conn: &mut Conn,
    vault: Vault,
    found: Intact,
    now: Timestamp,
) -> Result<(), StoreError> {
    let older = vault.in_clear(&found.id);
    let (dealer, id) = (vault.dealer(), found.id.as_str());
    // All, over or not: what is over is swept a moment later, unless the clock is in doubt.
    let args = args![dealer, id, 0, i64::MIN, i64::from(ALL_MESSAGES)];
    let rows: Vec<Chained> = conn.all(sql::HISTORY, args).await?;
    check(&rows, dealer, id, 0, true)?;
    let texts: Result<Vec<String>, StoreError> = rows
        .iter()
        .map(|row| older.open(Column::MessageBody, &row.message.seq.to_string(), &row.message.body))
        .collect();
    let texts = texts?;
    let snapshots = opened(conn, &vault, &older, sql::ALL_SNAPSHOTS, Column::ReplySnapshot).await?;
    let leads = opened(conn, &vault, &older, sql::ALL_LEADS, Column::LeadFields).await?;

    vault.make_key(conn, &found.id, now).await?;
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
    conn.execute_one(sql::RESEAL_CONVERSATION, args).await
}

/// The texts of a table that belong to a conversation, by their rows.
async fn opened(
    conn: &mut Conn,
    vault: &Vault,
    older: &Safe,
    query: &'static str,
    column: Column,
) -> Result<Vec<(String, String)>, StoreError> {
    let args = args![vault.dealer(), older.conversation().as_str()];
    let rows: Vec<(String, Vec<u8>)> = conn.all(query, args).await?;
    rows.into_iter()
        .map(|(row, kept)| {
            let text = older.open(column, &row, &kept)?;
            Ok((row, text))
        })
        .collect()
}

#[cfg(test)]
pub(super) mod tests;
