//! The fault rig: tests of reliability that need processes, and their negative controls.
//!
//! Each test prints its figures and passes only if every criterion held *and* every control, a
//! build or a setting known to be wrong, was caught. `cargo xtask rig TNN --tier pr` runs one.

mod canary;
pub mod check;
pub mod damage;
pub mod faulty;
pub mod findings;
#[cfg(target_os = "linux")]
pub mod forgetful;
pub mod inject;
pub mod integrity;
pub mod ledger;
mod owed;
pub mod probe;
pub mod scene;
pub mod shipping;
pub mod sim;
pub mod small_disk;
pub mod stage;
pub mod steps;
pub mod swarm;
pub mod t01;
pub mod t02;
pub mod t03;
pub mod t05;
pub mod t06;
pub mod t07;
pub mod t11;
#[cfg(target_os = "linux")]
pub mod t12;
pub mod t13;
pub mod t14;
pub mod t15;
pub mod t16;
pub mod t17;
pub mod t22;
pub mod t23;
pub mod t24;
pub mod t26;
pub mod t27;
pub mod t28;
pub mod t29;
pub mod t30;
pub mod t31;
pub mod t34;
pub mod t35;
pub mod t36;
pub mod t37;
pub mod t41;
pub mod t42;
pub mod t44;
pub mod t60;
pub mod t61;
pub mod t67;
pub mod tabs;
pub mod talker;
mod weeks;

use std::time::Duration;

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
    /// After how long a test counts as hung: many times what it takes.
    pub fn patience(self) -> Duration {
        self.pick(Duration::from_mins(5), Duration::from_hours(2), Duration::from_hours(24))
    }

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
        name: "T01",
        what: "an idle fleet: what an open chat costs whose visitor says nothing",
        run: |tier, findings| Box::pin(t01::run(tier, findings)),
    },
    Test {
        name: "T02",
        what: "durable acknowledgements: how many a second, and how long each takes",
        run: |tier, findings| Box::pin(t02::run(tier, findings)),
    },
    Test {
        name: "T03",
        what: "what the relay adds to a reply: its first word, each word, not a byte",
        run: |tier, findings| Box::pin(t03::run(tier, findings)),
    },
    Test {
        name: "T05",
        what: "a polite reconnect storm: all back with all they had, and talks go on",
        run: |tier, findings| Box::pin(t05::run(tier, findings)),
    },
    Test {
        name: "T06",
        what: "a storm without manners, twice: the excess is shed and comes back",
        run: |tier, findings| Box::pin(t06::run(tier, findings)),
    },
    Test {
        name: "T07",
        what: "a noisy dealer is slowed down, and nobody else notices",
        run: |tier, findings| Box::pin(t07::run(tier, findings)),
    },
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
    Test {
        name: "T29",
        what: "the mail server is down for 72 hours: no lead is lost, each has one id",
        run: |tier, findings| Box::pin(t29::run(tier, findings)),
    },
    Test {
        name: "T30",
        what: "a dealer's system is down for 20 days: no lead is lost or doubled, each is tried on time",
        run: |tier, findings| Box::pin(t30::run(tier, findings)),
    },
    Test {
        name: "T31",
        what: "a rolling deploy: nothing lost, nobody refused, replies end, a gap of seconds",
        run: |tier, findings| Box::pin(t31::run(tier, findings)),
    },
    Test {
        name: "T34",
        what: "the Autobahn test suite against the relay's own sockets",
        run: |tier, findings| Box::pin(t34::run(tier, findings)),
    },
    Test {
        name: "T35",
        what: "frames as no widget writes them: closed by their code, at no one else's cost",
        run: |tier, findings| Box::pin(t35::run(tier, findings)),
    },
    Test {
        name: "T36",
        what: "HTTP as no browser speaks it: refused in time, memory bounded, as quick as before",
        run: |tier, findings| Box::pin(t36::run(tier, findings)),
    },
    Test {
        name: "T37",
        what: "JSON that no client writes: no panic, a typed refusal, one meaning",
        run: |tier, findings| Box::pin(t37::run(tier, findings)),
    },
    Test {
        name: "T41",
        what: "a spreadsheet of leads calculates nothing",
        run: |_, findings| {
            t41::run(findings);
            Box::pin(std::future::ready(Ok(())))
        },
    },
    Test {
        name: "T42",
        what: "whatever is typed comes through each channel readable and harmless",
        run: |tier, findings| Box::pin(t42::run(tier, findings)),
    },
    Test {
        name: "T44",
        what: "nothing is delivered into the relay's own network",
        run: |tier, findings| Box::pin(t44::run(tier, findings)),
    },
    Test {
        name: "T60",
        what: "retention to the millisecond: hidden at the end, gone with the hour, nothing early",
        run: |tier, findings| Box::pin(t60::run(tier, findings)),
    },
    Test {
        name: "T61",
        what: "what is left of words: none stands in clear, and of what is erased not a trace",
        run: |tier, findings| Box::pin(t61::run(tier, findings)),
    },
    Test {
        name: "T67",
        what: "leads with other people's addresses make nobody write to them",
        run: |tier, findings| Box::pin(t67::run(tier, findings)),
    },
    Test {
        name: "SIM",
        what: "simulated worlds: no seed breaks an invariant, twelve planted bugs are found",
        run: |tier, findings| Box::pin(sim::run(tier, findings)),
    },
];
