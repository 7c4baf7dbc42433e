//! The keys' connection of the writer, beside that of the data.

use sqlx::migrate::{MigrateError, Migrator};

use super::{Arg, Raw, Row};
use crate::store::{StoreError, sql::Batch};

/// The connection to the keys. What is written over it is committed with the data of its group,
/// and before them: a row without its key would be lost, a key without a row opens nothing.
/// What a job has done here stays done where the job alone fails: a key too many harms nobody, and
/// one is destroyed only where it was to be.
#[derive(Debug)]
pub(in crate::store) struct Side {
    raw: Raw,
    is_open: bool,
    /// Why nothing of the open transaction may be kept: the database may have given it up.
    failed: Option<StoreError>,
}

impl Side {
    pub(in crate::store) fn new(raw: Raw) -> Self {
        Self { raw, is_open: false, failed: None }
    }

    /// The connection itself, outside of any transaction.
    pub(super) fn raw(&mut self) -> &mut Raw {
        &mut self.raw
    }

    /// Begins a transaction, where none is open: nobody else writes until it ends.
    pub(in crate::store) async fn begin(&mut self) -> Result<(), StoreError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        if !self.is_open {
            self.raw.execute("BEGIN IMMEDIATE", &[]).await?;
            self.is_open = true;
        }
        Ok(())
    }

    /// Takes note of a failure that is not the fault of a row.
    fn noted<T>(&mut self, done: Result<T, StoreError>) -> Result<T, StoreError> {
        if let Err(error) = &done
            && !matches!(error, StoreError::Gone)
        {
            self.failed = Some(error.clone());
        }
        done
    }

    /// Runs a change and answers how many rows it touched.
    pub(in crate::store) async fn execute(
        &mut self,
        sql: &'static str,
        args: &[Arg<'_>],
    ) -> Result<u64, StoreError> {
        self.begin().await?;
        let done = self.raw.execute(sql, args).await;
        self.noted(done)
    }

    /// Runs the parts of a batch.
    pub(in crate::store) async fn batch(
        &mut self,
        batch: &Batch,
        args: &[Arg<'_>],
    ) -> Result<u64, StoreError> {
        self.begin().await?;
        let done = self.raw.batch(batch, args).await;
        self.noted(done)
    }

    /// Reads the first row, if there is one.
    pub(in crate::store) async fn optional<T: Row>(
        &mut self,
        sql: &'static str,
        args: &[Arg<'_>],
    ) -> Result<Option<T>, StoreError> {
        self.raw.optional(sql, args).await
    }

    /// Reads all rows.
    pub(in crate::store) async fn all<T: Row>(
        &mut self,
        sql: &'static str,
        args: &[Arg<'_>],
    ) -> Result<Vec<T>, StoreError> {
        self.raw.all(sql, args).await
    }

    /// Makes or changes the tables of an older relay.
    pub(in crate::store) async fn migrate(&mut self, steps: &Migrator) -> Result<(), MigrateError> {
        self.raw.migrate(steps).await
    }

    /// Makes what was written durable.
    pub(in crate::store) async fn commit(&mut self) -> Result<(), StoreError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        if self.is_open {
            self.raw.execute("COMMIT", &[]).await?;
            self.is_open = false;
        }
        Ok(())
    }

    /// Closes the connection.
    pub(super) async fn close(self) -> Result<(), StoreError> {
        self.raw.close().await
    }

    /// Drops what was written since the last commit.
    pub(in crate::store) async fn roll_back(&mut self) {
        if self.is_open {
            // There may be none left: the database ends a transaction itself when the disk is full.
            let _ = self.raw.execute("ROLLBACK", &[]).await;
            self.is_open = false;
        }
        self.failed = None;
    }
}
