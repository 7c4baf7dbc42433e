//! The dealer's own documents, and what its answers cost in a day.

use protocol::DealerId;

use super::{
    DealerStore, StoreError,
    db::{Conn, args},
    row, sql,
};
use crate::domain::document::{Document, NewDocument};

/// name, title, url, text.
type DocumentRow = (String, String, Option<String>, String);

impl DealerStore {
    /// How many tokens were spent on this day (`2026-11-22`, UTC), read and written together.
    pub async fn tokens_spent(&self, day: &str) -> Result<u64, StoreError> {
        let args = args![self.id().as_str(), day];
        let spent: Option<(i64,)> = self.readers().optional(sql::TOKENS_SPENT, args).await?;
        Ok(spent.map_or(0, |(tokens,)| row::seq(tokens)))
    }

    /// All documents, by name.
    pub async fn documents(&self) -> Result<Vec<Document>, StoreError> {
        let rows: Vec<DocumentRow> =
            self.readers().all(sql::DOCUMENTS, args![self.id().as_str()]).await?;
        Ok(rows
            .into_iter()
            .map(|(name, title, url, text)| Document { name, title, url, text })
            .collect())
    }

    /// Changes with each change of the documents; 0 where there were never any.
    pub async fn documents_version(&self) -> Result<i64, StoreError> {
        let args = args![self.id().as_str()];
        let version: Option<(i64,)> = self.readers().optional(sql::DOCUMENTS_VERSION, args).await?;
        Ok(version.map_or(0, |(version,)| version))
    }

    /// Replaces all documents, in one transaction.
    pub async fn replace_documents(&self, documents: Vec<NewDocument>) -> Result<(), StoreError> {
        let dealer = self.id().clone();
        self.write(move |conn| Box::pin(async move { replace(conn, &dealer, &documents).await }))
            .await
    }
}

/// Replaces all documents within a job of the writer, and tells that they have changed.
pub(super) async fn replace(
    conn: &mut Conn,
    dealer: &DealerId,
    documents: &[NewDocument],
) -> Result<(), StoreError> {
    let id = dealer.as_str();
    if conn.execute(sql::TOUCH_DOCUMENTS, args![id]).await? == 0 {
        return Err(StoreError::NoSuchDealer(dealer.clone()));
    }
    conn.execute(sql::DELETE_DOCUMENTS, args![id]).await?;
    for one in documents {
        let args = args![id, &one.name, &one.title, one.url.as_deref(), &one.text];
        conn.execute_one(sql::INSERT_DOCUMENT, args).await?;
    }
    Ok(())
}
