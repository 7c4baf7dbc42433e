//! What the visitor wants, where a fixed answer is owed: whether it is an AI (C-07), a person
//! (C-20), finance (C-40), and small talk. Pure; phrases in English, German and Arabic, whatever
//! the language of the page.

mod phrases;
mod words;

use phrases::{
    ADDRESS, CALL_BACK, GOES_ON, GOES_ON_WORDS, GREETING, HOURS, PART_EXCHANGE, SERVICE, TERMS,
    TEST_DRIVE, THANKS,
};
use protocol::{AuthorKind, lead::LeadKind};

use crate::llm::Turn;
use words::Words;

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
    let asked = turns.iter().rev().filter(|turn| turn.author == AuthorKind::Visitor);
    let mut asked = asked.map(|turn| turn.text.as_str());
    let Some(mut text) = asked.next() else { return Intent::Empty };
    let last = of(text);
    let mut intent = last;
    while intent == Intent::Question && goes_on(text) {
        let Some(before) = asked.next() else { break };
        text = before;
        intent = of(text);
    }
    if intent == Intent::Finance { Intent::Finance } else { last }
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

/// The form that a message asks for, beside whatever it is about.
pub fn wish(text: &str) -> Option<LeadKind> {
    let words = Words::of(text);
    let of = [
        (CALL_BACK, LeadKind::CallBack),
        (TEST_DRIVE, LeadKind::TestDrive),
        (PART_EXCHANGE, LeadKind::PartExchange),
        (SERVICE, LeadKind::Service),
    ];
    of.into_iter().find(|(phrases, _)| words.has(phrases)).map(|(_, kind)| kind)
}

#[cfg(test)]
#[path = "intent_tests.rs"]
mod tests;
