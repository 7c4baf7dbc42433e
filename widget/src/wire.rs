//! A second way to read the relay's frames: by the type that is already known. The shapes are protocol's own.
//!
//! serde reads a frame with its `type` inside by storing the whole frame in a buffer of its own first, and
//! that code, once for each type within, weighs 25 KiB in the widget. The browser can look at the `type`
//! itself; what is left is read straight into the same message.

use protocol::{
    ClientMsgId, ConversationId, Failure, LeadId, Message, ReplyId, ServerMessage,
    server::Welcome,
};
use serde::Deserialize;

/// A frame `{"delta": {…}}` as the message that `{"type": "delta", …}` is. The compiler holds each variant
/// against protocol's: a field that is missing here doesn't compile.
#[derive(Deserialize)]
#[serde(remote = "ServerMessage", rename_all = "snake_case")]
enum ByType {
    Welcome(Box<Welcome>),
    History {
        messages: Vec<Message>,
        more: bool,
    },
    Accepted {
        client_msg_id: ClientMsgId,
        seq: u64,
        at: i64,
        conversation: ConversationId,
        expires_at: i64,
        #[serde(default)]
        reply_id: Option<ReplyId>,
    },
    Delta {
        reply_id: ReplyId,
        offset: u64,
        text: String,
    },
    Done {
        reply_id: ReplyId,
        message: Message,
        expires_at: i64,
    },
    LeadTaken {
        client_msg_id: ClientMsgId,
        lead: LeadId,
    },
    Failed(Failure),
    Pong,
}

/// A message that is read by its type.
#[derive(Deserialize)]
pub struct Frame(#[serde(with = "ByType")] pub ServerMessage);

/// The types of this version's frames: one of these that can't be read is a loss, others are news.
pub const KNOWN: [&str; 8] =
    ["welcome", "history", "accepted", "delta", "done", "lead_taken", "failed", "pong"];
