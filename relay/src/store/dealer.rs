//! One dealer's view of the store: the only way to rows with personal data (D6). Its methods are
//! in `read`, `append`, `reply`, `lead`, `document` and `recover`.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use protocol::DealerId;

use super::{
    Store, StoreError,
    db::{Conn, Readers},
    keys::Keys,
    safe::Vault,
};
use crate::{clock::Timestamp, random::Random};

/// The rows of one dealer. Every query of it names the dealer.
#[derive(Clone, Debug)]
pub struct DealerStore {
    store: Store,
    id: DealerId,
}

impl DealerStore {
    pub(super) fn new(store: Store, id: DealerId) -> Self {
        Self { store, id }
    }

    /// Whose rows these are.
    pub fn id(&self) -> &DealerId {
        &self.id
    }

    pub(super) fn random(&self) -> &dyn Random {
        self.store.inner.random.as_ref()
    }

    pub(super) fn shared_random(&self) -> Arc<dyn Random> {
        Arc::clone(&self.store.inner.random)
    }

    /// The time by which rows are written and hidden.
    pub fn now(&self) -> Timestamp {
        self.store.inner.time.now()
    }

    /// The time that is believed, however far ahead of it the clock on the wall is.
    pub(super) fn believed_now(&self) -> Timestamp {
        self.store.inner.time.believed()
    }

    /// Wakes whoever delivers.
    pub(super) fn tell_owed(&self) {
        self.store.inner.owed.notify_one();
    }

    pub(super) fn readers(&self) -> &Readers {
        &self.store.inner.readers
    }

    /// Where a telephone number without a country belongs.
    pub(super) fn country(&self) -> String {
        let known = self.store.dealer_by_id(&self.id);
        known.map(|dealer| dealer.country.clone()).unwrap_or_default()
    }

    pub(super) fn keys(&self) -> &Keys {
        &self.store.inner.keys
    }

    /// Whether nothing was told yet of the damage in this version of the documents.
    pub(super) fn is_news(&self, version: i64) -> bool {
        let told = &self.store.inner.documents_told;
        let mut told = told.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        told.insert(self.id.clone(), version) != Some(version)
    }

    /// Runs `work` in a transaction of the writer.
    pub(super) async fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut Conn) -> BoxFuture<'c, Result<T, StoreError>> + Send + 'static,
    {
        self.store.inner.writer.write(work).await
    }

    /// The same in a transaction of its own: what fails in it fails alone.
    pub(super) async fn write_apart<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut Conn) -> BoxFuture<'c, Result<T, StoreError>> + Send + 'static,
    {
        self.store.inner.writer.write_apart(work).await
    }

    pub(super) fn vault(&self) -> Vault {
        Vault::new(self.store.inner.keys.clone(), self.id.clone())
    }
}
