//! What is going to happen, in one order that is the same in every run.
//!
//! Everything that the simulated world does goes through here: a frame arrives, a commit is done, a
//! visitor acts. What falls into one millisecond is done in the order of its kind, of who it belongs
//! to, and only then of its entry; so the order in which tasks happened to be polled, which the
//! runtime partly draws by lot, decides nothing.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{Notify, oneshot},
    time::{Instant, sleep_until},
};

use super::World;

/// Something that will be done.
pub type Deed = Box<dyn FnOnce(&Arc<World>) + Send>;

/// What is done first within one millisecond.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The store commits.
    Commit,
    /// The store is read.
    Read,
    /// Frames arrive, sockets open and close.
    Network,
    /// Models speak.
    Provider,
    /// Visitors act, their timers ring.
    Visitor,
    /// The world itself: faults, restarts, checks.
    World,
}

/// When, what kind, whose, and in which order it was entered.
type Slot = (u64, Kind, u64, u64);

/// All that is going to happen.
pub struct Agenda {
    start: Instant,
    entries: Mutex<Entries>,
    /// Rung when something is entered before the next.
    sooner: Notify,
}

#[derive(Default)]
struct Entries {
    by_slot: BTreeMap<Slot, Deed>,
    n_entered: u64,
    over: bool,
}

impl Agenda {
    /// An empty one that begins now.
    #[expect(
        clippy::disallowed_methods,
        reason = "the runtime's paused time is the simulated time"
    )]
    pub fn new() -> Self {
        let start = Instant::now();
        Self { start, entries: Mutex::default(), sooner: Notify::new() }
    }

    /// Milliseconds since the beginning of the world.
    pub fn now_ms(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Enters something for so many milliseconds from now, at least one: what happens now is never
    /// added to.
    pub fn after(
        &self,
        delay_ms: u64,
        kind: Kind,
        whose: u64,
        deed: impl FnOnce(&Arc<World>) + Send + 'static,
    ) {
        self.at(self.now_ms() + delay_ms, kind, whose, deed);
    }

    /// The same at a moment.
    pub fn at(
        &self,
        due_ms: u64,
        kind: Kind,
        whose: u64,
        deed: impl FnOnce(&Arc<World>) + Send + 'static,
    ) {
        let due_ms = due_ms.max(self.now_ms() + 1);
        let mut entries = self.entries();
        if entries.over {
            return;
        }
        let first = entries.by_slot.first_key_value().map(|(slot, _)| slot.0);
        entries.n_entered += 1;
        let slot = (due_ms, kind, whose, entries.n_entered);
        entries.by_slot.insert(slot, Box::new(deed));
        drop(entries);
        if first.is_none_or(|first| due_ms < first) {
            self.sooner.notify_one();
        }
    }

    /// Waits; for tasks of the relay's side of the world.
    pub async fn pause(&self, delay_ms: u64, kind: Kind, whose: u64) {
        let (call, called) = oneshot::channel();
        self.after(delay_ms, kind, whose, move |_| {
            let _ = call.send(());
        });
        if called.await.is_err() {
            // The world has ended.
            std::future::pending::<()>().await;
        }
    }

    /// Nothing more happens.
    pub fn end(&self) {
        let mut entries = self.entries();
        entries.over = true;
        let rest = std::mem::take(&mut entries.by_slot);
        drop(entries);
        drop(rest);
        self.sooner.notify_one();
    }

    /// Does one thing after the other until the end.
    pub async fn run(&self, world: &Arc<World>) {
        loop {
            let next = {
                let entries = self.entries();
                if entries.over {
                    return;
                }
                entries.by_slot.first_key_value().map(|(slot, _)| slot.0)
            };
            match next {
                None => self.sooner.notified().await,
                Some(due_ms) if due_ms <= self.now_ms() => {
                    let first = self.entries().by_slot.pop_first();
                    if let Some((_, deed)) = first {
                        deed(world);
                    }
                }
                Some(due_ms) => {
                    tokio::select! {
                        biased;
                        () = sleep_until(self.start + Duration::from_millis(due_ms)) => {}
                        () = self.sooner.notified() => {}
                    }
                }
            }
        }
    }

    fn entries(&self) -> std::sync::MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Agenda {
    fn default() -> Self {
        Self::new()
    }
}
