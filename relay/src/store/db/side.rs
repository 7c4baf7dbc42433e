//! The keys' connection of the writer, beside that of the data.

use std::collections::HashMap;

use sqlx::migrate::{MigrateError, Migrator};

use super::{Arg, Raw, Row};
use crate::{
    crypt::{Key, Wrapped},
    store::{
        StoreError,
        sql::{Batch, INSERT_KEYS},
    },
};

const BEGIN: &str = "BEGIN IMMEDIATE";

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
    /// What this transaction has made, and is written with its end or with the next statement: one trip
    /// to the database for all of them, not one for each conversation that begins.
    waiting: Vec<Fresh>,
    /// The current keys of dealers, as this transaction has found them: nobody else writes until its end.
    current: HashMap<String, DealerKey>,
}

/// A conversation's key that was just made.
#[derive(Debug)]
pub(in crate::store) struct Fresh {
    pub(in crate::store) conversation: String,
    pub(in crate::store) dealer: String,
    /// The dealer's key that wraps it.
    pub(in crate::store) dealer_key: String,
    pub(in crate::store) wrapped: Wrapped,
}

/// A dealer's key, and its id.
#[derive(Clone, Debug)]
pub(in crate::store) struct DealerKey {
    pub(in crate::store) id: String,
    pub(in crate::store) key: Key,
}

impl Side {
    pub(in crate::store) fn new(raw: Raw) -> Self {
        Self { raw, is_open: false, failed: None, waiting: Vec::new(), current: HashMap::new() }
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
            self.raw.execute(BEGIN, &[]).await?;
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

    /// The current key of a dealer, if this transaction has found it.
    pub(in crate::store) fn current(&self, dealer: &str) -> Option<DealerKey> {
        self.current.get(dealer).cloned()
    }

    /// Keeps what a transaction that is open has found, until its end or the next change of a key.
    pub(in crate::store) fn keep_current(&mut self, dealer: &str, key: DealerKey) {
        self.current.insert(dealer.to_owned(), key);
    }

    /// Puts down the key of a conversation that begins.
    pub(in crate::store) fn put(&mut self, fresh: Fresh) {
        self.waiting.push(fresh);
    }

    /// Writes what waits; all in one trip to the database, or in few.
    async fn write_waiting(&mut self) -> Result<(), StoreError> {
        let waiting = std::mem::take(&mut self.waiting);
        let mut left = waiting.as_slice();
        for (n, text) in INSERT_KEYS {
            while let Some((step, rest)) = left.split_at_checked(n) {
                let args: Vec<_> = step.iter().flat_map(Fresh::args).collect();
                let done = self.raw.execute(text, &args).await;
                self.noted(done)?;
                left = rest;
            }
        }
        Ok(())
    }

    /// Begins a change: what was found before it may be so no longer.
    async fn change(&mut self) -> Result<(), StoreError> {
        self.begin().await?;
        self.current.clear();
        self.write_waiting().await
    }

    /// Runs a change and answers how many rows it touched.
    pub(in crate::store) async fn execute(
        &mut self,
        sql: &'static str,
        args: &[Arg<'_>],
    ) -> Result<u64, StoreError> {
        self.change().await?;
        let done = self.raw.execute(sql, args).await;
        self.noted(done)
    }

    /// Runs the parts of a batch.
    pub(in crate::store) async fn batch(
        &mut self,
        batch: &Batch,
        args: &[Arg<'_>],
    ) -> Result<u64, StoreError> {
        self.change().await?;
        let done = self.raw.batch(batch, args).await;
        self.noted(done)
    }

    /// Reads the first row, if there is one.
    pub(in crate::store) async fn optional<T: Row>(
        &mut self,
        sql: &'static str,
        args: &[Arg<'_>],
    ) -> Result<Option<T>, StoreError> {
        self.write_waiting().await?;
        self.raw.optional(sql, args).await
    }

    /// Reads a dealer's key, among which nothing waits to be written, within a transaction: begins one
    /// with the same trip to the database where none is open.
    pub(in crate::store) async fn of_dealer<T: Row>(
        &mut self,
        sql: &'static str,
        args: &[Arg<'_>],
    ) -> Result<Option<T>, StoreError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        if !self.is_open {
            self.raw.put_ahead(BEGIN, 1);
            self.is_open = true;
        }
        let found = self.raw.optional(sql, args).await;
        // A row that can't be read is the fault of its dealer's keys alone.
        if found.as_ref().is_err_and(StoreError::is_damage) { found } else { self.noted(found) }
    }

    /// Reads all rows.
    pub(in crate::store) async fn all<T: Row>(
        &mut self,
        sql: &'static str,
        args: &[Arg<'_>],
    ) -> Result<Vec<T>, StoreError> {
        self.write_waiting().await?;
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
        self.write_waiting().await?;
        self.current.clear();
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
        self.waiting.clear();
        self.current.clear();
        if self.is_open {
            // There may be none left: the database ends a transaction itself when the disk is full.
            let _ = self.raw.execute("ROLLBACK", &[]).await;
            self.is_open = false;
        }
        self.failed = None;
    }
}

impl Fresh {
    fn args(&self) -> [Arg<'_>; 4] {
        let Self { conversation, dealer, dealer_key, wrapped } = self;
        [conversation.into(), dealer.into(), dealer_key.into(), wrapped.into()]
    }
}
