//! How the deleting stands: what became of the last sweep, and the figures of the daily report (G-51).

use std::{
    collections::BTreeMap,
    sync::{MutexGuard, PoisonError},
};

use super::{Store, StoreError, db::args, row, sql};
use crate::{
    clock::Timestamp,
    domain::proof::{Oldest, State},
    limits::{AUDIT_LIFE, TOMBSTONE_LIFE},
};

/// When the last backup was made, in `meta`: milliseconds since 1970.
pub(super) const LAST_BACKUP: &str = "last_backup";

/// What is known of the last sweep.
#[derive(Debug, Default)]
pub(super) struct LastSweep {
    /// What has kept it from deleting all, if anything; the clock aside.
    trouble: Option<String>,
    /// How many it could not delete.
    failed: u64,
    /// When traces were last removed.
    traces_removed_at: Option<Timestamp>,
}

impl Store {
    fn last_sweep(&self) -> MutexGuard<'_, LastSweep> {
        self.inner.last_sweep.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What keeps the sweep from deleting all that is past its end, if anything: the clock, or what
    /// became of the last sweep.
    pub fn retention_trouble(&self) -> Option<String> {
        let halted = self.clock_doubt().map(|doubt| format!("halted: {doubt}"));
        halted.or_else(|| self.last_sweep().trouble.clone())
    }

    /// Keeps what became of a sweep, and how many it could not delete; `None`: it took all.
    pub(crate) fn tell_retention(&self, trouble: Option<String>, failed: u64) {
        let mut last = self.last_sweep();
        (last.trouble, last.failed) = (trouble, failed);
    }

    /// Keeps that no trace of what was deleted until now is left.
    pub(crate) fn tell_traces_removed(&self) {
        let now = self.inner.time.now();
        self.last_sweep().traces_removed_at = Some(now);
    }

    /// The figures as of `now`.
    pub(crate) async fn state(&self, now: Timestamp) -> Result<State, StoreError> {
        let (failed, traces) = {
            let last = self.last_sweep();
            (last.failed, last.traces_removed_at)
        };
        let due = unless_damaged(self.inner.readers.optional(sql::COUNT_DUE, args![now]).await)?;
        Ok(State {
            due: due.map(|(due,): (i64,)| row::seq(due)),
            failed,
            clock: self.clock_doubt().map_or_else(|| "ok".to_owned(), |doubt| doubt.to_string()),
            traces_removed_at: traces.map(|at| at.to_string()),
            last_backup_at: self.last_backup().await?.map(|at| at.to_string()),
            oldest: self.oldest(now).await?,
        })
    }

    async fn last_backup(&self) -> Result<Option<Timestamp>, StoreError> {
        let found: Option<(String,)> =
            self.inner.readers.optional(sql::META, args![LAST_BACKUP]).await?;
        Ok(found.and_then(|(at,)| at.parse().ok()).map(Timestamp::from_millis))
    }

    /// The oldest that is left of each class, by the name of its table.
    async fn oldest(&self, now: Timestamp) -> Result<BTreeMap<String, Oldest>, StoreError> {
        let (data, keys) = (&self.inner.readers, self.inner.keys.readers());
        let mut oldest = BTreeMap::new();
        for (class, query) in
            [("conversations", sql::OLDEST_CONVERSATION), ("requests", sql::OLDEST_REQUEST)]
        {
            let found: Option<(Option<i64>, Option<i64>)> =
                unless_damaged(data.optional(query, args![now]).await)?;
            if let Some((Some(since), end)) = found {
                oldest.insert(class.to_owned(), told(since, end.map(row::at)));
            }
        }
        for (class, readers, query, life) in [
            ("audit", data, sql::OLDEST_AUDIT, AUDIT_LIFE),
            ("tombstones", keys, sql::OLDEST_TOMBSTONE, TOMBSTONE_LIFE),
        ] {
            let found: Option<(Option<i64>,)> =
                unless_damaged(readers.optional(query, args![]).await)?;
            if let Some((Some(since),)) = found {
                oldest.insert(class.to_owned(), told(since, Some(row::at(since).plus(life))));
            }
        }
        Ok(oldest)
    }
}

fn told(since: i64, first_end: Option<Timestamp>) -> Oldest {
    let (since, first_end) = (row::at(since).to_string(), first_end.map(|end| end.to_string()));
    Oldest { since, first_end }
}

/// Lets damage pass: who meets it tells it, and a report is made all the same.
fn unless_damaged<T>(read: Result<Option<T>, StoreError>) -> Result<Option<T>, StoreError> {
    match read {
        Err(error) if error.is_damage() => Ok(None),
        read => read,
    }
}
