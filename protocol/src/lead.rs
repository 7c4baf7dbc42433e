//! A lead, as the visitor fills it in and the dealer's form asks for it.

use serde::{Deserialize, Serialize};

/// The kind of a field decides its keyboard, its `autocomplete` and its check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    /// A person's name, in one field (falsehoods about first and last names).
    Name,
    /// An e-mail address.
    Email,
    /// A telephone number.
    Phone,
    /// What the visitor is interested in, one line.
    Interest,
    /// Anything else to tell, several lines.
    Message,
}

impl FieldKind {
    /// All kinds, in the order in which a form shows them.
    pub const ALL: [Self; 5] =
        [Self::Name, Self::Email, Self::Phone, Self::Interest, Self::Message];

    /// Whether it takes whatever words a person types, a number by mistake among them.
    pub fn takes_words(self) -> bool {
        matches!(self, Self::Name | Self::Interest | Self::Message)
    }

    /// The name of the field on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Interest => "interest",
            Self::Message => "message",
        }
    }
}

/// One field that the dealer's form asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormField {
    /// What it is.
    pub kind: FieldKind,
    /// Whether the lead is refused without it.
    #[serde(default)]
    pub required: bool,
}

/// A channel on which the dealer would like to send marketing (B-23: one box each, unticked).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// By e-mail.
    Email,
    /// By text message or messenger.
    Sms,
    /// By telephone call.
    Phone,
    /// By letter.
    Post,
}

impl Channel {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Email, Self::Sms, Self::Phone, Self::Post];

    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Sms => "sms",
            Self::Phone => "phone",
            Self::Post => "post",
        }
    }

    /// Reads the word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.word() == word)
    }
}

/// A consent that the form offers: never ticked beforehand, never a condition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsentOption {
    /// The channel.
    pub channel: Channel,
    /// The exact text beside the box.
    pub text: String,
    /// The version of that text, so that the record can name it.
    pub version: String,
}

/// The dealer's form.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeadForm {
    /// The fields, in order. An e-mail or a phone is always needed: one of them reaches the visitor.
    pub fields: Vec<FormField>,
    /// The consents that may be given with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub consents: Vec<ConsentOption>,
}

/// What the visitor filled in. Unknown fields are refused, not dropped (A-C2b).
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeadFields {
    /// The visitor's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The visitor's e-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The visitor's telephone number, as typed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// What the visitor is interested in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interest: Option<String>,
    /// Anything else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

impl LeadFields {
    /// The value of one field, if it was filled in.
    pub fn get(&self, kind: FieldKind) -> Option<&str> {
        match kind {
            FieldKind::Name => self.name.as_deref(),
            FieldKind::Email => self.email.as_deref(),
            FieldKind::Phone => self.phone.as_deref(),
            FieldKind::Interest => self.interest.as_deref(),
            FieldKind::Message => self.message.as_deref(),
        }
    }

    /// Fills in one field.
    pub fn set(&mut self, kind: FieldKind, value: Option<String>) {
        let place = match kind {
            FieldKind::Name => &mut self.name,
            FieldKind::Email => &mut self.email,
            FieldKind::Phone => &mut self.phone,
            FieldKind::Interest => &mut self.interest,
            FieldKind::Message => &mut self.message,
        };
        *place = value;
    }
}

/// Prints which fields are filled in, never with what.
impl std::fmt::Debug for LeadFields {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let filled = FieldKind::ALL.iter().filter(|kind| self.get(**kind).is_some());
        f.debug_list().entries(filled.map(|kind| kind.name())).finish()
    }
}

/// One box of the form, as the visitor left it: ticked or not. Both are recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsentAnswer {
    /// The channel.
    pub channel: Channel,
    /// Whether the box was ticked when the form was sent.
    pub given: bool,
    /// The version of the text that stood beside it.
    pub version: String,
}
