//! The register of requests forgets what was closed three years ago (B-30).

use super::Stuck;
use crate::{
    clock::Timestamp,
    store::{DueRequest, Store, StoreError, db::args, row, sql},
};

impl Store {
    /// The closed requests that the sweep would take at `now`.
    pub async fn due_requests(&self, now: Timestamp) -> Result<Vec<DueRequest>, StoreError> {
        let rows: Vec<(String, i64)> =
            self.inner.readers.all(sql::DUE_REQUESTS, args![now]).await?;
        let due = |(id, expires_at)| DueRequest { id, expires_at: row::at(expires_at) };
        Ok(rows.into_iter().map(due).collect())
    }

    /// Deletes them; answers how many.
    pub(super) async fn take_requests(
        &self,
        now: Timestamp,
        stuck: &mut Stuck,
    ) -> Result<u64, StoreError> {
        let job = self.inner.writer.write_apart(move |conn| {
            Box::pin(async move { conn.execute(sql::SWEEP_REQUESTS, args![now]).await })
        });
        match job.await {
            Err(error) if error.is_damage() => {
                stuck.note("requests".to_owned(), &error);
                Ok(0)
            }
            taken => taken,
        }
    }
}
