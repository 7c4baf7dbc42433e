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

use std::{
    collections::HashMap,
    future::pending,
    panic::resume_unwind,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use protocol::DealerId;
use tokio::sync::OnceCell;

use crate::{
    domain::{
        document::{Document, NewDocument},
        passage::Passage,
    },
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
    /// The indexes that are being made, so that each is made once however many ask for it.
    making: Mutex<HashMap<Key, Arc<OnceCell<Arc<Index>>>>>,
}

impl<S: DocumentSource> Knowledge<S> {
    /// Knowledge of these documents.
    pub fn new(source: S) -> Self {
        Self { source, cache: Mutex::new(Cache::default()), making: Mutex::default() }
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
        let cell = self.cell(&key);
        let made = cell.get_or_try_init(|| async {
            let documents = self.source.documents(dealer).await?;
            let index = make(documents, key.language.clone()).await;
            self.cache().put(key.clone(), Arc::clone(&index));
            Ok(index)
        });
        let made = made.await.map(Arc::clone);
        // Whoever comes now finds it in the cache, or tries anew.
        self.making().remove(&key);
        made
    }

    /// Where the index of this key is made; what nobody waits for any more is forgotten.
    fn cell(&self, key: &Key) -> Arc<OnceCell<Arc<Index>>> {
        let mut making = self.making();
        making.retain(|_, cell| 1 < Arc::strong_count(cell));
        Arc::clone(making.entry(key.clone()).or_default())
    }

    fn cache(&self) -> MutexGuard<'_, Cache> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn making(&self) -> MutexGuard<'_, HashMap<Key, Arc<OnceCell<Arc<Index>>>>> {
        self.making.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes an index on a thread of its own: a large one takes a second, in which a thread that
/// serves sockets would serve none.
async fn make(documents: Vec<Document>, language: String) -> Arc<Index> {
    let made = tokio::task::spawn_blocking(move || Arc::new(Index::new(&documents, &language)));
    match made.await.map_err(tokio::task::JoinError::try_into_panic) {
        Ok(index) => index,
        Err(Ok(panic)) => resume_unwind(panic),
        // Cancelled with the whole program: nobody waits any more.
        Err(Err(_)) => pending().await,
    }
}

/// How much memory a dealer's documents take once they are indexed in each of its languages, as
/// estimated.
pub fn memory(documents: &[NewDocument], languages: &[String]) -> usize {
    languages.iter().map(|language| Index::new(documents, &lexicon::base(language)).bytes()).sum()
}

#[cfg(test)]
#[path = "knowledge/golden_tests.rs"]
mod golden_tests;

#[cfg(test)]
#[path = "knowledge/follow_up_tests.rs"]
mod follow_up_tests;
