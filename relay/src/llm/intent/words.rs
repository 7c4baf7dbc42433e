//! A message as words, asked for phrases. Pure.

use super::phrases::{
    FINANCE, FINANCE_PERHAPS, NATURE, NATURE_ALONE, NATURE_AT_END, NOT_FINANCE, NOT_NATURE, PERSON,
    REACH, REACH_ALONE, SEATS, WANT, WANT_WORDS, WANTED, WISH, YOU,
};
use crate::knowledge::fold::fold;

/// A message as folded words with spaces around each.
pub(super) struct Words {
    text: String,
    /// Where each word begins: only there a phrase can stand, and this is asked of hundreds.
    starts: Vec<usize>,
    pub(super) count: usize,
}

impl Words {
    pub(super) fn of(text: &str) -> Self {
        // Folding as German also writes "ae" as "a"; the phrases above are read in the same way.
        let folded = fold(text, "xx");
        let words: Vec<&str> = folded
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .take(200)
            .collect();
        Self::joined(&words)
    }

    fn joined(words: &[&str]) -> Self {
        let mut text = String::from(" ");
        let mut starts = Vec::with_capacity(words.len());
        for word in words {
            starts.push(text.len());
            text.push_str(word);
            text.push(' ');
        }
        Self { text, starts, count: words.len() }
    }

    pub(super) fn has(&self, phrases: &str) -> bool {
        phrases.split('|').any(|phrase| self.holds(phrase))
    }

    pub(super) fn begins_with(&self, phrases: &str) -> bool {
        let begins = |phrase: &str| self.text[1..].strip_prefix(phrase);
        phrases.split('|').filter_map(begins).any(|rest| rest.starts_with(' '))
    }

    pub(super) fn ends_with(&self, phrases: &str) -> bool {
        let ends = |phrase: &str| self.text.trim_end().strip_suffix(phrase);
        phrases.split('|').filter_map(ends).any(|rest| rest.ends_with(' '))
    }

    /// What follows one of the phrases, so many words of it, wherever one stands.
    pub(super) fn after(&self, phrases: &str, count: usize) -> Vec<Self> {
        let mut found = Vec::new();
        for phrase in phrases.split('|') {
            for (at, _) in self.text.match_indices(&format!(" {phrase} ")) {
                let rest = self.text[at + phrase.len() + 1..].split_whitespace();
                let words: Vec<&str> = rest.take(count).collect();
                found.push(Self::joined(&words));
            }
        }
        found
    }

    pub(super) fn holds(&self, phrase: &str) -> bool {
        let begins = |at: &usize| self.text[*at..].strip_prefix(phrase);
        self.starts.iter().filter_map(begins).any(|rest| rest.starts_with(' '))
    }

    pub(super) fn is(&self, phrases: &str) -> bool {
        phrases.split('|').any(|phrase| self.text.trim() == phrase)
    }

    pub(super) fn is_only(&self, words: &str) -> bool {
        self.text.split_whitespace().all(|word| words.split('|').any(|known| known == word))
    }

    pub(super) fn asks_for_nature(&self) -> bool {
        let is_nature = self.has(NATURE) || self.ends_with(NATURE_AT_END);
        self.is(NATURE_ALONE)
            || (self.has(YOU) && is_nature && !self.has(NOT_NATURE) && !self.is_plain_wish())
    }

    /// "Is there a person I can talk to?" is a wish, "Am I talking to a person?" a question.
    pub(super) fn is_plain_wish(&self) -> bool {
        self.has(WISH)
    }

    pub(super) fn wants_person(&self) -> bool {
        let wants = || self.after(WANT, WANT_WORDS).iter().any(|words| words.has(WANTED));
        self.is(REACH_ALONE)
            || (self.has(PERSON) && self.has(REACH))
            || (wants() && !self.has(SEATS))
    }

    pub(super) fn is_about_finance(&self) -> bool {
        self.has(FINANCE) || (self.has(FINANCE_PERHAPS) && !self.has(NOT_FINANCE))
    }
}
