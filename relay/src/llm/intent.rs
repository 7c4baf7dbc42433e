//! What the visitor wants, where a fixed answer is owed: whether it is an AI (C-07), a person
//! (C-20), finance (C-40), and small talk. Pure; phrases in English, German and Arabic, whatever
//! the language of the page.

mod phrases;

use phrases::{
    ADDRESS, FINANCE, GREETING, HOURS, NATURE, NATURE_ALONE, NOT_NATURE, PERSON, REACH,
    REACH_ALONE, THANKS, WISH, YOU,
};

use crate::knowledge::fold::fold;

/// What a message is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intent {
    /// Nothing was said.
    Empty,
    /// A greeting and nothing else.
    Greeting,
    /// Thanks and nothing else.
    Thanks,
    /// Whether this is a person.
    AreYouHuman,
    /// To talk to a person.
    Person,
    /// Finance: never a model's business.
    Finance,
    /// Opening hours.
    Hours,
    /// Where the dealer is.
    Address,
    /// Anything else.
    Question,
}

/// Whether the answer is fixed, so that no model is asked.
pub fn is_fixed(text: &str) -> bool {
    matches!(of(text), Intent::Empty | Intent::AreYouHuman | Intent::Person | Intent::Finance)
}

/// What a message is about.
pub fn of(text: &str) -> Intent {
    let words = Words::of(text);
    if words.count == 0 {
        Intent::Empty
    } else if words.count <= 16 && words.asks_for_nature() {
        Intent::AreYouHuman
    } else if words.count <= 30 && words.wants_person() {
        Intent::Person
    } else if words.has(FINANCE) {
        Intent::Finance
    } else if words.count <= 4 && words.has(THANKS) {
        Intent::Thanks
    } else if words.count <= 4 && words.is_only(GREETING) {
        Intent::Greeting
    } else if words.has(HOURS) {
        Intent::Hours
    } else if words.has(ADDRESS) {
        Intent::Address
    } else {
        Intent::Question
    }
}

/// A message as folded words with spaces around each.
struct Words {
    text: String,
    count: usize,
}

impl Words {
    fn of(text: &str) -> Self {
        // Folding as German also writes "ae" as "a"; the phrases above are read in the same way.
        let folded = fold(text, "xx");
        let words: Vec<&str> = folded
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .take(200)
            .collect();
        Self { text: format!(" {} ", words.join(" ")), count: words.len() }
    }

    fn has(&self, phrases: &str) -> bool {
        phrases.split('|').any(|phrase| self.holds(phrase))
    }

    fn holds(&self, phrase: &str) -> bool {
        self.text.match_indices(phrase).any(|(at, _)| {
            self.text[..at].ends_with(' ') && self.text[at + phrase.len()..].starts_with(' ')
        })
    }

    fn is(&self, phrases: &str) -> bool {
        phrases.split('|').any(|phrase| self.text.trim() == phrase)
    }

    fn is_only(&self, words: &str) -> bool {
        self.text.split_whitespace().all(|word| words.split('|').any(|known| known == word))
    }

    fn asks_for_nature(&self) -> bool {
        self.is(NATURE_ALONE)
            || (self.has(YOU) && self.has(NATURE) && !self.has(NOT_NATURE) && !self.is_plain_wish())
    }

    /// "Is there a person I can talk to?" is a wish, "Am I talking to a person?" a question.
    fn is_plain_wish(&self) -> bool {
        self.has(WISH)
    }

    fn wants_person(&self) -> bool {
        self.is(REACH_ALONE) || (self.has(PERSON) && self.has(REACH))
    }
}

#[cfg(test)]
#[path = "intent_tests.rs"]
mod tests;
