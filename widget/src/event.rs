//! Everything that can happen, in four groups: visitor, link, timer, page. No handling.

use protocol::{
    ClientMsgId, ReplyId, ServerMessage,
    lead::{FieldKind, LeadKind},
};

use crate::kept::{KeptOutbox, KeptSession};

/// What the core is told beside an event: time and chance are arguments (D8).
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// Milliseconds since 1970-01-01T00:00:00Z by the visitor's clock; only ever compared with itself.
    pub now_ms: i64,
    /// 32 even random bits, for jitter; not a secret.
    pub random: u32,
}

/// Something that happened. No `Debug`: it may hold what a visitor typed.
#[derive(Clone, PartialEq, Eq)]
pub enum Event {
    /// The visitor acted.
    Visitor(Visitor),
    /// The socket spoke.
    Link(Heard),
    /// A timer that the core had asked for came due.
    Timer(TimerId),
    /// The page, the frame or the network changed.
    Page(Page),
}

/// What a visitor can do.
#[derive(Clone, PartialEq, Eq)]
pub enum Visitor {
    /// The composer holds this text now.
    Typed(String),
    /// Send what the composer holds; `id` is fresh.
    Submit(ClientMsgId),
    /// Send a suggestion; `id` is fresh.
    Suggest(usize, ClientMsgId),
    /// Stop the reply that is being written.
    Stop,
    /// Ask again for a reply that did not end well.
    Again(ReplyId),
    /// Send a refused message once more.
    Resend(ClientMsgId),
    /// Bring a refused message back to the composer.
    Edit(ClientMsgId),
    /// Connect at once.
    TryNow,
    /// Go to the newest message.
    Down,
    /// Close the chat.
    Close,
    /// The Escape key: closes the panel, or the chat.
    Escape,
    /// Talk to a person.
    OpenPerson,
    /// Leave details.
    OpenLead,
    /// Leave details for this wish.
    OpenForm(LeadKind),
    /// Choose this wish in the form.
    Choose(LeadKind),
    /// Back to the chat.
    ClosePanel,
    /// A field of the form holds this text now.
    Field(FieldKind, String),
    /// Show what will be sent, though this field of the form is half filled in: browsers tell no value of a
    /// date without a year.
    Half(FieldKind),
    /// A box of the form was ticked or unticked.
    Tick(usize, bool),
    /// Whether replies are announced (E-45).
    Announced(bool),
    /// Whether replies are shown only when they are whole (E-45).
    Whole(bool),
    /// Show what will be sent.
    Review,
    /// Change it.
    Amend,
    /// Send the details; `id` is fresh.
    SendLead(ClientMsgId),
}

/// What the socket says.
#[derive(Clone, PartialEq, Eq)]
pub enum Heard {
    /// It is open.
    Opened,
    /// A frame that was understood.
    Frame(ServerMessage),
    /// A frame of a known type that was not of the known shape.
    Unreadable,
    /// It is closed; 1006 where the browser names no code.
    Closed(u16),
}

/// The timers of the core. Setting one that runs sets it anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimerId {
    /// Time for another try.
    Reconnect,
    /// The socket did not open, or no welcome came.
    Greeting,
    /// Time to ask whether the relay is there.
    Ping,
    /// The relay did not answer.
    Pong,
    /// Time to send again what was held back.
    Resend,
    /// A reply may have been silent for long.
    StillWorking,
    /// Typing has paused.
    SaveDraft,
    /// An announcement is old.
    Hush,
}

impl TimerId {
    /// All timers.
    pub const ALL: [Self; 8] = [
        Self::Reconnect,
        Self::Greeting,
        Self::Ping,
        Self::Pong,
        Self::Resend,
        Self::StillWorking,
        Self::SaveDraft,
        Self::Hush,
    ];
}

/// What the page says.
#[derive(Clone, PartialEq, Eq)]
pub enum Page {
    /// The widget stands, with what this tab had kept.
    Mounted {
        /// The session of an earlier page of this tab.
        session: Option<KeptSession>,
        /// What was not sent yet.
        outbox: Option<Box<KeptOutbox>>,
        /// Whether the browser has a network.
        online: bool,
        /// Whether the visitor asked for less motion (E-14).
        calm: bool,
        /// Whether a finger is the pointer: then focus must not raise the keyboard.
        touch: bool,
    },
    /// The loader shows the frame; whether the visitor's focus is in it.
    Shown(bool),
    /// The loader hides the frame.
    Hidden,
    /// The browser has a network again.
    Online,
    /// The browser has lost its network.
    Offline,
    /// The tab is seen again, perhaps after a sleep.
    Awake,
    /// The page may go for good.
    Leaving,
    /// The transcript was scrolled: to its end, or away from it.
    Scrolled(bool),
    /// There is more or less room: a keyboard came or went.
    Resized,
}
