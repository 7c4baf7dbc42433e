//! The relay's clock and chance in a simulated world.

use std::{
    cell::RefCell,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use relay::{
    clock::{Clock, Timestamp},
    random::Random,
};

use super::{World, dice::Dice};

/// What a wall clock shows at the beginning: 2026-11-25T10:00:00Z.
const BEGIN_MS: i64 = 1_795_600_800_000;

tokio::task_local! {
    /// The socket for which a task of the relay works, and its dice.
    static ON_BEHALF: (u64, RefCell<Dice>);
}

/// Runs a session of the relay on behalf of a socket.
pub async fn on_behalf<F: Future>(seed: u64, socket: u64, session: F) -> F::Output {
    ON_BEHALF.scope((socket, RefCell::new(Dice::new(seed, "session", socket))), session).await
}

/// The socket for which the running task works; else `otherwise`, which says it as well.
pub fn whose(otherwise: impl FnOnce() -> u64) -> u64 {
    ON_BEHALF.try_with(|(socket, _)| *socket).unwrap_or_else(|_| otherwise())
}

/// The clock on the relay's wall, which somebody may set wrong.
pub struct WallClock {
    world: Arc<World>,
}

impl WallClock {
    /// The clock of this world.
    pub fn new(world: &Arc<World>) -> Self {
        Self { world: Arc::clone(world) }
    }
}

/// By how much the clock on the wall is wrong.
#[derive(Debug, Default)]
pub struct Error(AtomicI64);

impl Error {
    /// Sets the clock forward, or back.
    pub fn add(&self, millis: i64) {
        self.0.fetch_add(millis, Ordering::Relaxed);
    }

    /// What the clock shows after so many milliseconds.
    pub fn wall(&self, now_ms: u64) -> Timestamp {
        let passed = i64::try_from(now_ms).unwrap_or(i64::MAX);
        Timestamp::from_millis(BEGIN_MS + passed + self.0.load(Ordering::Relaxed))
    }
}

impl Clock for WallClock {
    fn now(&self) -> Timestamp {
        self.world.wall()
    }

    fn uptime(&self) -> Duration {
        Duration::from_millis(self.world.now_ms())
    }
}

/// The relay's randomness: each socket has its own, so that the order in which sessions draw does
/// not matter.
pub struct Chance;

impl Random for Chance {
    fn fill(&self, bytes: &mut [u8]) {
        // Only sessions draw. Whoever else did would draw zeros, and two would soon collide.
        if ON_BEHALF.try_with(|(_, dice)| dice.borrow_mut().fill(bytes)).is_err() {
            bytes.fill(0);
        }
    }
}
