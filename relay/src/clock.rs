//! Time as an argument: nothing else in the relay reads a clock (D8).

use std::{
    fmt, fs,
    sync::atomic::{AtomicI64, AtomicU64, Ordering},
    time::Duration,
};

use serde::{Deserialize, Serialize};

/// A moment: milliseconds since 1970-01-01T00:00:00Z.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The moment of these milliseconds since 1970-01-01T00:00:00Z.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// The moment that much later; stops at the end of time.
    #[must_use]
    pub fn plus(self, time: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(time.as_millis()).unwrap_or(i64::MAX)))
    }

    /// The moment that much earlier; stops at the beginning of time.
    #[must_use]
    pub fn minus(self, time: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(time.as_millis()).unwrap_or(i64::MAX)))
    }

    /// How long ago `earlier` was; zero if it lies ahead.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// The day of the moment, in UTC: `2026-11-22`.
    pub fn day(self) -> String {
        self.to_jiff().strftime("%Y-%m-%d").to_string()
    }

    /// The moment in UTC, for calendar arithmetic and print.
    pub fn to_jiff(self) -> jiff::Timestamp {
        jiff::Timestamp::from_millisecond(self.0).unwrap_or(jiff::Timestamp::MAX)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.0}", self.to_jiff())
    }
}

/// Where time comes from.
pub trait Clock: Send + Sync + 'static {
    /// The moment on the wall.
    fn now(&self) -> Timestamp;

    /// Time that never goes back, from some fixed point in the past.
    fn uptime(&self) -> Duration;

    /// The machine's own time: it goes on while programs come and go.
    fn machine(&self) -> MachineTime;
}

/// Time since a machine was started, sleep included. It knows nothing of the wall.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MachineTime {
    /// Which start of which machine: times of another one can't be compared.
    pub boot: String,
    /// The time since then, in milliseconds.
    pub since_ms: i64,
}

/// The machine's clocks.
#[derive(Debug)]
pub struct SystemClock {
    start: std::time::Instant,
    /// The id of this start of the machine; this program's own where there is none.
    boot: Boot,
}

#[derive(Debug)]
enum Boot {
    Machine(String),
    Program(String),
}

impl Default for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
    fn default() -> Self {
        let boot = match fs::read_to_string("/proc/sys/kernel/random/boot_id") {
            Ok(id) if since_boot().is_some() => Boot::Machine(id.trim().to_owned()),
            _ => {
                let now = jiff::Timestamp::now().as_millisecond();
                Boot::Program(format!("program {} {now}", std::process::id()))
            }
        };
        Self { start: std::time::Instant::now(), boot }
    }
}

/// Since the machine was started, where the system tells: unlike `Instant`, asleep or not.
fn since_boot() -> Option<Duration> {
    let text = fs::read_to_string("/proc/uptime").ok()?;
    let seconds = text.split_whitespace().next()?.parse().ok()?;
    Duration::try_from_secs_f64(seconds).ok()
}

fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
    fn now(&self) -> Timestamp {
        Timestamp(jiff::Timestamp::now().as_millisecond())
    }

    fn uptime(&self) -> Duration {
        self.start.elapsed()
    }

    fn machine(&self) -> MachineTime {
        let (boot, since) = match &self.boot {
            Boot::Machine(id) => (id, since_boot().unwrap_or_else(|| self.start.elapsed())),
            Boot::Program(id) => (id, self.start.elapsed()),
        };
        MachineTime { boot: boot.clone(), since_ms: millis(since) }
    }
}

/// A clock that stands until it is moved: for tests of retention, budgets and limits.
#[derive(Debug, Default)]
pub struct ManualClock {
    now_ms: AtomicI64,
    up_ms: AtomicI64,
    boots: AtomicU64,
}

impl ManualClock {
    /// A clock that shows `now`.
    pub fn at(now: Timestamp) -> Self {
        Self { now_ms: AtomicI64::new(now.0), ..Self::default() }
    }

    /// Lets time pass.
    pub fn advance(&self, time: Duration) {
        self.now_ms.fetch_add(millis(time), Ordering::SeqCst);
        self.up_ms.fetch_add(millis(time), Ordering::SeqCst);
    }

    /// Lets time pass until then; what lies in the past is stepped back to.
    pub fn set(&self, now: Timestamp) {
        let before = self.now_ms.swap(now.0, Ordering::SeqCst);
        self.up_ms.fetch_add(now.0.saturating_sub(before).max(0), Ordering::SeqCst);
    }

    /// Moves the hands on the wall while no time passes, as a wrong time server does.
    pub fn step(&self, now: Timestamp) {
        self.now_ms.store(now.0, Ordering::SeqCst);
    }

    /// Starts the machine again: how long that took, nobody knows but the wall.
    pub fn reboot(&self) {
        self.boots.fetch_add(1, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.now_ms.load(Ordering::SeqCst))
    }

    fn uptime(&self) -> Duration {
        Duration::from_millis(u64::try_from(self.up_ms.load(Ordering::SeqCst)).unwrap_or(0))
    }

    fn machine(&self) -> MachineTime {
        MachineTime {
            boot: format!("boot {}", self.boots.load(Ordering::SeqCst)),
            since_ms: self.up_ms.load(Ordering::SeqCst),
        }
    }
}
