//! What must be done, as data. No doing.

use protocol::ClientMessage;

use crate::{
    event::TimerId,
    kept::{KeptOutbox, KeptSession},
};

/// One thing to do, in order. No `Debug`: it may hold what a visitor typed.
#[derive(Clone, PartialEq, Eq)]
pub enum Effect {
    /// Open a socket; drop the one that is there without a word.
    Connect,
    /// Drop the socket; it says nothing more.
    Disconnect,
    /// Send a frame.
    Send(ClientMessage),
    /// Set a timer.
    After(TimerId, u32),
    /// Stop a timer.
    Cancel(TimerId),
    /// Keep the session for this tab's next page (D2: only after the visitor has sent something).
    KeepSession(KeptSession),
    /// Forget the session.
    ForgetSession,
    /// Keep what is not sent yet; forget it where it is empty.
    KeepOutbox(KeptOutbox),
    /// Say it politely (E-40).
    Announce(String),
    /// Say it at once (E-44).
    Alert(String),
    /// Empty the live regions.
    Hush,
    /// Move the focus.
    Focus(Target),
    /// Scroll to the newest message.
    ScrollDown,
    /// Tell the loader; never anything of the transcript.
    Tell(Tell),
}

/// Where the focus can go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// The heading of the chat.
    Title,
    /// The composer.
    Composer,
    /// The heading of the panel.
    Panel,
    /// The first field that needs mending.
    Problem,
    /// The button that opened the panel.
    Person,
}

/// What the loader is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tell {
    /// The chat can be used.
    Ready,
    /// Hide the frame.
    Close,
    /// So many replies came unseen.
    Unread(usize),
    /// The dealer's colours.
    Theme {
        /// The accent colour.
        accent: String,
        /// The colour of text on it.
        on_accent: String,
    },
    /// Something that the dealer's page may count; a name, no content.
    Happened(&'static str),
}
