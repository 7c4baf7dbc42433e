//! Rows that have an end of their own: the register of requests forgets what was closed three years ago
//! (B-30), and notices what was told a month ago (G-45).

use super::Stuck;
use crate::{
    clock::Timestamp,
    store::{DueRow, Store, StoreError, db::args, row, sql},
};

impl Store {
    /// The closed requests and the notices that the sweep would take at `now`.
    pub async fn due_rows(&self, now: Timestamp) -> Result<Vec<DueRow>, StoreError> {
        let mut due = Vec::new();
        for (of, query) in
            [("the register of requests", sql::DUE_REQUESTS), ("the notices", sql::DUE_NOTICES)]
        {
            let rows: Vec<(String, i64)> = self.inner.readers.all(query, args![now]).await?;
            due.extend(rows.into_iter().map(|(id, end)| DueRow {
                of,
                id,
                expires_at: row::at(end),
            }));
        }
        Ok(due)
    }

    /// Deletes those of one table; answers how many.
    pub(super) async fn take_rows(
        &self,
        sweep: &'static str,
        table: &str,
        now: Timestamp,
        stuck: &mut Stuck,
    ) -> Result<u64, StoreError> {
        let job = self.inner.writer.write_apart(move |conn| {
            Box::pin(async move { conn.execute(sweep, args![now]).await })
        });
        match job.await {
            Err(error) if error.is_damage() => {
                stuck.note(table.to_owned(), &error);
                Ok(0)
            }
            taken => taken,
        }
    }
}
