//! The twelve bugs that a simulation must find, each by its name. Those of the session are in the
//! relay, behind its cargo feature `planted`; those of the store, the network and the widget are in
//! the model that stands for them.

/// A planted bug.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plant {
    /// The store answers before it commits.
    AckBeforeCommit,
    /// A query does not name its dealer.
    MissingTenant,
    /// A resume leaves out one message.
    ResumeOffByOne,
    /// A resume is cut short and called complete.
    PartialResume,
    /// A widget sends again under another id.
    RetryWithoutId,
    /// All widgets wait equally long.
    NoJitter,
    /// The sweep takes what is not due.
    SweepEarly,
    /// A socket takes whatever is written.
    UnboundedQueue,
    /// Nobody is told of what another tab said.
    LostWakeUp,
    /// The model is asked twice.
    DoubleCall,
    /// A read sees an old state.
    StaleRead,
    /// A reply that broke off never ends.
    NonTerminalReply,
}

impl Plant {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::AckBeforeCommit,
        Self::MissingTenant,
        Self::ResumeOffByOne,
        Self::PartialResume,
        Self::RetryWithoutId,
        Self::NoJitter,
        Self::SweepEarly,
        Self::UnboundedQueue,
        Self::LostWakeUp,
        Self::DoubleCall,
        Self::StaleRead,
        Self::NonTerminalReply,
    ];

    /// Its name, also in the relay.
    pub fn name(self) -> &'static str {
        match self {
            Self::AckBeforeCommit => "ack-before-commit",
            Self::MissingTenant => "missing-tenant",
            Self::ResumeOffByOne => "resume-skips-one",
            Self::PartialResume => "partial-resume",
            Self::RetryWithoutId => "retry-without-id",
            Self::NoJitter => "no-jitter",
            Self::SweepEarly => "sweep-early",
            Self::UnboundedQueue => "unbounded-queue",
            Self::LostWakeUp => "lost-wake-up",
            Self::DoubleCall => "double-call",
            Self::StaleRead => "stale-read",
            Self::NonTerminalReply => "non-terminal-reply",
        }
    }

    /// Whether it sits in the relay itself; the others sit in what stands for the store, the network
    /// and the widget's timers, and show that the invariants see such a thing, not that the real
    /// store would be caught with it.
    pub fn is_in_relay(self) -> bool {
        match self {
            Self::ResumeOffByOne
            | Self::PartialResume
            | Self::LostWakeUp
            | Self::DoubleCall
            | Self::NonTerminalReply => true,
            Self::AckBeforeCommit
            | Self::MissingTenant
            | Self::RetryWithoutId
            | Self::NoJitter
            | Self::SweepEarly
            | Self::UnboundedQueue
            | Self::StaleRead => false,
        }
    }

    /// The bug of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|plant| plant.name() == name)
    }
}
