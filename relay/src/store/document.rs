//! The dealer's own documents, and what its answers cost in a day.

use protocol::DealerId;

use super::{
    DealerStore, StoreError,
    chain::{Digested, Link, damaged},
    db::{Conn, args},
    row, sql,
};
use crate::domain::document::{Document, NewDocument};

/// name, title, url, text, seal: the texts as bytes, since those of a damaged one need be no text.
type DocumentRow = (Vec<u8>, Vec<u8>, Option<Vec<u8>>, Vec<u8>, Option<Vec<u8>>);

impl DealerStore {
    /// How many tokens were spent on this day (`2026-11-22`, UTC), read and written together.
    pub async fn tokens_spent(&self, day: &str) -> Result<u64, StoreError> {
        let args = args![self.id().as_str(), day];
        let spent: Option<(i64,)> = self.readers().optional(sql::TOKENS_SPENT, args).await?;
        Ok(spent.map_or(0, |(tokens,)| row::seq(tokens)))
    }

    /// All documents, by name; an error if any of them is not what was written.
    pub async fn documents(&self) -> Result<Vec<Document>, StoreError> {
        let each = self.each_document().await?;
        each.into_iter().map(|one| one.map_err(|Spoilt(id)| spoilt(&id))).collect()
    }

    /// The documents that are what was written: one that the disk has changed silences no other.
    /// It is told once for each version of the documents.
    pub async fn sound_documents(&self) -> Result<Vec<Document>, StoreError> {
        let version = self.documents_version().await?;
        let (sound, bad): (Vec<_>, Vec<_>) =
            self.each_document().await?.into_iter().partition(Result::is_ok);
        if !bad.is_empty() && self.is_news(version) {
            for Spoilt(id) in bad.into_iter().filter_map(Result::err) {
                let _ = spoilt(&id);
            }
        }
        Ok(sound.into_iter().flatten().collect())
    }

    /// Each document, by name, or which one is not what was written.
    pub(super) async fn each_document(&self) -> Result<Vec<Result<Document, Spoilt>>, StoreError> {
        let id = self.id().as_str();
        let rows: Vec<DocumentRow> = self.readers().all(sql::DOCUMENTS, args![id]).await?;
        Ok(rows.into_iter().map(|row| read(id, row)).collect())
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

/// The id of a document that is not what was written: of its dealer, and its name.
#[derive(Debug)]
pub(super) struct Spoilt(pub(super) String);

/// The error for one; counted and logged here.
pub(super) fn spoilt(id: &str) -> StoreError {
    damaged(id, "the seal of a document")
}

/// Reads a row.
fn read(dealer: &str, row: DocumentRow) -> Result<Document, Spoilt> {
    let (name, title, url, text, seal) = row;
    let id = || Spoilt(format!("{dealer}/{}", String::from_utf8_lossy(&name).escape_debug()));
    let utf8 = |bytes: &[u8]| std::str::from_utf8(bytes).map(ToOwned::to_owned).map_err(|_| id());
    let found = Document {
        name: utf8(&name)?,
        title: utf8(&title)?,
        url: url.as_deref().map(utf8).transpose()?,
        text: utf8(&text)?,
    };
    let wanted = sealed(dealer, &found.name, &found.title, found.url.as_deref(), &found.text);
    match seal {
        Some(seal) if seal != wanted.as_bytes() => Err(id()),
        _ => Ok(found),
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
