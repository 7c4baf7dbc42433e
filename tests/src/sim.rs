//! The simulation: a world of visitors, networks, models and disks around the relay's real sessions,
//! on one thread, in simulated time, from a seed that repeats it to the last step.
//!
//! ```text
//! visitors, faults   draw what will be done             → agenda, which does it in one order
//! tab                the widget's own core               → net, the sockets
//! house              the relay's process: real sessions   over net, rows, model
//! rows → disk → book the store: traits, commits, the model of what is kept
//! view, check        the invariants                       → a breach ends the world
//! trace              the number of a run, its last steps
//! ```
//!
//! Real: `relay::session` as a whole, `widget::update` as a whole, the protocol between them. Not
//! real: SQLite (the model of it is held against the store by a test), the providers, the doors.

pub mod agenda;
pub mod book;
pub mod check;
pub mod dice;
pub mod disk;
pub mod faults;
pub mod house;
pub mod model;
pub mod net;
pub mod phases;
pub mod planted;
pub mod rows;
pub mod tab;
pub mod tag;
pub mod time;
pub mod trace;
pub mod view;
pub mod visitors;

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use anyhow::Context;
use protocol::Epoch;
use relay::{clock::Timestamp, domain::dealer::Dealer};
use tokio_util::task::TaskTracker;
use widget::event::Heard;

pub use check::Breach;
pub use planted::Plant;

use agenda::Agenda;
use check::Check;
use dice::Dice;
use disk::Disk;
use house::House;
use net::Socket;
use tab::Tab;
use trace::{Trace, Who};

/// After the clock was set, for so long nothing is concluded from what it shows.
const CLOCK_UNSURE_MS: u64 = 30_000;

/// What a run came to.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The seed.
    pub seed: u64,
    /// The same for the same run.
    pub hash: u64,
    /// How many steps it had.
    pub n_steps: u64,
    /// How much time passed in it, in milliseconds.
    pub simulated_ms: u64,
    /// How many messages were acknowledged.
    pub n_acks: u64,
    /// How many calls of the model there were.
    pub n_calls: u64,
    /// What must never be and was.
    pub breach: Option<Breach>,
    /// The last steps in words, if they were asked for.
    pub last_steps: Vec<String>,
}

/// Runs the world of a seed, with a planted bug or none, and keeps so many of its last steps in words.
pub fn run(seed: u64, plant: Option<Plant>, keep_steps: usize) -> anyhow::Result<Outcome> {
    play(seed, plant, keep_steps, |world| {
        world.invite();
        world.schedule();
    })
    .with_context(|| format!("the world of seed {seed}"))
}

/// Runs a world in which happens what `enter` enters; it ends when somebody ends its agenda.
pub fn play(
    seed: u64,
    plant: Option<Plant>,
    keep_steps: usize,
    enter: impl FnOnce(&Arc<World>),
) -> anyhow::Result<Outcome> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?;
    let world = runtime.block_on(async {
        let world = Arc::new(World::new(seed, plant, keep_steps));
        enter(&world);
        let again = Arc::clone(&world);
        let turning = world.errands.spawn(async move { again.agenda.run(&again).await });
        turning.await.map(|()| {
            world.nothing_panicked();
            world
        })
    })?;
    let simulated_ms = runtime.block_on(async { world.now_ms() });
    world.with_house(House::empty);
    drop(runtime);
    let trace = lock(&world.trace);
    Ok(Outcome {
        seed,
        hash: trace.hash(),
        n_steps: trace.n_steps,
        simulated_ms,
        n_acks: world.with_check(|check| check.n_acks),
        n_calls: world.with_check(|check| check.n_calls),
        breach: world.with_check(|check| check.breach.take()),
        last_steps: trace.last().map(ToString::to_string).collect(),
    })
}

/// A world.
pub struct World {
    /// What all of it is drawn from.
    pub seed: u64,
    /// What is going to happen.
    pub agenda: Agenda,
    /// The dealers.
    pub dealers: Vec<Arc<Dealer>>,
    /// The planted bug.
    pub plant: Option<Plant>,
    errands: TaskTracker,
    disk: Mutex<Disk>,
    check: Mutex<Check>,
    trace: Mutex<Trace>,
    tabs: Mutex<Vec<Tab>>,
    house: Mutex<House>,
    era: AtomicU64,
    is_calm: AtomicBool,
    wall_error: time::Error,
    clock_set_ms: AtomicU64,
}

