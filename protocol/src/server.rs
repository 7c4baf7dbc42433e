//! What the relay says.

use serde::{Deserialize, Serialize};

use crate::{
    dealer::DealerView,
    failure::Failure,
    id::{ClientMsgId, ConversationId, Epoch, LeadId, ReplyId, SessionToken},
    message::Message,
};

/// One frame from the relay. A client ignores fields and types that it doesn't know.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerMessage {
    /// The answer to `hello`.
    Welcome(Box<Welcome>),
    /// More of the history, oldest first; follows a `welcome` whose `more` is true.
    History {
        /// The next messages.
        messages: Vec<Message>,
        /// Whether another `history` follows.
        more: bool,
    },
    /// The message is kept, on disk. The same `seq` for every repeat of a `client_msg_id`.
    Accepted {
        /// Which message.
        client_msg_id: ClientMsgId,
        /// Its place in the conversation.
        seq: u64,
        /// When it was kept: milliseconds since 1970-01-01T00:00:00Z.
        at: i64,
        /// The conversation that it belongs to.
        conversation: ConversationId,
        /// When the conversation will be deleted if nothing more is said, in the same unit.
        expires_at: i64,
        /// The reply that is being written to it; absent where it had been answered before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reply_id: Option<ReplyId>,
    },
    /// More of a reply. Idempotent: text before the client's own offset is skipped.
    Delta {
        /// Which reply.
        reply_id: ReplyId,
        /// Where `text` begins within the reply, in Unicode scalar values.
        offset: u64,
        /// The next words.
        text: String,
    },
    /// A reply has ended and is kept, on disk. `message.text` is the whole of it.
    Done {
        /// Which reply.
        reply_id: ReplyId,
        /// What is kept: text, finish, sources, offer.
        message: Message,
        /// When the conversation will be deleted if nothing more is said.
        expires_at: i64,
    },
    /// The lead is kept, on disk, with its consents and its deliveries to come.
    LeadTaken {
        /// Which lead, by the client's id.
        client_msg_id: ClientMsgId,
        /// The lead, by the relay's id: a reference for the visitor to quote.
        lead: LeadId,
    },
    /// Something was refused.
    Failed(Failure),
    /// The answer to `ping`.
    Pong,
}

/// Prints what kind of frame it is, never the words in it.
impl std::fmt::Debug for ServerMessage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Welcome(welcome) => f.debug_tuple("Welcome").field(welcome).finish(),
            Self::History { messages, more } => {
                write!(f, "History({} messages, more: {more})", messages.len())
            }
            Self::Accepted { seq, .. } => write!(f, "Accepted(seq {seq})"),
            Self::Delta { offset, text, .. } => {
                write!(f, "Delta({} chars from {offset})", text.chars().count())
            }
            Self::Done { message, .. } => f.debug_tuple("Done").field(message).finish(),
            Self::LeadTaken { lead, .. } => f.debug_tuple("LeadTaken").field(lead).finish(),
            Self::Failed(failure) => f.debug_tuple("Failed").field(failure).finish(),
            Self::Pong => f.write_str("Pong"),
        }
    }
}

/// How far a resume went. Never partial in silence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Resumed {
    /// There is nothing to resume: drop what you have, the next `say` begins a conversation.
    New,
    /// `messages` is all that came after `after_seq`.
    Complete,
    /// Your place is unknown here: drop what you have, `messages` is the whole conversation.
    Incomplete,
}

/// The answer to `hello`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    /// The version in which the relay answers.
    pub protocol: u32,
    /// The incarnation of the database.
    pub epoch: Epoch,
    /// How far the resume went.
    pub resumed: Resumed,
    /// A fresh token, where there was nothing to resume. Keep it in memory until the first `say`:
    /// nothing is kept under it here before that, and nothing may be stored there (D2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<SessionToken>,
    /// The conversation that was resumed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation: Option<ConversationId>,
    /// The first messages of the history, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub messages: Vec<Message>,
    /// Whether a `history` with more messages follows.
    #[serde(default)]
    pub more: bool,
    /// The reply that is being written; its text follows as `delta` from the client's offset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply: Option<ReplyId>,
    /// Who answers, on whose behalf, and what happens to the words.
    pub dealer: DealerView,
    /// When the conversation will be deleted if nothing more is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<i64>,
}
