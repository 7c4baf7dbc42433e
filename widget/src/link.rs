//! The WebSocket: frames to events, messages to frames. It decides nothing; `update` does.
//!
//! The browser's own socket with three listeners. A queue of frames between it and the chat, as gloo-net has
//! one without a bound, would weigh 6 KiB and hold nothing: each frame is handled when it comes, and one
//! beyond the limit is not read at all.

use protocol::{ClientMessage, limits::MAX_FRAME_BYTES};
use wasm_bindgen::JsCast;
use web_sys::{CloseEvent, MessageEvent, WebSocket};

use crate::{
    dom::{self, Listener},
    event::Heard,
    wire::{
        read::{self, Read},
        write,
    },
};

/// An open or opening socket. Dropping it takes its listeners away and closes it: it says nothing more.
pub(crate) struct Socket {
    socket: WebSocket,
    _listeners: [Listener; 3],
}

impl Socket {
    /// Opens a socket; `hear` is told all that it says. `None` where the browser refuses the address.
    pub(crate) fn open(url: &str, hear: impl Fn(Heard) + Clone + 'static) -> Option<Self> {
        let socket = WebSocket::new(url).ok()?;
        let (opened, read) = (hear.clone(), hear.clone());
        let listeners = [
            Listener::new(&socket, "open", move |_| opened(Heard::Opened)),
            Listener::new(&socket, "message", move |event| {
                let data = event.unchecked_ref::<MessageEvent>().data();
                // What is not text is of no type that this version knows.
                if let Some(heard) = data.as_string().and_then(|text| decode(&text)) {
                    read(heard);
                }
            }),
            // An error is always followed by a close, and says nothing more than it.
            Listener::new(&socket, "close", move |event| {
                hear(Heard::Closed(event.unchecked_ref::<CloseEvent>().code()));
            }),
        ];
        Some(Self { socket, _listeners: listeners })
    }

    /// Sends a message, if the socket is open. A closing one is as good as closed: the outbox still holds
    /// what it would have swallowed.
    pub(crate) fn send(&self, message: &ClientMessage) {
        if self.socket.ready_state() == WebSocket::OPEN {
            let _ = self.socket.send_with_str(&write::frame(message));
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        let _ = self.socket.close();
    }
}

/// A frame as an event; `None` for a type that this version doesn't know.
fn decode(text: &str) -> Option<Heard> {
    if MAX_FRAME_BYTES < text.len() {
        return Some(Heard::Unreadable);
    }
    let Some(value) = dom::from_json(text) else { return Some(Heard::Unreadable) };
    match read::frame(&value) {
        Read::Message(message) => Some(Heard::Frame(message)),
        Read::Broken => Some(Heard::Unreadable),
        Read::Unknown => None,
    }
}
