//! How the deleting stands: what became of the last sweep, and the figures of the daily report (G-51).

use std::{
    collections::BTreeMap,
    sync::{MutexGuard, PoisonError},
};

use super::{Store, StoreError, db::args, row, sql};
use crate::{
    clock::Timestamp,
    domain::proof::{Late, Oldest, State},
    limits::{AUDIT_LIFE, TOMBSTONE_LIFE},
};

/// When the last backup was made, in `meta`: milliseconds since 1970.
pub(super) const LAST_BACKUP: &str = "last_backup";

/// What is known of the last sweep.
#[derive(Debug, Default)]
pub(super) struct LastSweep {
    /// What has kept it from deleting all, if anything; the clock aside.
    trouble: Option<String>,
    /// How many it could not delete; `None` where it did not come to its end.
    failed: Option<u64>,
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

    /// The time by which rows are hidden.
    pub(crate) fn moment(&self) -> Timestamp {
        self.inner.time.now()
    }

    /// Keeps what became of a sweep (`None`: it took all), and how many it could not delete.
    pub(crate) fn tell_retention(&self, trouble: Option<String>, failed: Option<u64>) {
        let mut last = self.last_sweep();
        (last.trouble, last.failed) = (trouble, failed);
    }

    /// Keeps that no trace is left of what was deleted until then.
    pub(crate) fn tell_traces_removed(&self, then: Timestamp) {
        self.last_sweep().traces_removed_at = Some(then);
    }

    /// The figures, by the time that is believed.
    pub(crate) async fn state(&self) -> Result<State, StoreError> {
        let now = self.inner.time.believed();
        let (failed, traces) = {
            let last = self.last_sweep();
            (last.failed, last.traces_removed_at)
        };
        let late = self.late(now).await?;
        Ok(State {
            due: late.as_ref().map(|late| late.values().map(|late| late.due).sum()),
            failed,
            clock: self.clock_doubt().map_or_else(|| "ok".to_owned(), |doubt| doubt.to_string()),
            traces_removed_at: traces.map(|at| at.to_string()),
            last_backup_at: self.last_backup().await?.map(|at| at.to_string()),
            oldest: self.oldest().await?,
            dealers: late.unwrap_or_default(),
        })
    }

    /// What of each dealer's is past its end and there; `None` where the disk is damaged.
    async fn late(&self, now: Timestamp) -> Result<Option<BTreeMap<String, Late>>, StoreError> {
        let rows: Result<Vec<(String, i64, i64)>, StoreError> =
            self.inner.readers.all(sql::LATE, args![now]).await;
        let rows = match rows {
            Err(error) if error.is_damage() => return Ok(None),
            rows => rows?,
        };
        let late =
            |(dealer, due, held)| (dealer, Late { due: row::seq(due), held: row::seq(held) });
        Ok(Some(rows.into_iter().map(late).collect()))
    }

    async fn last_backup(&self) -> Result<Option<Timestamp>, StoreError> {
        let found: Option<(String,)> =
            self.inner.readers.optional(sql::META, args![LAST_BACKUP]).await?;
        Ok(found.and_then(|(at,)| at.parse().ok()).map(Timestamp::from_millis))
    }

    /// The oldest that is left of each class, by the name of its table; `None` where the disk is damaged.
    async fn oldest(&self) -> Result<BTreeMap<String, Option<Oldest>>, StoreError> {
        let (data, keys) = (&self.inner.readers, self.inner.keys.readers());
        let [audit, tombstones] = [AUDIT_LIFE, TOMBSTONE_LIFE]
            .map(|life| i64::try_from(life.as_millis()).unwrap_or(i64::MAX));
        let mut oldest = BTreeMap::new();
        for (class, readers, query, args) in [
            ("conversations", data, sql::FIRST_CONVERSATION, &args![][..]),
            ("requests", data, sql::FIRST_REQUEST, args![]),
            ("audit", data, sql::FIRST_AUDIT, args![audit]),
            ("tombstones", keys, sql::FIRST_TOMBSTONE, args![tombstones]),
        ] {
            let found: Result<Option<(i64, i64)>, StoreError> = readers.optional(query, args).await;
            let found = match found {
                Err(error) if error.is_damage() => None,
                found => match found? {
                    Some((since, end)) => Some(told(since, row::at(end))),
                    None => continue,
                },
            };
            oldest.insert(class.to_owned(), found);
        }
        Ok(oldest)
    }
}

fn told(since: i64, end: Timestamp) -> Oldest {
    Oldest { since: row::at(since).to_string(), end: end.to_string() }
}
