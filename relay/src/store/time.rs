//! The time by which rows are written and hidden: the clock's, but never behind what is believed.
//!
//! So a clock that goes back shows nothing again that had expired, and nothing that is written
//! meanwhile expires too early (G-27).

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use super::{
    Store, StoreError,
    db::{Conn, args},
    sql,
};
use crate::{
    clock::{Clock, Timestamp},
    domain::belief::{Belief, Doubt, Reading, Verdict},
    limits::CLOCK_JUMP,
};

/// What is believed of the clock, in `meta`.
pub(super) const KEY: &str = "clock";

/// The store's time.
pub(super) struct Time {
    clock: Arc<dyn Clock>,
    known: Mutex<Known>,
}

/// What the last look at the clock came to.
#[derive(Clone, Copy, Default)]
struct Known {
    /// The time that is believed, and the clock's uptime then.
    floor: Option<(Timestamp, Duration)>,
    doubt: Option<Doubt>,
    /// Whether rows may have been dated by a clock that was ahead.
    ahead: bool,
}

impl Time {
    /// The time from what the last look believed, so that a command hides what the relay hides.
    pub(super) fn new(clock: Arc<dyn Clock>, believed: Option<Belief>) -> Self {
        let ahead = believed.as_ref().is_some_and(|belief| belief.ahead);
        let floor = believed.map(|belief| (belief.time_at(&clock.machine()), clock.uptime()));
        Self { clock, known: Mutex::new(Known { floor, doubt: None, ahead }) }
    }

    pub(super) fn now(&self) -> Timestamp {
        let wall = self.clock.now();
        let mut known = self.known();
        let Some((floor, at)) = known.floor else { return wall };
        let least = floor.plus(self.clock.uptime().saturating_sub(at));
        // Seen here too: it may be set right again before the next look.
        known.ahead |= least.plus(CLOCK_JUMP) < wall;
        wall.max(least)
    }

    /// The time that is believed, however far ahead of it the clock on the wall is.
    pub(super) fn believed(&self) -> Timestamp {
        let known = self.known();
        let Some((floor, at)) = known.floor else { return self.clock.now() };
        floor.plus(self.clock.uptime().saturating_sub(at))
    }

    /// Whether rows may have been dated by a clock that was ahead.
    pub(super) fn was_ahead(&self) -> bool {
        self.known().ahead
    }

    fn reading(&self) -> Reading {
        Reading { wall: self.clock.now(), machine: self.clock.machine() }
    }

    fn learn(&self, belief: &Belief, now: &Reading, doubt: Option<Doubt>) {
        let floor = Some((belief.time_at(&now.machine), self.clock.uptime()));
        let mut known = self.known();
        *known = Known { floor, doubt, ahead: known.ahead || belief.ahead };
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store {
    /// Looks at the clock and keeps what is believed of it: whether something may be deleted.
    pub async fn look_at_clock(&self) -> Result<Verdict, StoreError> {
        let now = self.inner.time.reading();
        let again = now.clone();
        let looked = self.inner.writer.write(move |conn| Box::pin(look(conn, again)));
        let (belief, verdict) = looked.await?;
        let doubt = match verdict {
            Verdict::Sure(_) => None,
            Verdict::Doubt(doubt) => Some(doubt),
        };
        self.inner.time.learn(&belief, &now, doubt);
        Ok(verdict)
    }

    /// What a look at the clock would come to, for a dry run: keeps nothing.
    pub async fn clock_verdict(&self) -> Result<Verdict, StoreError> {
        let now = self.inner.time.reading();
        let before: Option<(String,)> = self.inner.readers.optional(sql::META, args![KEY]).await?;
        let before = read(before).unwrap_or_else(|| Belief::begin(now.clone()));
        Ok(before.look(now).1)
    }

    /// Believes the clock as it is: the operator says that it is right.
    pub async fn believe_clock(&self) -> Result<Timestamp, StoreError> {
        let now = self.inner.time.reading();
        let belief = Belief::begin(now.clone());
        self.inner.time.learn(&belief, &now, None);
        self.inner
            .writer
            .write(move |conn| Box::pin(async move { put(conn, &belief).await }))
            .await?;
        Ok(now.wall)
    }

    /// All that was dated by a clock that was ahead has been set right.
    pub(super) async fn forget_ahead(&self) -> Result<(), StoreError> {
        self.inner.time.known().ahead = false;
        let forget = self.inner.writer.write(|conn| {
            Box::pin(async move {
                match believed(conn).await? {
                    Some(belief) => put(conn, &Belief { ahead: false, ..belief }).await,
                    None => Ok(()),
                }
            })
        });
        forget.await
    }

    /// Why nothing is deleted, if that is so.
    pub fn clock_doubt(&self) -> Option<Doubt> {
        self.inner.time.known().doubt
    }
}

/// What the last look believed.
pub(super) async fn believed(conn: &mut Conn) -> Result<Option<Belief>, StoreError> {
    Ok(read(conn.optional(sql::META, args![KEY]).await?))
}

/// What can't be read is as good as a first start: it was no word of this program.
fn read(row: Option<(String,)>) -> Option<Belief> {
    row.and_then(|(text,)| serde_json::from_str(&text).ok())
}

/// Looks and keeps in one step, so that no word of the operator falls in between.
async fn look(conn: &mut Conn, now: Reading) -> Result<(Belief, Verdict), StoreError> {
    let before = believed(conn).await?.unwrap_or_else(|| Belief::begin(now.clone()));
    let (belief, verdict) = before.look(now);
    put(conn, &belief).await?;
    Ok((belief, verdict))
}

async fn put(conn: &mut Conn, belief: &Belief) -> Result<(), StoreError> {
    let text = serde_json::to_string(belief).unwrap_or_default();
    conn.execute_one(sql::PUT_META, args![KEY, &text]).await
}
