//! A message of a conversation, as it is kept and shown.

use serde::{Deserialize, Serialize};

use crate::{
    id::{ClientMsgId, ReplyId},
    lead::LeadKind,
};

/// Who wrote a message (C-04: each AI message is labelled, in data and in words).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthorKind {
    /// The person on the dealer's site.
    Visitor,
    /// The assistant; its messages carry a `generator`.
    Ai,
    /// A person at the dealer's.
    Human,
    /// The relay itself, for example "the conversation was taken over".
    System,
}

impl AuthorKind {
    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Visitor => "visitor",
            Self::Ai => "ai",
            Self::Human => "human",
            Self::System => "system",
        }
    }
}

/// How a reply ended. Every reply ends, also after a crash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finish {
    /// The model said all it had to say.
    Complete,
    /// A limit of length cut it.
    Truncated,
    /// It broke off: the visitor stopped it, the provider fell silent, the relay restarted.
    Interrupted,
    /// No answer could be had; the text says what to do instead.
    Failed,
}

/// A place in the dealer's own documents on which a reply rests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The title of the document or of its section.
    pub title: String,
    /// The page on the dealer's site that says the same, if the dealer named one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// What the answerer offers beside its words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Offered", into = "Offered")]
pub enum Offer {
    /// Nothing.
    #[default]
    None,
    /// To leave details, so that a person can answer.
    Lead,
    /// To leave details for this wish.
    Form(LeadKind),
}

/// An offer on the wire: a client that knows no forms shows the plain offer.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Offered {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    offer: Option<OfferWord>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    form: Option<LeadKind>,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum OfferWord {
    None,
    Lead,
}

impl From<Offered> for Offer {
    fn from(offered: Offered) -> Self {
        match (offered.offer, offered.form) {
            (None | Some(OfferWord::None), _) => Self::None,
            (Some(OfferWord::Lead), None) => Self::Lead,
            (Some(OfferWord::Lead), Some(kind)) => Self::Form(kind),
        }
    }
}

impl From<Offer> for Offered {
    fn from(offer: Offer) -> Self {
        match offer {
            Offer::None => Self { offer: None, form: None },
            Offer::Lead => Self { offer: Some(OfferWord::Lead), form: None },
            Offer::Form(kind) => Self { offer: Some(OfferWord::Lead), form: Some(kind) },
        }
    }
}

/// One message. `seq` is gapless within its conversation and never used twice.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Its place in the conversation, from 1.
    pub seq: u64,
    /// Who wrote it.
    pub author_kind: AuthorKind,
    /// The words, as plain text; an AI's may hold the small Markdown subset of docs/wire.md.
    pub text: String,
    /// When it was kept: milliseconds since 1970-01-01T00:00:00Z.
    pub at: i64,
    /// The client's id, on a visitor's message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_msg_id: Option<ClientMsgId>,
    /// The reply that this message was while it streamed, on an AI's message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_id: Option<ReplyId>,
    /// How the reply ended, on an AI's message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finish: Option<Finish>,
    /// What wrote it, on an AI's message (C-10): `documents` or `provider/model`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generator: Option<String>,
    /// On what it rests.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<Source>,
    /// What it offers beside its words.
    #[serde(flatten)]
    pub offer: Offer,
}

/// Prints everything but the words: a message in a log is a leak.
impl std::fmt::Debug for Message {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Message")
            .field("seq", &self.seq)
            .field("author_kind", &self.author_kind)
            .field("text_chars", &self.text.chars().count())
            .field("finish", &self.finish)
            .finish_non_exhaustive()
    }
}
