//! Reads everything once to see whether it is what was written: the database as SQLite sees it,
//! each conversation against its seal and its hashes, each lead with the evidence of
//! its consents, each document. Dealer by dealer, through the same reads as everybody's.

use super::{
    DealerStore, Store, StoreError,
    conversation::ConversationRow,
    db::args,
    document::{Spoilt, spoilt},
    sql,
};
use crate::{
    clock::Timestamp,
    limits::{ALL_MESSAGES, VERIFY_BATCH},
};

/// What a look at everything found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// Conversations that were read.
    pub conversations: u64,
    /// Messages that were read.
    pub messages: u64,
    /// Leads that were read.
    pub leads: u64,
    /// What is not as it was written: ids and what does not fit.
    pub damaged: Vec<String>,
    /// What SQLite finds wrong with its pages and indexes.
    pub pages: Vec<String>,
}

impl Verified {
    /// Whether all is as it was written.
    pub fn is_sound(&self) -> bool {
        self.damaged.is_empty() && self.pages.is_empty()
    }
}

impl Store {
    /// Reads everything. A damaged row is an entry of the answer; an error means that the look
    /// could not be finished.
    pub async fn verify(&self) -> Result<Verified, StoreError> {
        let mut verified = Verified { damaged: self.damaged_dealers(), ..Verified::default() };
        let found: Result<Vec<(String,)>, StoreError> =
            self.inner.readers.all("PRAGMA integrity_check(20)", args![]).await;
        match found {
            Ok(found) => verified.pages.extend(found.into_iter().map(|(line,)| line)),
            Err(error) if error.is_damage() => verified.pages.push(error.to_string()),
            Err(error) => return Err(error),
        }
        verified.pages.retain(|line| line != "ok");
        for dealer in self.dealers() {
            self.dealer(&dealer.id).verify(&mut verified).await?;
        }
        Ok(verified)
    }
}

impl DealerStore {
    async fn verify(&self, verified: &mut Verified) -> Result<(), StoreError> {
        let documents = verified.keep(self.each_document().await)?.unwrap_or_default();
        for Spoilt(id) in documents.into_iter().filter_map(Result::err) {
            verified.damaged.push(spoilt(&id).to_string());
        }
        let every = self.leads_since(Timestamp::from_millis(0), u32::MAX).await;
        for lead in verified.keep(every)?.unwrap_or_default() {
            verified.leads += verified.keep(lead)?.map_or(0, |_| 1);
        }
        let mut after = String::new();
        loop {
            let args = args![self.id().as_str(), &after, VERIFY_BATCH];
            let rows = verified.keep(self.readers().all(sql::TO_VERIFY, args).await)?;
            let rows: Vec<ConversationRow> = rows.unwrap_or_default();
            let Some(last) = rows.last() else { return Ok(()) };
            after.clone_from(&last.id);
            for row in rows {
                verified.conversations += 1;
                let messages = verified.keep(self.whole(row).await)?;
                verified.messages += messages.unwrap_or(0);
            }
        }
    }

    /// Reads a conversation to its end; answers how many messages it has.
    async fn whole(&self, row: ConversationRow) -> Result<u64, StoreError> {
        let found = row.checked(&self.vault(), None)?;
        Ok(self.history(&found.id, 0, ALL_MESSAGES).await?.len() as u64)
    }
}

impl Verified {
    /// Takes in what is damaged; any other error ends the look.
    fn keep<T>(&mut self, read: Result<T, StoreError>) -> Result<Option<T>, StoreError> {
        match read {
            Ok(read) => Ok(Some(read)),
            // Deleted; its rows follow at the next start of a server.
            Err(StoreError::Gone) => Ok(None),
            Err(error) if error.is_damage() => {
                self.damaged.push(error.to_string());
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}
