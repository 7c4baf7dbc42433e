//! One dealer's view of the store: the only way to rows with personal data (D6). Its methods are
//! in `read`, `append`, `reply`, `lead`, `document` and `recover`.

use futures_util::future::BoxFuture;
use protocol::{ConversationId, DealerId};

use super::{
    Store, StoreError,
    db::{Conn, Readers, clean},
    row::inconsistent,
};
use crate::{
    clock::Timestamp,
    crypt::{Column, Crypt, Place, Sealed},
    random::Random,
};

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

    /// The time by which rows are written and hidden.
    pub fn now(&self) -> Timestamp {
        self.store.inner.time.now()
    }

    pub(super) fn readers(&self) -> &Readers {
        &self.store.inner.readers
    }

    /// Whether nothing was told yet of the damage in this version of the documents.
    pub(super) fn is_news(&self, version: i64) -> bool {
        let told = &self.store.inner.documents_told;
        let mut told = told.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        told.insert(self.id.clone(), version) != Some(version)
    }

    /// Runs `work` in a transaction of the writer, with what seals and opens this dealer's texts.
    pub(super) async fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut Conn) -> BoxFuture<'c, Result<T, StoreError>> + Send + 'static,
    {
        self.store.inner.writer.write(work).await
    }

    pub(super) fn vault(&self) -> Vault {
        Vault { crypt: self.store.inner.crypt.clone(), dealer: self.id.clone() }
    }
}

/// What seals and opens the texts of one dealer.
#[derive(Clone, Debug)]
pub(super) struct Vault {
    crypt: Crypt,
    dealer: DealerId,
}

impl Vault {
    pub(super) fn dealer(&self) -> &str {
        self.dealer.as_str()
    }

    /// Whether what is read is checked: always, unless the fault rig's control is built in.
    pub(super) fn verifies(&self) -> bool {
        !self.crypt.is_blind()
    }

    pub(super) fn seal(
        &self,
        conversation: &ConversationId,
        column: Column,
        row: &str,
        text: &str,
    ) -> Sealed {
        self.crypt.seal(&self.place(conversation, column, row), &clean(text))
    }

    pub(super) fn open(
        &self,
        conversation: &ConversationId,
        column: Column,
        row: &str,
        sealed: Vec<u8>,
    ) -> Result<String, StoreError> {
        self.crypt.open(&self.place(conversation, column, row), sealed).map_err(|_| {
            inconsistent(column.table(), column.name(), &format!("{conversation}/{row}"))
        })
    }

    fn place<'a>(
        &'a self,
        conversation: &'a ConversationId,
        column: Column,
        row: &'a str,
    ) -> Place<'a> {
        Place { dealer: &self.dealer, conversation, column, row }
    }
}
