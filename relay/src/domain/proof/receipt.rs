//! The receipt of one conversation. It names no person, no word and no id that the conversation had.

use serde::{Deserialize, Serialize};

use crate::domain::retention::Action;

/// The form that receipts and reports have today. Those without a form are of the first one, and lack
/// what came later.
pub const FORMAT: u32 = 3;

pub(super) fn first_format() -> u32 {
    1
}

/// That a conversation was deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Which form this text has.
    #[serde(default = "first_format")]
    pub format: u32,
    /// Its own id, drawn at random.
    pub receipt: String,
    /// Whose conversation it was.
    pub dealer: String,
    /// `expired`, `erasure` or `account`.
    pub reason: String,
    /// `anonymise` where it was counted for its month: then times are told to the day alone, and how much
    /// it was is not told (G-03). A crash may have kept it from being counted.
    #[serde(default)]
    pub action: Action,
    /// The policy that its end rested on; `null` where the disk was too damaged to tell.
    #[serde(default)]
    pub policy: Option<Policy>,
    /// From when on nobody could read it here.
    pub unreachable_since: String,
    /// When its key was destroyed, and its rows with it.
    pub deleted_at: String,
    /// By when the last backup is gone that held its ciphertext; without the key nobody reads it.
    pub backups_end: String,
    /// By when the copies end that OpenAI, Anthropic or Mistral have kept of it, unless flagged for abuse;
    /// `null` where none of them has answered in it. Of other models only who runs them can tell.
    #[serde(default)]
    pub providers_end: Option<String>,
    /// How many messages it had; `null` where that is not told, or the disk was too damaged to tell.
    pub messages: Option<u64>,
    /// How many leads.
    pub leads: Option<u64>,
    /// How many records of consent.
    #[serde(default)]
    pub consents: Option<u64>,
    /// How many keyed hashes of addresses and numbers.
    #[serde(default)]
    pub contacts: Option<u64>,
    /// How many deliveries, owed or done.
    #[serde(default)]
    pub deliveries: Option<u64>,
    /// How many sealed bytes of words and details.
    #[serde(default)]
    pub bytes: Option<u64>,
    /// The dealer's systems and mailboxes that had got a lead of it and are told to delete it, too (Art. 19):
    /// informed, not verified (G-37).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub told: Vec<String>,
    /// Which relay deleted it.
    pub version: String,
}

/// A dealer's retention policy, as a receipt names it (G-41).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// Counts the dealer's changes of it; 1 is the first. `null` where that was not kept yet.
    pub version: Option<u32>,
    /// How long after the last message a conversation ends, in ISO 8601.
    pub period: String,
}
