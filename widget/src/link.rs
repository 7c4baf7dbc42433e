//! The WebSocket: frames to events, messages to frames. It decides nothing; `update` does.
//!
//! gloo-net's socket is wrapped here and nowhere else, for its traps. Its inbox has no bound: it is emptied
//! in the microtask after each frame, before the browser hands over the next one, and a frame beyond the
//! limit is not read. Its sink takes a closing socket for a ready one: only an open one is written to. The
//! `unwrap` in its `drop` is on a `close()` without a code, which cannot throw.

use std::{
    cell::RefCell,
    future::poll_fn,
    pin::Pin,
    rc::{Rc, Weak},
    task::{Context, Poll, ready},
};

use futures_core::Stream;
use futures_sink::Sink;
use gloo_net::websocket::{Message, State, WebSocketError, futures::WebSocket};
use protocol::{ClientMessage, limits::MAX_FRAME_BYTES};
use wasm_bindgen_futures::spawn_local;

use crate::{
    dom,
    event::Heard,
    wire::{
        read::{self, Read},
        write,
    },
};

/// What a browser reports where a socket broke without a close frame.
const ABNORMAL: u16 = 1006;

/// An open or opening socket. Dropping it closes it, and it says nothing more.
pub(crate) struct Socket(Rc<RefCell<WebSocket>>);

impl Socket {
    /// Opens a socket; `hear` is told all that it says. `None` where the browser refuses the address.
    pub(crate) fn open(url: &str, hear: impl Fn(Heard) + 'static) -> Option<Self> {
        let socket = Rc::new(RefCell::new(WebSocket::open(url).ok()?));
        spawn_local(listen(Rc::downgrade(&socket), hear));
        Some(Self(socket))
    }

    /// Sends a message, if the socket is open. A closing one is as good as closed: the outbox still holds
    /// what it would have swallowed.
    pub(crate) fn send(&self, message: &ClientMessage) {
        if let Ok(mut socket) = self.0.try_borrow_mut()
            && matches!(socket.state(), State::Open)
        {
            let text = write::frame(message);
            let _ = Pin::new(&mut *socket).start_send(Message::Text(text));
        }
    }
}

/// Reads the socket until it closes or is dropped.
async fn listen(socket: Weak<RefCell<WebSocket>>, hear: impl Fn(Heard)) {
    let mut opened = false;
    while let Some(heard) = poll_fn(|context| poll(&socket, &mut opened, context)).await {
        let last = matches!(heard, Heard::Closed(_));
        hear(heard);
        if last {
            return;
        }
    }
}

/// The next thing that the socket says; `None` once it was dropped here. The socket is borrowed only
/// within: what is heard may drop it.
fn poll(
    socket: &Weak<RefCell<WebSocket>>,
    opened: &mut bool,
    context: &mut Context<'_>,
) -> Poll<Option<Heard>> {
    let Some(socket) = socket.upgrade() else { return Poll::Ready(None) };
    let Ok(mut socket) = socket.try_borrow_mut() else { return Poll::Ready(None) };
    if !*opened {
        // Ready once it is open, and also where it failed: then a close follows.
        let _ = ready!(Pin::new(&mut *socket).poll_ready(context));
        *opened = true;
        if matches!(socket.state(), State::Open) {
            return Poll::Ready(Some(Heard::Opened));
        }
    }
    loop {
        let heard = match ready!(Pin::new(&mut *socket).poll_next(context)) {
            Some(Ok(Message::Text(text))) => decode(&text),
            Some(Err(WebSocketError::ConnectionClose(close))) => Some(Heard::Closed(close.code)),
            // What is not text is of no type that this version knows; a close follows each error.
            Some(_) => None,
            None => Some(Heard::Closed(ABNORMAL)),
        };
        if heard.is_some() {
            return Poll::Ready(heard);
        }
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
