//! Finds what a dealer's documents say on a question. No model, no network.
//!
//! ```text
//! folder     files → documents, or what is wrong with them
//! passages   document → passages                      pure   (markdown, plain, pairs)
//! words      text → tokens of a language              pure   (fold, lexicon)
//! index      passages + question → ranked passages    pure   (near)
//! ```
//!
//! Indexes live in memory, by dealer, version of the documents and language; they are made when
//! first asked for and forgotten by size. A dealer's index holds that dealer's documents only, so
//! ranking can't mix dealers (T47).

pub mod cache;
pub mod fold;
pub mod folder;
pub mod index;
pub mod lexicon;
pub mod markdown;
pub mod near;
pub mod passages;
mod stored;
pub mod words;

use std::sync::{Arc, Mutex, PoisonError};

use protocol::DealerId;

use crate::{
    domain::{document::Document, passage::Passage},
    knowledge::{
        cache::{Cache, Key},
        index::Index,
    },
};

pub use folder::{DocumentError, read_folder};

/// Where documents come from: the store, or a test's list.
pub trait DocumentSource: Send + Sync + 'static {
    /// Why they can't be had.
    type Error: Send;

    /// A number that changes whenever the dealer's documents do.
    fn version(&self, dealer: &DealerId) -> impl Future<Output = Result<i64, Self::Error>> + Send;

    /// The dealer's documents.
    fn documents(
        &self,
        dealer: &DealerId,
    ) -> impl Future<Output = Result<Vec<Document>, Self::Error>> + Send;
}

/// Finds passages. One for the whole relay.
#[derive(Debug)]
pub struct Knowledge<S> {
    source: S,
    /// Held for a look only, never while an index is made or a source is asked.
    cache: Mutex<Cache>,
}

impl<S: DocumentSource> Knowledge<S> {
    /// Knowledge of these documents.
    pub fn new(source: S) -> Self {
        Self { source, cache: Mutex::new(Cache::default()) }
    }

    /// What the dealer's documents say on `query`, best first, at most `limit`; nothing where
    /// nothing fits. `language` is the visitor's, a BCP 47 tag.
    pub async fn find(
        &self,
        dealer: &DealerId,
        language: &str,
        query: &str,
        limit: usize,
    ) -> Result<Vec<Passage>, S::Error> {
        Ok(self.index(dealer, language).await?.find(query, limit))
    }

    /// The same for a question that makes sense only with the one `before` it.
    pub async fn find_after(
        &self,
        dealer: &DealerId,
        language: &str,
        before: &str,
        query: &str,
        limit: usize,
    ) -> Result<Vec<Passage>, S::Error> {
        Ok(self.index(dealer, language).await?.find_after(before, query, limit))
    }

    /// The index, made if there is none of this version.
    async fn index(&self, dealer: &DealerId, language: &str) -> Result<Arc<Index>, S::Error> {
        let key = Key {
            dealer: dealer.clone(),
            version: self.source.version(dealer).await?,
            language: lexicon::base(language),
        };
        if let Some(index) = self.cache().get(&key) {
            return Ok(index);
        }
        let documents = self.source.documents(dealer).await?;
        let index = Arc::new(Index::new(&documents, &key.language));
        self.cache().put(key, Arc::clone(&index));
        Ok(index)
    }

    fn cache(&self) -> std::sync::MutexGuard<'_, Cache> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
#[path = "knowledge/golden_tests.rs"]
mod golden_tests;
