//! All that is kept of one conversation, for the person whose it is (Art. 15 and 20 GDPR; A-C6.1).
//! Pure: the store fills it in.

use std::fmt;

use protocol::{
    AuthorKind, Finish, Source,
    lead::{Channel, FieldKind, LeadFields, LeadKind},
};
use serde::{Serialize, Serializer};

use crate::clock::Timestamp;

/// All that is kept of one conversation.
#[derive(Clone, Serialize)]
pub struct Dossier {
    /// The conversation itself.
    pub conversation: Facts,
    /// What was said, the oldest first.
    pub messages: Vec<Said>,
    /// The details that were left, the oldest first.
    pub leads: Vec<Left>,
}

/// Prints how much it is, never a word of it.
impl fmt::Debug for Dossier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dossier")
            .field("conversation", &self.conversation.id)
            .field("messages", &self.messages.len())
            .field("leads", &self.leads.len())
            .finish()
    }
}

/// A conversation, without its words.
#[derive(Clone, Debug, Serialize)]
pub struct Facts {
    /// Its id.
    pub id: String,
    /// On which site it was held.
    pub site: String,
    /// Its language, a BCP 47 tag.
    pub language: String,
    /// Which notice stood above it.
    pub notice_version: String,
    /// Which build of the chat it was held in.
    pub build: String,
    /// How long it is kept after its last message, as ISO 8601 has it.
    pub kept_for: String,
    /// When it began.
    #[serde(serialize_with = "moment")]
    pub started_at: Timestamp,
    /// When its last message came.
    #[serde(serialize_with = "moment")]
    pub last_at: Timestamp,
    /// When it will be gone.
    #[serde(serialize_with = "moment")]
    pub expires_at: Timestamp,
}

/// A message.
#[derive(Clone, Serialize)]
pub struct Said {
    /// Its place, from 1.
    pub seq: u64,
    /// When it was kept.
    #[serde(serialize_with = "moment")]
    pub at: Timestamp,
    /// Who wrote it.
    pub author: AuthorKind,
    /// What wrote it, where that is no person: `documents` or `provider/model`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generator: Option<String>,
    /// How it ended, where it was generated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finish: Option<Finish>,
    /// The words.
    pub text: String,
    /// On what they rest.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<Source>,
}

/// Details that were left in the form.
#[derive(Clone, Serialize)]
pub struct Left {
    /// Its reference.
    pub id: String,
    /// When it was left.
    #[serde(serialize_with = "moment")]
    pub at: Timestamp,
    /// What the visitor wanted.
    pub kind: LeadKind,
    /// What was filled in, as it was typed.
    pub fields: LeadFields,
    /// Derived: the e-mail address in its normal form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email_normal: Option<String>,
    /// Derived: the telephone number as E.164.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_e164: Option<String>,
    /// What stood in fields that were put right since, the oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub corrections: Vec<Correction>,
    /// Each record of consent, the oldest first.
    pub consents: Vec<Consent>,
    /// To whom it goes, and how far that is.
    pub deliveries: Vec<Delivery>,
}

/// A field that was put right (A-C6.2).
#[derive(Clone, Serialize)]
pub struct Correction {
    /// Which field.
    pub field: FieldKind,
    /// What stood there before, if anything did.
    pub before: Option<String>,
    /// When it was put right.
    #[serde(serialize_with = "moment")]
    pub at: Timestamp,
}

/// What became of a consent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentEvent {
    /// The box was ticked.
    Given,
    /// The box was left empty.
    Refused,
    /// It was taken back.
    Withdrawn,
}

/// A record of consent (B-20).
#[derive(Clone, Debug, Serialize)]
pub struct Consent {
    /// Its id.
    pub id: String,
    /// The version of its form.
    pub schema_version: i64,
    /// What it says.
    pub event: ConsentEvent,
    /// When.
    #[serde(serialize_with = "moment")]
    pub at: Timestamp,
    /// For what.
    pub purpose: String,
    /// By which channel.
    pub channel: Channel,
    /// How it was asked or taken back.
    pub method: String,
    /// The exact text.
    pub text: String,
    /// The version of that text.
    pub text_version: String,
    /// Its language.
    pub language: String,
    /// Which notice stood above it.
    pub notice_version: String,
    /// Which build of the chat showed it.
    pub build: String,
}

/// A delivery of a lead to the dealer's systems.
#[derive(Clone, Debug, Serialize)]
pub struct Delivery {
    /// Its id.
    pub id: String,
    /// To which of them, by its name with the dealer.
    pub target: String,
    /// `pending`, `delivered` or `failed`.
    pub state: String,
    /// How often it was tried.
    pub attempts: u64,
    /// When it is or was due.
    #[serde(serialize_with = "moment")]
    pub due_at: Timestamp,
    /// How the last try went, in few words of the relay's own.
    pub answer: Option<String>,
}

impl Dossier {
    /// The consents that hold: given, and not taken back since. One a channel and lead.
    pub fn consents_in_force(&self) -> Vec<&Consent> {
        let in_force = |left: &Left| {
            let is_last = |at: usize| {
                let of_channel = |later: &Consent| later.channel == left.consents[at].channel;
                !left.consents[at + 1..].iter().any(of_channel)
            };
            let given = |at: &usize| left.consents[*at].event == ConsentEvent::Given;
            (0..left.consents.len()).filter(given).filter(|at| is_last(*at)).collect::<Vec<_>>()
        };
        let of_lead = |left| in_force(left).into_iter().map(move |at: usize| &left.consents[at]);
        self.leads.iter().flat_map(of_lead).collect()
    }

    /// What has answered, each once, in the order in which it first did.
    pub fn generators(&self) -> Vec<&str> {
        let mut all: Vec<&str> = Vec::new();
        for generator in self.messages.iter().filter_map(|said| said.generator.as_deref()) {
            if !all.contains(&generator) {
                all.push(generator);
            }
        }
        all
    }
}

/// A moment as RFC 3339 has it, in UTC.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
fn moment<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(at)
}
