//! What the widget and the relay must agree on; no IO, no clock, no browser.
//!
//! A conversation, as both ends see it:
//!
//! ```text
//! visitor                                   relay
//!   hello {site_key, resume?}          →
//!                                      ←    welcome {epoch, token, dealer, messages} (history …)
//!   say {client_msg_id, text}          →
//!                                      ←    accepted {client_msg_id, seq}      after the commit
//!                                      ←    delta {reply_id, offset, text} …   as the model speaks
//!                                      ←    done {message}                     after the commit
//!   lead {client_msg_id, fields, …}    →
//!                                      ←    lead_taken {client_msg_id, lead}   after the commit
//! ```
//!
//! Each frame is one JSON object in a WebSocket text frame with `"type"` in snake case.
//! `docs/wire.md` is the reference for people who write another client; its examples are the
//! files in `golden/`.

#![forbid(unsafe_code)]

pub mod check;
pub mod client;
pub mod close;
pub mod dealer;
pub mod failure;
pub mod id;
pub mod lead;
pub mod limits;
pub mod mask;
pub mod message;
pub mod server;
pub mod vehicle;
pub mod version;

pub use client::ClientMessage;
pub use close::CloseReason;
pub use failure::{Failure, FailureCode};
pub use id::{
    ClientMsgId, ConversationId, DealerId, Epoch, LeadId, ReplyId, SessionToken, SiteKey,
};
pub use message::{AuthorKind, Finish, Message, Offer, Source};
pub use server::ServerMessage;
pub use version::PROTOCOL_VERSION;
