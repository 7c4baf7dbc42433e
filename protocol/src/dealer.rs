//! What a visitor sees of a dealer: who answers, on whose behalf, and what happens to the words.

use serde::{Deserialize, Serialize};

use crate::lead::LeadForm;

/// The dealer, as the open chat shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DealerView {
    /// The trading name.
    pub name: String,
    /// The name of the assistant; it always holds "AI" or its local word (C-02).
    pub assistant: String,
    /// The dealer's own privacy policy.
    pub privacy_url: String,
    /// The notice that stands before the composer.
    pub notice: Notice,
    /// The first line of the transcript; the dealer's words or a plain greeting.
    pub greeting: String,
    /// Questions that the visitor may send with one press.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub suggestions: Vec<String>,
    /// How a person at the dealer's can be reached.
    pub contact: Contact,
    /// The colours.
    #[serde(default)]
    pub theme: Theme,
    /// The form for leaving details.
    pub lead_form: LeadForm,
}

/// What happens to the words, generated from the policy in force (B-11, C-01).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Changes whenever any sentence below changes.
    pub version: String,
    /// The language that the sentences are written in (C-06), a BCP 47 tag.
    pub lang: String,
    /// The first layer, at most 60 words: who, that it is AI, what is kept, for how long, who gets it.
    pub text: String,
    /// The second layer: one sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<String>,
}

/// How a person at the dealer's can be reached.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// The telephone number, as the dealer writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// The e-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The opening hours, one line a group of days, in the language of the notice.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hours: Vec<String>,
    /// Whether the dealer is open now; absent where the dealer gave no hours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_now: Option<bool>,
}

/// The dealer's colours. The relay has checked their contrast (E-06).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Theme {
    /// The accent colour, `#rrggbb`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accent: Option<String>,
    /// The colour of text on the accent, `#rrggbb`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_accent: Option<String>,
    /// The accent as the colour of text on a light ground: dark enough to be read, `#rrggbb`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ink_light: Option<String>,
    /// The same on a dark ground: light enough.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ink_dark: Option<String>,
}
