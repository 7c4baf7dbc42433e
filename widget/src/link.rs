//! The WebSocket: frames to events, messages to frames. It decides nothing; `update` does.
//!
//! The browser's own socket, without a stream around it: that would weigh 3 KiB to download. Each frame is
//! handled before the browser hands over the next one, so nothing piles up here.

use std::rc::Rc;

use protocol::{ClientMessage, limits::MAX_FRAME_BYTES};
use wasm_bindgen::JsValue;
use web_sys::WebSocket;

use crate::{
    dom::{self, Listener},
    event::Heard,
    wire::{
        Value,
        read::{self, Read},
        write,
    },
};

/// What a browser reports where a socket broke without a close frame.
const ABNORMAL: u16 = 1006;

/// An open or opening socket. Dropping it closes it, and it says nothing more.
pub(crate) struct Socket {
    socket: WebSocket,
    _listeners: [Listener; 3],
}

impl Socket {
    /// Opens a socket; `hear` is told all that it says. `None` where the browser refuses the address.
    pub(crate) fn open(url: &str, hear: impl Fn(Heard) + 'static) -> Option<Self> {
        let socket = WebSocket::new(url).ok()?;
        let hear: Rc<dyn Fn(Heard)> = Rc::new(hear);
        let on = |name, read: fn(&JsValue) -> Option<Heard>| {
            let hear = Rc::clone(&hear);
            Listener::new(&socket, name, move |event| {
                if let Some(heard) = read(&event) {
                    hear(heard);
                }
            })
        };
        // Where it fails, a close follows the error.
        let listeners = [
            on("open", |_| Some(Heard::Opened)),
            on("message", |event| decode(&event.get("data")?.text()?)),
            on("close", |event| Some(Heard::Closed(code(event).unwrap_or(ABNORMAL)))),
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

fn code(event: &JsValue) -> Option<u16> {
    u16::try_from(event.get("code")?.whole()?).ok()
}

/// A frame as an event; `None` for a type that this version doesn't know. What is not text is of none.
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
