//! How far the sweep is behind: what is still there long after its end (G-26).

use std::{collections::BTreeSet, sync::PoisonError, time::Duration};

use super::{Cursor, REMOVED};
use crate::store::{Store, StoreError, db::args, sql};

/// After every id.
const LAST: &str = "\u{10ffff}";

impl Store {
    /// How long ago the conversation ended, by the time that is believed, that is the longest past its
    /// end and still there; `None` where nothing is due. One that damage keeps has lost its key, and
    /// those of a dealer that is being removed never had a later end: neither counts.
    pub async fn overdue(&self) -> Result<Option<Duration>, StoreError> {
        let now = self.inner.time.believed();
        let mut after: Cursor = (REMOVED, LAST.to_owned());
        loop {
            let args = args![now, after.0, &after.1];
            let oldest: Result<Option<Cursor>, StoreError> =
                self.inner.readers.optional(sql::OLDEST_DUE, args).await;
            let place = match oldest {
                Ok(None) => return Ok(None),
                Ok(Some(place)) if !self.is_stuck(&place.1) => {
                    return Ok(Some(now.since(crate::store::row::at(place.0))));
                }
                Ok(Some(place)) => place,
                Err(error) if error.is_damage() => {
                    let next: Option<Cursor> =
                        self.inner.readers.optional(sql::NEXT_DUE, args).await?;
                    next.ok_or(error)?
                }
                Err(error) => return Err(error),
            };
            after = place;
        }
    }

    /// Takes note of what a sweep could not delete, but for its key.
    pub(super) fn keep_stuck(&self, keyless: BTreeSet<String>) {
        *self.inner.stuck.lock().unwrap_or_else(PoisonError::into_inner) = keyless;
    }

    fn is_stuck(&self, id: &str) -> bool {
        self.inner.stuck.lock().unwrap_or_else(PoisonError::into_inner).contains(id)
    }
}