impl World {
    fn new(seed: u64, plant: Option<Plant>, keep_steps: usize) -> Self {
        Self {
            seed,
            agenda: Agenda::new(),
            dealers: house::dealers(),
            plant,
            errands: TaskTracker::new(),
            disk: Mutex::new(Disk::new(seed)),
            check: Mutex::default(),
            trace: Mutex::new(Trace::keeping(keep_steps)),
            tabs: Mutex::default(),
            house: Mutex::default(),
            era: AtomicU64::new(1),
            is_calm: AtomicBool::new(false),
            wall_error: time::Error::default(),
            clock_set_ms: AtomicU64::new(0),
        }
    }

    /// Milliseconds since the beginning.
    pub fn now_ms(&self) -> u64 {
        self.agenda.now_ms()
    }

    /// What the relay's clock shows.
    pub fn wall(&self) -> Timestamp {
        self.wall_error.wall(self.now_ms())
    }

    fn clock_is_set(&self, by_ms: i64) {
        self.wall_error.add(by_ms);
        self.clock_set_ms.store(self.now_ms(), Ordering::Relaxed);
    }

    /// Whether the clock was not set of late.
    pub fn is_clock_sure(&self) -> bool {
        let set_ms = self.clock_set_ms.load(Ordering::Relaxed);
        set_ms == 0 || set_ms + CLOCK_UNSURE_MS < self.now_ms()
    }

    /// Which incarnation of the database it is.
    pub fn era(&self) -> u64 {
        self.era.load(Ordering::Relaxed)
    }

    fn next_era(&self) {
        self.era.fetch_add(1, Ordering::Relaxed);
    }

    /// The name of this incarnation on the wire.
    pub fn epoch(&self) -> Epoch {
        Epoch::from_bytes(&Dice::new(self.seed, "epoch", self.era()).bytes())
    }

    /// Whether nothing goes wrong any more.
    pub fn is_calm(&self) -> bool {
        self.is_calm.load(Ordering::Relaxed)
    }

    fn be_calm(&self) {
        self.is_calm.store(true, Ordering::Relaxed);
    }

    /// Whether this bug is planted.
    pub fn is_planted(&self, plant: Plant) -> bool {
        self.plant == Some(plant)
    }

    /// Notes a step.
    pub fn note(&self, who: Who, what: &'static str, facts: u64, words: impl FnOnce() -> String) {
        lock(&self.trace).note(self.now_ms(), who, what, facts, words);
    }

    /// An invariant is broken: the world ends here. The first breach is the one that is told.
    pub fn breach(&self, invariant: u8, what: impl FnOnce() -> String) {
        let what = what();
        self.note(Who::World, "BREACH", invariant.into(), || what.clone());
        lock(&self.check).breach.get_or_insert(Breach { invariant, what });
        self.agenda.end();
    }

    /// Does something with the disk.
    pub fn with_disk<T>(&self, deed: impl FnOnce(&mut Disk) -> T) -> T {
        deed(&mut lock(&self.disk))
    }

    /// Does something with what was promised.
    pub fn with_check<T>(&self, deed: impl FnOnce(&mut Check) -> T) -> T {
        deed(&mut lock(&self.check))
    }

    /// Does something with all tabs.
    pub fn with_tabs<T>(&self, deed: impl FnOnce(&mut Vec<Tab>) -> T) -> T {
        deed(&mut lock(&self.tabs))
    }

    /// Does something with one tab.
    pub fn with_tab<T>(&self, number: usize, deed: impl FnOnce(&mut Tab) -> T) -> Option<T> {
        lock(&self.tabs).get_mut(number).map(deed)
    }

    fn with_house<T>(&self, deed: impl FnOnce(&mut House) -> T) -> T {
        deed(&mut lock(&self.house))
    }

    /// Until when a tab's machine sleeps, if it does.
    pub fn sleeps_until(&self, tab: usize) -> Option<u64> {
        let asleep_ms = self.with_tab(tab, |tab| tab.asleep_ms)?;
        (self.now_ms() < asleep_ms).then_some(asleep_ms)
    }

    /// A socket tells its tab something.
    pub fn tab_hears(self: &Arc<Self>, socket: &Arc<Socket>, heard: Heard) {
        self.with_tab(socket.tab, |tab| tab.hear(self, socket, heard));
    }

    /// A frame comes to its tab.
    pub fn tab_reads(self: &Arc<Self>, socket: &Arc<Socket>, text: &str) {
        self.with_tab(socket.tab, |tab| tab.read(self, socket, text));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
