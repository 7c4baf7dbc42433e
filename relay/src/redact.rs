//! What a provider may be sent (B-50 to B-52, T64): no contact details, no numbers of cards, accounts and
//! papers, no date of birth, no address; stricter for a dealer that wants it. Pure.
//!
//! A model needs none of it to answer, and who wants to be called back fills in the form. What is
//! taken out of a prompt leaves a placeholder, the same for the same value; where the answer names
//! it, the visitor reads the value.
//!
//! ```text
//! Redactor    one for each prompt: words → Clean → RedactedPrompt, and the Originals
//!   clean       what may be sent, as a type                 no other way in
//!   scan        the places in a text, by the finders        email, phone, birth, address, plate, name
//!   originals   placeholders and their values
//!   restorer    values back into a streamed answer
//! search      contacts in words, for who asks what is kept about a person
//! ```

mod address;
mod birth;
mod clean;
#[cfg(test)]
mod corpus;
mod email;
mod kind;
mod name;
mod originals;
mod phone;
mod plate;
mod prompt;
mod restorer;
mod scan;
mod search;

use std::{borrow::Cow, ops::Range};

use protocol::mask::masked;

pub use clean::Clean;
pub use kind::Redaction;
pub use originals::Originals;
pub use prompt::{PromptMessage, RedactedPrompt, Role};
pub use restorer::Restorer;
pub use search::{emails_in, phones_in};

use kind::Kinds;
use scan::Text;

/// How often a text is looked over again: where one value is gone, the word for another may stand
/// nearer to it.
const ROUNDS: usize = 8;

/// How many characters around it the value for a word, or the word for a value, is looked for at most.
const NEAR: usize = 140;

/// Words by which the mask knows numbers, and how near to them it looks.
const MASK_WORDS: [&str; 8] =
    ["pass", "جواز", "account", "acc no", "a/c no", "konton", "sort code", "sortcode"];
const NEAR_MASK: usize = 44;

/// Makes one prompt. What it took out of one text gets the same placeholder in the next.
#[derive(Debug)]
pub struct Redactor {
    kinds: Kinds,
    originals: Originals,
}

impl Redactor {
    /// A redactor that knows no value yet.
    pub fn new(redaction: Redaction) -> Self {
        Self { kinds: Kinds::of(redaction), originals: Originals::default() }
    }

    /// What a person wrote.
    pub fn said(&mut self, text: &str) -> Clean {
        let text = clean::visible(text);
        let text = if self.kinds.masks { masked(&text) } else { text.as_ref().into() };
        Clean::data(&self.replaced(&text, true))
    }

    /// What a model answered. A number that is masked is not looked for: it was masked before the
    /// model was asked, so there is none to repeat, and answers are the longest part of a prompt.
    pub fn answered(&mut self, text: &str) -> Clean {
        let text = clean::visible(text);
        Clean::data(&self.replaced(&text, false))
    }

    /// The prompt, and what its placeholders stand for.
    pub fn prompt(self, system: Clean, turns: Vec<(Role, Clean)>) -> (RedactedPrompt, Originals) {
        (RedactedPrompt::new(system, turns), self.originals)
    }

    /// The text with a placeholder for each value.
    fn replaced<'a>(&mut self, text: &'a str, is_masked: bool) -> Cow<'a, str> {
        let mut out = Cow::Borrowed(text);
        let mut near = None;
        for _ in 0..ROUNDS {
            let Some(round) = self.replaced_once(&out, near.as_deref()) else { break };
            near = Some(round.near);
            out = Cow::Owned(round.text);
            if is_masked
                && round.may_mask
                && let Cow::Owned(masked) = masked(&out)
            {
                out = Cow::Owned(masked);
                near = None;
            }
        }
        out
    }

    /// The same, once over; near some places only, if any are named. `None` where nothing is found.
    fn replaced_once(&mut self, text: &str, near: Option<&[Range<usize>]>) -> Option<Round> {
        if self.kinds.finds_nothing() {
            return None;
        }
        let seen = Text::of(text);
        let near: Option<Vec<_>> =
            near.map(|near| near.iter().map(|place| around(&seen, place)).collect());
        let found = scan::find(&seen, &self.kinds, near.as_deref());
        let mut round = Round::default();
        let mut copied = 0;
        for found in &found {
            let range = seen.range(&found.chars);
            round.text.push_str(&text[copied..range.start]);
            let start = round.text.len();
            round.text += &self.originals.placeholder(found.kind, &text[range.clone()]);
            round.near.push(start..round.text.len());
            copied = range.end;
            round.may_mask |= seen.stands_before(found.chars.start, NEAR_MASK, &MASK_WORDS)
                || seen.at(found.chars.end).is_alphanumeric();
        }
        round.text.push_str(&text[copied..]);
        (!found.is_empty()).then_some(round)
    }
}

/// What one look over a text makes of it.
#[derive(Default)]
struct Round {
    text: String,
    /// Where the placeholders are, in bytes: something may be found around them now.
    near: Vec<Range<usize>>,
    /// Whether a number that the mask knows by its word may have come near enough to it.
    may_mask: bool,
}

/// From which characters on a value may be found, now that there is a placeholder at a place.
fn around(text: &Text, place: &Range<usize>) -> Range<usize> {
    let (start, end) = (text.char_at(place.start), text.char_at(place.end));
    start.saturating_sub(NEAR)..end.saturating_add(NEAR)
}

#[cfg(test)]
#[path = "redact/tests.rs"]
mod tests;
