//! Whether the clock on the wall can be believed (G-27): it is held against the machine's own
//! time, which nobody can set. Pure.
//!
//! Deleting is for good, so a clock that jumped deletes nothing until it has stayed where it is
//! for a day, or the operator says that it is right. After a start of the machine its own time says
//! nothing, and a machine that was off for weeks must delete what is overdue before it serves
//! (G-26): then the wall is believed within `CLOCK_DOWN_MAX`, but never before what was believed.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{
    clock::{MachineTime, Timestamp},
    limits::{CLOCK_AGREES, CLOCK_DOWN_MAX, CLOCK_JUMP, CLOCK_YIELDS},
};

/// What is believed, as it is kept between two looks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Belief {
    /// The time that is believed …
    pub time: Timestamp,
    /// … as it was then by the machine.
    pub machine: MachineTime,
    /// The clock that is not believed, since it was first seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doubted: Option<Reading>,
    /// Whether a clock that was ahead and not believed may have dated what was written.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ahead: bool,
}

/// Both clocks at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// The clock on the wall.
    pub wall: Timestamp,
    /// The machine's own.
    pub machine: MachineTime,
}

/// What a look came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// What was past its end then may be deleted.
    Sure(Timestamp),
    /// Nothing may be deleted.
    Doubt(Doubt),
}

/// A clock that is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Doubt {
    /// What it shows.
    pub wall: Timestamp,
    /// What it should show.
    pub believed: Timestamp,
    /// How long it must stay where it is to be believed; never by itself where it went back.
    pub wait: Option<Duration>,
}

impl std::fmt::Display for Doubt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { wall, believed, wait } = self;
        let until = match wait {
            Some(wait) => format!("it has stayed so for {} h more", wait.as_secs().div_ceil(3_600)),
            None => "it is set right".to_owned(),
        };
        write!(
            f,
            "the clock shows {wall} where {believed} was expected; nothing is deleted until {until} or `forecourt retention confirm` says that it is right"
        )
    }
}

impl Belief {
    /// The clock is believed as it is: at the first start, or because the operator says so.
    pub fn begin(now: Reading) -> Self {
        Self { time: now.wall, machine: now.machine, doubted: None, ahead: false }
    }

    /// The time now, if what was believed is true and the machine has not been started since.
    pub fn time_at(&self, machine: &MachineTime) -> Timestamp {
        self.time.plus(self.passed(machine).unwrap_or_default())
    }

    /// How long ago that was by the machine; unknown where it was started since.
    fn passed(&self, machine: &MachineTime) -> Option<Duration> {
        let passed = machine.since_ms.checked_sub(self.machine.since_ms)?;
        (machine.boot == self.machine.boot).then_some(())?;
        u64::try_from(passed).ok().map(Duration::from_millis)
    }

    /// Looks at both clocks.
    pub fn look(self, now: Reading) -> (Self, Verdict) {
        match self.agrees(&now) {
            Some(time) => {
                let until = time.min(now.wall);
                let machine = now.machine;
                (Self { time, machine, doubted: None, ..self }, Verdict::Sure(until))
            }
            None => self.doubt(now),
        }
    }

    /// The time that is believed from now on, if the wall is near enough to it. A small difference
    /// is given way to little by little, so that it brings no deletion forward.
    fn agrees(&self, now: &Reading) -> Option<Timestamp> {
        let (time, back, ahead, limit) = match self.passed(&now.machine) {
            Some(passed) => {
                let yields = passed / CLOCK_YIELDS;
                (self.time.plus(passed), yields, yields, CLOCK_JUMP)
            }
            // How long the machine was down only the wall knows.
            None => (self.time, Duration::ZERO, CLOCK_DOWN_MAX, CLOCK_DOWN_MAX),
        };
        let near = time.minus(CLOCK_JUMP) <= now.wall && now.wall <= time.plus(limit);
        near.then(|| now.wall.max(time.minus(back)).min(time.plus(ahead)))
    }

    /// Counts how long a clock that is ahead has stayed where it is.
    fn doubt(self, now: Reading) -> (Self, Verdict) {
        let believed = self.time_at(&now.machine);
        let first = self.doubted.clone().filter(|first| first.goes_on_to(&now));
        let first = first.unwrap_or_else(|| now.clone());
        let stayed = now.machine.since_ms - first.machine.since_ms;
        let stayed = Duration::from_millis(u64::try_from(stayed).unwrap_or(0));
        let is_ahead = believed < now.wall;
        if is_ahead && CLOCK_AGREES <= stayed {
            let wall = now.wall;
            return (Self::begin(now), Verdict::Sure(wall));
        }
        let wait = is_ahead.then(|| CLOCK_AGREES.saturating_sub(stayed));
        let doubt = Doubt { wall: now.wall, believed, wait };
        let ahead = self.ahead || is_ahead;
        (Self { doubted: Some(first), ahead, ..self }, Verdict::Doubt(doubt))
    }
}

impl Reading {
    /// Whether a later reading is what this one leads to when time passes.
    fn goes_on_to(&self, later: &Self) -> bool {
        let passed = later.machine.since_ms - self.machine.since_ms;
        let on_the_wall = later.wall.millis() - self.wall.millis();
        let apart = Duration::from_millis(on_the_wall.abs_diff(passed));
        self.machine.boot == later.machine.boot && 0 <= passed && apart <= CLOCK_JUMP
    }
}

#[cfg(test)]
mod tests;
