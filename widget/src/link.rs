//! The WebSocket: frames to events, messages to frames. It decides nothing; `update` does.
//!
//! gloo-net's own inbox has no bound, so it is emptied as soon as anything lies in it: what is read is
//! handled before the next frame is looked at, and a frame beyond the limit is not looked at at all.

use std::{cell::RefCell, future::poll_fn, pin::Pin, rc::Rc, rc::Weak, task::Poll};

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

    /// Sends a message, if the socket is open. A closing one is as good as closed.
    pub(crate) fn send(&self, message: &ClientMessage) {
        if let Ok(mut socket) = self.0.try_borrow_mut()
            && matches!(socket.state(), State::Open)
        {
            // What is not sent now is sent after the resume: the outbox still holds it.
            let _ = Pin::new(&mut *socket).start_send(Message::Text(write::frame(message)));
        }
    }
}

/// Reads the socket until it closes or is dropped.
async fn listen(socket: Weak<RefCell<WebSocket>>, hear: impl Fn(Heard)) {
    if opened(&socket).await {
        hear(Heard::Opened);
    }
    loop {
        match next(&socket).await {
            Next::Gone => return,
            Next::Closed(code) => return hear(Heard::Closed(code)),
            Next::Text(text) => {
                if let Some(heard) = decode(&text) {
                    hear(heard);
                }
            }
            Next::Nothing => {}
        }
    }
}

enum Next {
    /// The socket was dropped here.
    Gone,
    Closed(u16),
    Text(String),
    Nothing,
}

async fn opened(socket: &Weak<RefCell<WebSocket>>) -> bool {
    poll_fn(|context| {
        let Some(socket) = socket.upgrade() else { return Poll::Ready(false) };
        let Ok(mut socket) = socket.try_borrow_mut() else { return Poll::Ready(false) };
        let ready = Pin::new(&mut *socket).poll_ready(context);
        ready.map(|_| matches!(socket.state(), State::Open))
    })
    .await
}

async fn next(socket: &Weak<RefCell<WebSocket>>) -> Next {
    poll_fn(|context| {
        let Some(socket) = socket.upgrade() else { return Poll::Ready(Next::Gone) };
        let Ok(mut socket) = socket.try_borrow_mut() else { return Poll::Ready(Next::Gone) };
        Pin::new(&mut *socket).poll_next(context).map(|item| match item {
            Some(Ok(Message::Text(text))) if text.len() <= MAX_FRAME_BYTES => Next::Text(text),
            Some(Err(WebSocketError::ConnectionClose(close))) => Next::Closed(close.code),
            // Too long, not text, or an error that a close follows.
            Some(_) => Next::Nothing,
            None => Next::Closed(ABNORMAL),
        })
    })
    .await
}

/// A frame as an event; `None` for a type that this version doesn't know.
fn decode(text: &str) -> Option<Heard> {
    let Some(value) = dom::from_json(text) else { return Some(Heard::Unreadable) };
    match read::frame(&value) {
        Read::Message(message) => Some(Heard::Frame(message)),
        Read::Broken => Some(Heard::Unreadable),
        Read::Unknown => None,
    }
}
