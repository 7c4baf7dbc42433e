//! What happened: a number that is the same for the same run, and the last steps in words.

use std::{collections::VecDeque, fmt};

use super::dice::{digest, mix};

/// One thing that happened.
#[derive(Clone, Debug)]
pub struct Step {
    at_ms: u64,
    who: Who,
    what: &'static str,
    details: String,
}

/// To whom it happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// A tab, by its number.
    Tab(usize),
    /// The store.
    Store,
    /// A model.
    Model,
    /// The relay's process, the network, the clock.
    World,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, millis) = (self.at_ms / 1_000, self.at_ms % 1_000);
        write!(f, "{seconds:5}.{millis:03}  ")?;
        match self.who {
            Who::Tab(number) => write!(f, "tab {number:<4}")?,
            Who::Store => f.write_str("store   ")?,
            Who::Model => f.write_str("model   ")?,
            Who::World => f.write_str("world   ")?,
        }
        write!(f, " {} {}", self.what, self.details)
    }
}

/// All that happened.
#[derive(Debug, Default)]
pub struct Trace {
    /// The sum of all steps' numbers. A sum, since what falls into one millisecond has no order.
    hash: u64,
    /// How many steps there were.
    pub n_steps: u64,
    /// How many are kept in words; none while nobody reads them.
    keep: usize,
    last: VecDeque<Step>,
}

impl Trace {
    /// A trace that keeps its last steps in words, too.
    pub fn keeping(keep: usize) -> Self {
        Self { keep, ..Self::default() }
    }

    /// Notes a step: `facts` tell it from others, `words` say it to a person.
    pub fn note(
        &mut self,
        at_ms: u64,
        who: Who,
        what: &'static str,
        facts: u64,
        words: impl FnOnce() -> String,
    ) {
        let number = match who {
            Who::Tab(number) => number as u64,
            Who::Store => u64::MAX,
            Who::Model => u64::MAX - 1,
            Who::World => u64::MAX - 2,
        };
        let step = mix(at_ms) ^ mix(number.wrapping_mul(3)).rotate_left(7) ^ digest(what);
        self.hash = self.hash.wrapping_add(mix(step ^ mix(facts).rotate_left(23)));
        self.n_steps += 1;
        if 0 < self.keep {
            if self.last.len() == self.keep {
                self.last.pop_front();
            }
            self.last.push_back(Step { at_ms, who, what, details: words() });
        }
    }

    /// The number of the whole run.
    pub fn hash(&self) -> u64 {
        mix(self.hash ^ mix(self.n_steps))
    }

    /// The last steps, oldest first.
    pub fn last(&self) -> impl Iterator<Item = &Step> {
        self.last.iter()
    }
}
