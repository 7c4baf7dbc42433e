//! What people ask for under data-protection law, as a register keeps it (B-30): which kind, when it
//! is due, what was done, how it ended. Never who asked, and never which conversations were theirs:
//! the register outlives the data, so it must lead to nobody.

mod due;
mod words;

use jiff::civil::Date;
use protocol::DealerId;
use serde::{Deserialize, Serialize};

pub use due::{Standing, Tally, day_of, tally};
pub use words::{Action, Channel, EEA, Ground, Jurisdiction, Kind, Outcome, Proof, Reason};

use crate::{
    clock::Timestamp,
    domain::retention::Period,
    limits::{REQUEST_ENTRIES, REQUEST_LIFE_MONTHS},
};

/// One request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Its own id, drawn at random.
    pub id: String,
    /// With whom it was made: the controller.
    pub dealer: DealerId,
    /// The controller's name in law when the request came; it may be removed before the register is.
    pub controller: String,
    /// What is asked for.
    pub kind: Kind,
    /// Whose law it falls under.
    pub law: Jurisdiction,
    /// The day on which it was received.
    pub received: Date,
    /// How it came.
    pub channel: Channel,
    /// How the person showed that the data are theirs.
    pub proof: Proof,
    /// What was done, in order.
    pub entries: Vec<Entry>,
    /// How it ended; `None` while it is open.
    pub closed: Option<Closed>,
}

/// Something that was done about a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// What.
    pub action: Action,
    /// Why, where the clock was stopped or the time made longer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// When it was written down.
    pub at: Timestamp,
}

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closed {
    /// How.
    pub outcome: Outcome,
    /// Why, where not all was done.
    pub ground: Option<Ground>,
    /// When.
    pub at: Timestamp,
}

/// A change of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Something was done.
    Note(Action, Option<Reason>),
    /// It ended.
    Close(Outcome, Option<Ground>),
}

/// Why a change is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Nothing is added to what has ended.
    #[error("it is closed: open another one for what comes after")]
    Closed,
    /// The clock stops under UK law alone.
    #[error(
        "the clock is stopped under UK law alone (UK GDPR Art. 12A): ask at once, and answer or refuse in time"
    )]
    NoPause,
    /// A complaint is due by a fixed day.
    #[error("the time of a complaint is neither stopped nor made longer: acknowledge it in time")]
    FixedTime,
    /// It needs a reason of these.
    #[error("it needs --reason: {0}")]
    NeedsReason(&'static str),
    /// It takes no reason.
    #[error("--reason belongs to paused and extended")]
    NoReason,
    /// Which data are meant may be asked of access alone.
    #[error(
        "the clock is stopped for a clarification only where access is asked for (UK GDPR Art. 12A(5))"
    )]
    OnlyAccess,
    /// It stands still already.
    #[error("its clock is stopped already: note `resumed` first")]
    Paused,
    /// It does not stand still.
    #[error("its clock is not stopped")]
    Running,
    /// Its time was made longer already.
    #[error("its time was made longer already, and the law allows it once (Art. 12(3))")]
    Extended,
    /// Its time is over.
    #[error("its time is over: it can be neither stopped nor made longer any more; answer now")]
    Late,
    /// There are too many entries.
    #[error("it has {REQUEST_ENTRIES} entries already")]
    TooMany,
    /// Not all was done, and nobody says why.
    #[error("say why with --ground: {0}")]
    NeedsGround(String),
    /// All was done, and a reason is given why not.
    #[error("--ground says why not all was done: leave it out, or say --outcome partly or refused")]
    NoGround,
    /// This request can't be refused so.
    #[error("that is no ground for this kind of request: {0}")]
    WrongGround(String),
}

impl Request {
    /// The same after a change at this moment, or why it is refused.
    pub fn changed(mut self, change: Change, now: Timestamp) -> Result<Self, Refusal> {
        if self.closed.is_some() {
            return Err(Refusal::Closed);
        }
        match change {
            Change::Note(action, reason) => {
                self.may(action, reason, now)?;
                self.entries.push(Entry { action, reason, at: now });
            }
            Change::Close(outcome, ground) => {
                self.may_end(outcome, ground)?;
                self.closed = Some(Closed { outcome, ground, at: now });
            }
        }
        Ok(self)
    }

    /// When the register forgets it; never while it is open.
    pub fn expires_at(&self) -> Option<Timestamp> {
        let life = Period::of_months(REQUEST_LIFE_MONTHS);
        self.closed.map(|closed| life.after(closed.at))
    }

    fn may(&self, action: Action, reason: Option<Reason>, now: Timestamp) -> Result<(), Refusal> {
        if REQUEST_ENTRIES <= self.entries.len() {
            return Err(Refusal::TooMany);
        }
        let standing = self.standing(day_of(now));
        match action {
            Action::Paused | Action::Extended if self.kind == Kind::Complaint => {
                Err(Refusal::FixedTime)
            }
            Action::Paused if self.law != Jurisdiction::Uk => Err(Refusal::NoPause),
            Action::Paused if standing.is_paused => Err(Refusal::Paused),
            Action::Paused | Action::Extended if standing.is_overdue() => Err(Refusal::Late),
            Action::Paused => match reason {
                Some(Reason::Identity | Reason::Fee) => Ok(()),
                Some(Reason::Clarification) if self.kind == Kind::Access => Ok(()),
                Some(Reason::Clarification) => Err(Refusal::OnlyAccess),
                _ => Err(Refusal::NeedsReason("identity, fee or clarification")),
            },
            Action::Extended if self.has(Action::Extended) => Err(Refusal::Extended),
            Action::Extended => match reason {
                Some(Reason::Complex | Reason::Many) => Ok(()),
                _ => Err(Refusal::NeedsReason("complex or many")),
            },
            _ if reason.is_some() => Err(Refusal::NoReason),
            Action::Resumed if !standing.is_paused => Err(Refusal::Running),
            _ => Ok(()),
        }
    }

    fn may_end(&self, outcome: Outcome, ground: Option<Ground>) -> Result<(), Refusal> {
        let fitting = || {
            let fits = Ground::ALL.iter().filter(|ground| ground.fits(self.kind));
            let words: Vec<_> = fits.map(|ground| ground.word()).collect();
            // A consent is taken back, whatever anybody thinks of it.
            if words.is_empty() { "none; it is granted".to_owned() } else { words.join(", ") }
        };
        match (outcome, ground) {
            (Outcome::Granted, None) => Ok(()),
            (Outcome::Granted, Some(_)) => Err(Refusal::NoGround),
            (_, None) => Err(Refusal::NeedsGround(fitting())),
            (_, Some(ground)) if ground.fits(self.kind) => Ok(()),
            (_, Some(_)) => Err(Refusal::WrongGround(fitting())),
        }
    }

    /// Whether this was done.
    pub fn has(&self, action: Action) -> bool {
        self.entries.iter().any(|entry| entry.action == action)
    }
}

#[cfg(test)]
pub(crate) mod tests;
