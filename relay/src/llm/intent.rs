//! What the visitor wants, where a fixed answer is owed: whether it is an AI (C-07), a person
//! (C-20), finance (C-40), and small talk. Pure; phrases in English, German and Arabic, whatever
//! the language of the page.

mod phrases;

use phrases::{
    ADDRESS, FINANCE, FINANCE_PERHAPS, GOES_ON, GOES_ON_WORDS, GREETING, HOURS, NATURE,
    NATURE_ALONE, NATURE_AT_END, NOT_FINANCE, NOT_NATURE, PERSON, REACH, REACH_ALONE, SEATS, TERMS,
    THANKS, WANT, WANT_WORDS, WANTED, WISH, YOU,
};
use protocol::AuthorKind;

use crate::{knowledge::fold::fold, llm::Turn};

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

impl Intent {
    /// Whether the answer is fixed, so that no model is asked.
    pub fn is_fixed(self) -> bool {
        matches!(self, Self::Empty | Self::AreYouHuman | Self::Person | Self::Finance)
    }

    /// Whether nothing was asked, so that nothing is looked up and nothing is offered.
    pub fn is_small_talk(self) -> bool {
        matches!(self, Self::Greeting | Self::Thanks)
    }
}

/// What the last message is about. "And for the Golf?" after a question on finance is one, too.
pub fn of_last(turns: &[Turn]) -> Intent {
    let asked = turns.iter().filter(|turn| turn.author == AuthorKind::Visitor);
    asked.fold(Intent::Empty, |before, turn| match of(&turn.text) {
        Intent::Question if before == Intent::Finance && goes_on(&turn.text) => Intent::Finance,
        intent => intent,
    })
}

/// Whether a question is short and goes on with the one before it.
fn goes_on(text: &str) -> bool {
    let words = Words::of(text);
    words.count <= GOES_ON_WORDS && (words.begins_with(GOES_ON) || words.has(TERMS))
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
    } else if words.is_about_finance() {
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

    fn begins_with(&self, phrases: &str) -> bool {
        let begins = |phrase: &str| self.text[1..].strip_prefix(phrase);
        phrases.split('|').filter_map(begins).any(|rest| rest.starts_with(' '))
    }

    fn ends_with(&self, phrases: &str) -> bool {
        let ends = |phrase: &str| self.text.trim_end().strip_suffix(phrase);
        phrases.split('|').filter_map(ends).any(|rest| rest.ends_with(' '))
    }

    /// What follows one of the phrases, so many words of it, wherever one stands.
    fn after(&self, phrases: &str, count: usize) -> Vec<Self> {
        let mut found = Vec::new();
        for phrase in phrases.split('|') {
            for (at, _) in self.text.match_indices(&format!(" {phrase} ")) {
                let rest = self.text[at + phrase.len() + 1..].split_whitespace();
                let words: Vec<&str> = rest.take(count).collect();
                found.push(Self { text: format!(" {} ", words.join(" ")), count: words.len() });
            }
        }
        found
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
        let is_nature = self.has(NATURE) || self.ends_with(NATURE_AT_END);
        self.is(NATURE_ALONE)
            || (self.has(YOU) && is_nature && !self.has(NOT_NATURE) && !self.is_plain_wish())
    }

    /// "Is there a person I can talk to?" is a wish, "Am I talking to a person?" a question.
    fn is_plain_wish(&self) -> bool {
        self.has(WISH)
    }

    fn wants_person(&self) -> bool {
        let wants = || self.after(WANT, WANT_WORDS).iter().any(|words| words.has(WANTED));
        self.is(REACH_ALONE)
            || (self.has(PERSON) && self.has(REACH))
            || (wants() && !self.has(SEATS))
    }

    fn is_about_finance(&self) -> bool {
        self.has(FINANCE) || (self.has(FINANCE_PERHAPS) && !self.has(NOT_FINANCE))
    }
}

#[cfg(test)]
#[path = "intent_tests.rs"]
mod tests;
