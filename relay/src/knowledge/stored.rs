//! The store as the place where documents come from.

use protocol::DealerId;

use crate::{
    domain::document::Document,
    knowledge::DocumentSource,
    store::{Store, StoreError},
};

impl DocumentSource for Store {
    type Error = StoreError;

    async fn version(&self, dealer: &DealerId) -> Result<i64, StoreError> {
        self.dealer(dealer).documents_version().await
    }

    async fn documents(&self, dealer: &DealerId) -> Result<Vec<Document>, StoreError> {
        self.dealer(dealer).sound_documents().await
    }
}
