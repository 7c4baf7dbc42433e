//! The fault rig: tests of reliability that need processes, and their negative controls.
//!
//! Each test prints its figures and passes only if every criterion held *and* every control, a
//! build or a setting known to be wrong, was caught. `cargo xtask rig TNN --tier pr` runs one.

pub mod damage;
pub mod findings;
#[cfg(target_os = "linux")]
pub mod forgetful;
pub mod inject;
pub mod integrity;
pub mod ledger;
pub mod load;
pub mod small_disk;
pub mod swarm;
pub mod t11;
#[cfg(target_os = "linux")]
pub mod t12;
pub mod t13;
pub mod t14;
pub mod t15;
pub mod t16;
pub mod t17;
pub mod talker;

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

/// All of them, in order.
pub const TESTS: &[Test] = &[
    Test {
        name: "T11",
        what: "kill -9 under load: nothing acknowledged is lost or doubled",
        run: |tier, findings| Box::pin(t11::run(tier, findings)),
    },
    #[cfg(target_os = "linux")]
    Test {
        name: "T12",
        what: "the power goes: every acknowledged message was on the disk",
        run: |tier, findings| Box::pin(t12::run(tier, findings)),
    },
    Test {
        name: "T13",
        what: "the Nth system call fails: no acknowledgement without a commit, none after a failed sync",
        run: |tier, findings| Box::pin(t13::run(tier, findings)),
    },
    Test {
        name: "T14",
        what: "a full disk: refused by name, read on, recovered by itself",
        run: |tier, findings| Box::pin(t14::run(tier, findings)),
    },
    Test {
        name: "T15",
        what: "other processes on the same file: bounded memory and log, one relay at a time",
        run: |tier, findings| Box::pin(t15::run(tier, findings)),
    },
    Test {
        name: "T16",
        what: "damaged files: detected or harmless, never silently wrong",
        run: |tier, findings| Box::pin(t16::run(tier, findings)),
    },
    Test {
        name: "T17",
        what: "backup under load, kill, restore: a new epoch, and everyone is told",
        run: |tier, findings| Box::pin(t17::run(tier, findings)),
    },
];
