//! What a client says.

use serde::{Deserialize, Serialize};

use crate::{
    id::{ClientMsgId, Epoch, ReplyId, SessionToken, SiteKey},
    lead::{ConsentAnswer, LeadFields, LeadKind},
};

/// One frame from the client. Unknown fields are ignored; an unknown `type` is a `bad_frame`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ClientMessage {
    /// The first frame: which site, which language, what to resume.
    Hello(Hello),
    /// The visitor's words. The same `client_msg_id` on each try.
    Say {
        /// The client's id of this message.
        client_msg_id: ClientMsgId,
        /// The words.
        text: String,
    },
    /// Stop a reply; what stands of it is kept as `interrupted`.
    Stop {
        /// Which one; where it is left out, the one that is being written.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reply_id: Option<ReplyId>,
    },
    /// Ask again for the reply that ended `interrupted`, `truncated` or `failed`; the last one only.
    Retry {
        /// The reply to ask again for.
        reply_id: ReplyId,
    },
    /// Details that the visitor chose to leave, after seeing what will be sent to whom (D-53).
    Lead {
        /// The client's id of this lead.
        client_msg_id: ClientMsgId,
        /// What the visitor wants.
        #[serde(default, skip_serializing_if = "LeadKind::is_enquiry")]
        kind: LeadKind,
        /// What was filled in.
        fields: LeadFields,
        /// Each box of the form, ticked or not.
        #[serde(default)]
        consents: Vec<ConsentAnswer>,
    },
    /// "Are you there?" Answered by `pong`.
    Ping,
}

impl ClientMessage {
    /// Every `type` that this version knows.
    pub const TYPES: [&str; 6] = ["hello", "say", "stop", "retry", "lead", "ping"];
}

/// The first frame of a client.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// The version that the client speaks.
    pub protocol: u32,
    /// Which site it is on.
    pub site_key: SiteKey,
    /// The conversation to go on with, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resume: Option<Resume>,
    /// The language of the chat, a BCP 47 tag such as `en-GB`.
    pub locale: String,
    /// The build of the client, for support; no device data.
    #[serde(default)]
    pub build: String,
}

/// Where a client was when it lost the relay.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resume {
    /// What proves that this browser holds the conversation.
    pub token: SessionToken,
    /// The incarnation of the database that `after_seq` belongs to.
    pub epoch: Epoch,
    /// The last message that the client has; 0 for none.
    pub after_seq: u64,
    /// The reply that was being written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply: Option<ReplyPlace>,
}

/// A place within a reply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplyPlace {
    /// The reply.
    pub id: ReplyId,
    /// How much of it the client has, in Unicode scalar values.
    pub offset: u64,
}

/// Prints which site, never the token.
impl std::fmt::Debug for Hello {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Hello({}, resume: {})", self.site_key, self.resume.is_some())
    }
}

/// Prints the kind of a frame and its ids, never a visitor's words or token.
impl std::fmt::Debug for ClientMessage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Hello(hello) => hello.fmt(f),
            Self::Say { client_msg_id, text } => {
                write!(f, "Say({client_msg_id}, {} chars)", text.chars().count())
            }
            Self::Stop { reply_id: None } => f.write_str("Stop"),
            Self::Stop { reply_id: Some(reply) } => write!(f, "Stop({reply})"),
            Self::Retry { reply_id } => write!(f, "Retry({reply_id})"),
            Self::Lead { client_msg_id, fields, .. } => {
                write!(f, "Lead({client_msg_id}, {fields:?})")
            }
            Self::Ping => f.write_str("Ping"),
        }
    }
}
