//! One visitor's socket, from `hello` to its end.
//!
//! Decides in pure code (`greeting`, `open`), acts in one place (`driver`). What outlives a
//! socket, the conversation's replies, lives in `thread`, `live` and `reply`.

pub mod answers;
pub mod awaited;
pub mod bad;
pub mod beginnings;
pub mod driver;
pub mod effect;
pub mod event;
pub mod frames;
pub mod greeting;
pub mod link;
pub mod live;
mod offer;
pub mod open;
pub mod pace;
mod question;
pub mod refusal;
pub mod reply;
pub mod rows;
pub mod spending;
pub mod thread;
pub mod unkept;
pub mod views;

#[cfg(test)]
mod tests;

use std::time::Duration;

use self::{effect::Effect, event::Event, greeting::Greeting, open::Open};

/// A session: before its greeting, in conversation, or over.
///
/// A state that can't do a thing has no method for it; the step from one to the next consumes it.
#[derive(Debug)]
pub enum Session {
    /// Waits for `hello`, then for what the store knows.
    Greeting(Greeting),
    /// In conversation.
    Open(Box<Open>),
    /// Nothing more follows.
    Closed,
}

impl Session {
    /// A session whose socket was opened `now`, in time that never goes back.
    pub fn new(now: Duration) -> Self {
        Self::Greeting(Greeting::new(now))
    }

    /// Takes in one event and returns what must be done, in order.
    pub fn handle(&mut self, event: Event, now: Duration) -> Vec<Effect> {
        let (next, effects) = match std::mem::replace(self, Self::Closed) {
            Self::Greeting(greeting) => greeting.handle(event, now),
            Self::Open(mut open) => {
                let effects = open.handle(event, now);
                (Self::Open(open), effects)
            }
            Self::Closed => (Self::Closed, Vec::new()),
        };
        let over = effects.iter().any(|effect| matches!(effect, Effect::Close(_)));
        *self = if over { Self::Closed } else { next };
        effects
    }

    /// When `Event::Tick` is wanted at the latest.
    pub fn deadline(&self) -> Option<Duration> {
        match self {
            Self::Greeting(greeting) => Some(greeting.deadline()),
            Self::Open(open) => Some(open.deadline()),
            Self::Closed => None,
        }
    }
}
