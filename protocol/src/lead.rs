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
    /// The registration plate of the visitor's own car.
    Registration,
    /// How far that car has gone, in the unit of the dealer's country.
    Mileage,
    /// The vehicle identification number of that car.
    Vin,
    /// A day that would suit, `2026-11-28`.
    Day,
    /// A time of that day, `14:30`.
    Time,
    /// Anything else to tell, several lines.
    Message,
}

impl FieldKind {
    /// All kinds, in the order in which a form shows them.
    pub const ALL: [Self; 10] = [
        Self::Name,
        Self::Email,
        Self::Phone,
        Self::Interest,
        Self::Registration,
        Self::Mileage,
        Self::Vin,
        Self::Day,
        Self::Time,
        Self::Message,
    ];

    /// Whether it takes whatever words a person types, a number by mistake among them.
    pub fn takes_words(self) -> bool {
        matches!(self, Self::Name | Self::Interest | Self::Message)
    }

    /// Reads the name.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The name of the field on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Interest => "interest",
            Self::Registration => "registration",
            Self::Mileage => "mileage",
            Self::Vin => "vin",
            Self::Day => "day",
            Self::Time => "time",
            Self::Message => "message",
        }
    }
}

/// What the visitor wants.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum LeadKind {
    /// To know something. Every dealer takes it, and so does a client that knows of no other.
    #[default]
    Enquiry,
    /// To drive a car.
    TestDrive,
    /// To have a car taken in exchange.
    PartExchange,
    /// To have a car serviced.
    Service,
    /// To be called.
    CallBack,
}

impl LeadKind {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Enquiry, Self::TestDrive, Self::PartExchange, Self::Service, Self::CallBack];

    /// The word in files and on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Enquiry => "enquiry",
            Self::TestDrive => "test_drive",
            Self::PartExchange => "part_exchange",
            Self::Service => "service",
            Self::CallBack => "call_back",
        }
    }

    /// Reads the word.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// Whether it is an enquiry; then no word of it is written on the wire.
    pub fn is_enquiry(&self) -> bool {
        *self == Self::Enquiry
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
    /// The fields of an enquiry, in order. An e-mail or a phone is always needed: one of them reaches the
    /// visitor.
    pub fields: Vec<FormField>,
    /// The consents that may be given with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub consents: Vec<ConsentOption>,
    /// All that a visitor may ask for, the enquiry too; empty where there is nothing to choose.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kinds: Vec<KindForm>,
    /// The words before the choice.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub choice: String,
    /// The words of each field that any of the forms has, in the language of the notice.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<FieldLabel>,
}

impl LeadForm {
    /// The form for one wish, if the dealer has one of its own for it.
    pub fn of(&self, kind: LeadKind) -> Option<&KindForm> {
        self.kinds.iter().find(|form| form.kind == kind)
    }

    /// The fields for a wish; those of an enquiry where the dealer has no others.
    pub fn fields_of(&self, kind: LeadKind) -> &[FormField] {
        self.of(kind).map_or(&self.fields, |form| &form.fields)
    }
}

/// The form for one wish.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KindForm {
    /// The wish.
    pub kind: LeadKind,
    /// The same in words.
    pub title: String,
    /// The fields, in order.
    pub fields: Vec<FormField>,
}

/// The words of a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldLabel {
    /// The field.
    pub kind: FieldKind,
    /// What stands above it.
    pub label: String,
    /// What is said where its value can't be right; absent where any value can.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub wrong: String,
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
    /// The registration plate of the visitor's car, as typed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registration: Option<String>,
    /// Its mileage, as typed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mileage: Option<String>,
    /// Its VIN, as typed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vin: Option<String>,
    /// The day that would suit, `2026-11-28`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day: Option<String>,
    /// The time that would suit, `14:30`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
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
            FieldKind::Registration => self.registration.as_deref(),
            FieldKind::Mileage => self.mileage.as_deref(),
            FieldKind::Vin => self.vin.as_deref(),
            FieldKind::Day => self.day.as_deref(),
            FieldKind::Time => self.time.as_deref(),
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
            FieldKind::Registration => &mut self.registration,
            FieldKind::Mileage => &mut self.mileage,
            FieldKind::Vin => &mut self.vin,
            FieldKind::Day => &mut self.day,
            FieldKind::Time => &mut self.time,
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
