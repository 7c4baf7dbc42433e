//! What must be done, as data. No doing.

use protocol::ClientMessage;
use serde::{Serialize, Serializer, ser::SerializeMap};

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
    /// What opened the panel.
    Opener,
}

/// What the loader is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tell {
    /// Hide the frame.
    Close,
    /// So many replies came unseen.
    Unread(u32),
    /// Something that the dealer's page may count; a name, no content.
    Happened(&'static str),
}

/// As `www/loader` reads it. A map and no struct: the names of a struct's fields would bring a cache of
/// their own, which weighs a kilobyte.
impl Serialize for Tell {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match self {
            Self::Close => map.serialize_entry("type", "close")?,
            Self::Unread(count) => {
                map.serialize_entry("type", "unread")?;
                map.serialize_entry("count", count)?;
            }
            Self::Happened(name) => {
                map.serialize_entry("type", "event")?;
                map.serialize_entry("name", *name)?;
            }
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loader_is_told_a_kind_and_a_number_or_a_name() {
        let told = |tell: &Tell| serde_json::to_string(tell).expect("what is told is JSON");
        assert_eq!(told(&Tell::Close), r#"{"type":"close"}"#);
        assert_eq!(told(&Tell::Unread(3)), r#"{"type":"unread","count":3}"#);
        assert_eq!(told(&Tell::Happened("lead-sent")), r#"{"type":"event","name":"lead-sent"}"#);
    }
}
