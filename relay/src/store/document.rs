//! The dealer's own documents, and what its answers cost in a day.

use protocol::DealerId;

use super::{
    DealerStore, StoreError,
    chain::{Digested, Link, damaged},
    db::{Conn, args},
    row, sql,
};
use crate::domain::document::{Document, NewDocument};

/// name, title, url, text, seal.
type DocumentRow = (String, String, Option<String>, String, Option<Vec<u8>>);

impl DealerStore {
    /// How many tokens were spent on this day (`2026-11-22`, UTC), read and written together.
    pub async fn tokens_spent(&self, day: &str) -> Result<u64, StoreError> {
        let args = args![self.id().as_str(), day];
        let spent: Option<(i64,)> = self.readers().optional(sql::TOKENS_SPENT, args).await?;
        Ok(spent.map_or(0, |(tokens,)| row::seq(tokens)))
    }

    /// All documents, by name.
    pub async fn documents(&self) -> Result<Vec<Document>, StoreError> {
        let id = self.id().as_str();
        let rows: Vec<DocumentRow> = self.readers().all(sql::DOCUMENTS, args![id]).await?;
        let mut documents = Vec::with_capacity(rows.len());
        for (name, title, url, text, seal) in rows {
            let wanted = sealed(id, &name, &title, url.as_deref(), &text);
            if Link::read(seal, id)?.is_some_and(|seal| seal != wanted) {
                return Err(damaged(id, "the seal of a document"));
            }
            documents.push(Document { name, title, url, text });
        }
        Ok(documents)
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
        let url = one.url.as_deref();
        let seal = sealed(id, &one.name, &one.title, url, &one.text);
        let args = args![id, &one.name, &one.title, url, &one.text, &seal];
        conn.execute_one(sql::INSERT_DOCUMENT, args).await?;
    }
    Ok(())
}

/// The seal of a document's row.
fn sealed(dealer: &str, name: &str, title: &str, url: Option<&str>, text: &str) -> Link {
    Digested::of("document").text(dealer).text(name).text(title).maybe(url).text(text).end()
}
