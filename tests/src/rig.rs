//! The fault rig: tests of reliability that need processes, and their negative controls.
//!
//! Each test prints its figures and passes only if every criterion held *and* every control, a
//! build or a setting known to be wrong, was caught. `cargo xtask rig TNN --tier pr` runs one.

pub mod faulty;
pub mod findings;
pub mod ledger;
pub mod scene;
pub mod swarm;
pub mod t11;
pub mod t22;
pub mod t23;
pub mod t24;
pub mod t26;
pub mod t27;
pub mod t28;
pub mod tabs;

use futures_util::future::BoxFuture;

pub use findings::Findings;

/// How thorough a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Tier {
    /// For each change: all tests together take at most six minutes, on debug builds.
    Pr,
    /// For each night, on release builds: the criteria of speed and size count from here on.
    N,
    /// For each release.
    R,
}

impl Tier {
    /// The one of three values that this tier asks for.
    pub fn pick<T>(self, pr: T, n: T, r: T) -> T {
        match self {
            Self::Pr => pr,
            Self::N => n,
            Self::R => r,
        }
    }
}

/// One test of the rig.
pub struct Test {
    /// Its number in the plan.
    pub name: &'static str,
    /// What it proves, in one line.
    pub what: &'static str,
    /// Runs it and its control.
    pub run: for<'a> fn(Tier, &'a mut Findings) -> BoxFuture<'a, anyhow::Result<()>>,
}

/// Runs what opens a store, or has a relay in this process, on a thread of its own: such work may
/// not change threads, which a test's does.
pub async fn on_a_thread<T, F>(work: impl FnOnce() -> F + Send + 'static) -> anyhow::Result<T>
where
    T: Send + 'static,
    F: Future<Output = anyhow::Result<T>>,
{
    let handle = tokio::runtime::Handle::current();
    tokio::task::spawn_blocking(move || handle.block_on(work())).await?
}

/// All of them, in order.
pub const TESTS: &[Test] = &[
    Test {
        name: "T11",
        what: "kill -9 under load: nothing acknowledged is lost or doubled",
        run: |tier, findings| Box::pin(t11::run(tier, findings)),
    },
    Test {
        name: "T22",
        what: "a provider that is busy or down: few calls, a breaker, an answer for everybody",
        run: |tier, findings| Box::pin(t22::run(tier, findings)),
    },
    Test {
        name: "T23",
        what: "a provider that hangs, trickles or breaks off: an honest end in time, nothing left open",
        run: |tier, findings| Box::pin(t23::run(tier, findings)),
    },
    Test {
        name: "T24",
        what: "a provider that sends garbage: an end for every answer, bounded length and memory",
        run: |tier, findings| Box::pin(t24::run(tier, findings)),
    },
    Test {
        name: "T26",
        what: "cut at any byte in mid-answer, in two tabs: the same transcript, one call a turn",
        run: |tier, findings| Box::pin(t26::run(tier, findings)),
    },
    Test {
        name: "T27",
        what: "the same message again and again, on two sockets at once: one row, one call, one place",
        run: |tier, findings| Box::pin(t27::run(tier, findings)),
    },
    Test {
        name: "T28",
        what: "a clock that jumps: nothing is deleted early, nothing comes back, nothing stops",
        run: |tier, findings| Box::pin(t28::run(tier, findings)),
    },
];
