//! What can go wrong for a client, as a closed list.

use serde::{Deserialize, Serialize};

use crate::id::{ClientMsgId, ReplyId};

/// Why something was refused. Each code has one meaning and one remedy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureCode {
    /// The frame is not JSON of the documented shape. Mend the client.
    BadFrame,
    /// The first frame was not `hello`. Say `hello` first.
    HelloRequired,
    /// A second `hello` on one socket. Open a new socket instead.
    AlreadyGreeted,
    /// This relay does not speak that version. Load the widget anew.
    UnsupportedVersion,
    /// No site has this key, or it is switched off. Check the snippet.
    UnknownSite,
    /// The message has no visible character.
    TextEmpty,
    /// The message is longer than `MAX_TEXT_CHARS`.
    TextTooLong,
    /// Too much in too short a time, or too many unanswered messages. Wait `retry_after_ms`.
    SlowDown,
    /// The conversation has `MAX_MESSAGES` messages. Begin a new one.
    ConversationFull,
    /// The conversation has ended, expired or been deleted. Begin a new one; nothing of it is left to resume.
    ConversationEnded,
    /// One or more fields of the lead need mending: see `fields`.
    LeadInvalid,
    /// There is no reply that could be stopped or tried again.
    NoSuchReply,
    /// The relay's disk is full. Nothing was kept; try again later or use the dealer's telephone.
    StorageFull,
    /// The relay can't keep anything now. Nothing was kept; try again.
    StorageUnavailable,
    /// The relay is stopping. Reconnect.
    Restarting,
}

/// What is wrong with one field of a lead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldProblem {
    /// The name of the field, as in the lead form; `contact` where an e-mail or a phone is missing.
    pub field: String,
    /// What is wrong.
    pub problem: Problem,
}

/// The ways in which a field can be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Problem {
    /// It is required and empty.
    Missing,
    /// It is longer than `MAX_FIELD_CHARS`.
    TooLong,
    /// It is not an e-mail address.
    NotAnEmail,
    /// It is not a telephone number that could exist.
    NotAPhone,
    /// It is not what its field asks for: no plate, VIN, mileage, day or time.
    Invalid,
    /// The dealer's form has no such field.
    Unknown,
}

/// A refusal: what, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// What is wrong.
    pub code: FailureCode,
    /// A sentence for a developer, in English. Never holds what the visitor typed.
    pub message: String,
    /// How long to wait before another try, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
    /// The message or lead that was refused, if it was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_msg_id: Option<ClientMsgId>,
    /// The reply that has ended and could not be kept yet: nothing of the visitor's was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_id: Option<ReplyId>,
    /// The fields to mend, with `lead_invalid`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldProblem>,
}

impl Failure {
    /// A refusal with no more than a code and a sentence.
    pub fn new(code: FailureCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            retry_after_ms: None,
            client_msg_id: None,
            reply_id: None,
            fields: Vec::new(),
        }
    }

    /// Names the message or lead that was refused.
    #[must_use]
    pub fn of(mut self, id: ClientMsgId) -> Self {
        self.client_msg_id = Some(id);
        self
    }

    /// Says how long to wait.
    #[must_use]
    pub fn after(mut self, retry_after_ms: u64) -> Self {
        self.retry_after_ms = Some(retry_after_ms);
        self
    }
}
