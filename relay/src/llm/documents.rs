//! The answerer without a model: quotes the dealer's own words and names where they stand. Pure,
//! no network. It never pretends to be more: what the documents don't say, it says it can't find.

use protocol::{Offer, Source};

use crate::{
    domain::passage::Passage,
    knowledge::lexicon::Lexicon,
    limits::QUOTE_CHARS,
    llm::{
        Facts, Question,
        intent::{self, Intent},
        quote::quote,
        strings::{Strings, fill, strings},
    },
};

/// How much of the best passage's score a second one needs, to be quoted too.
const SECOND: f32 = 0.8;

/// A whole answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The words.
    pub text: String,
    /// Where they stand.
    pub sources: Vec<Source>,
    /// What is offered beside them.
    pub offer: Offer,
}

/// Answers a question from its passages and facts.
pub fn answer(question: &Question) -> Answer {
    let facts = &question.facts;
    let words = strings(&facts.language);
    let plain =
        |sentence: &str, offer| Answer { text: fill(sentence, facts), sources: Vec::new(), offer };
    match question.intent() {
        Intent::Empty => plain(words.empty, Offer::None),
        Intent::Greeting => plain(words.greeting, Offer::None),
        Intent::Thanks => plain(words.thanks, Offer::None),
        Intent::AreYouHuman => plain(words.is_ai, Offer::None),
        Intent::Person => {
            let offer = question.offer(Offer::Lead);
            Answer { text: person(facts, words), sources: Vec::new(), offer }
        }
        Intent::Finance => finance(question, words),
        Intent::Hours => {
            // Whoever asks while nobody is there can leave word.
            let is_closed = facts.open_now == Some(false);
            let offer = question.offer(if is_closed { Offer::Lead } else { Offer::None });
            quoted(question, words)
                .or_else(|| list(words.hours, &facts.hours_lines, facts))
                .map_or_else(
                    || plain(words.nothing, Offer::Lead),
                    |answer| Answer { offer, ..answer },
                )
        }
        Intent::Address => {
            let offer = question.offer(Offer::None);
            quoted(question, words)
                .or_else(|| list(words.address, std::slice::from_ref(&facts.address), facts))
                .map_or_else(
                    || plain(words.nothing, Offer::Lead),
                    |answer| Answer { offer, ..answer },
                )
        }
        Intent::Question => {
            let offer = question.offer(Offer::None);
            let found = quoted(question, words).map(|answer| Answer { offer, ..answer });
            found.unwrap_or_else(|| match offer {
                Offer::Form(_) => plain(words.wish, offer),
                Offer::None | Offer::Lead => plain(words.nothing, Offer::Lead),
            })
        }
    }
}

/// What is said where no answer can be had now: honest, with a way on.
pub fn unavailable(facts: &Facts) -> String {
    fill(strings(&facts.language).unavailable, facts)
}

/// A text in the pieces in which a model would send it: words with the space after them.
pub fn pieces(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive(char::is_whitespace)
}

/// How to reach a person: never refused, honest about the time (C-20).
fn person(facts: &Facts, words: &Strings) -> String {
    let mut text = fill(words.person, facts);
    let lines: Vec<&String> = facts.contact_lines.iter().chain(&facts.hours_lines).collect();
    text.push('\n');
    for line in lines {
        text.push_str("\n- ");
        text.push_str(line);
    }
    if facts.open_now == Some(false) {
        text.push_str("\n\n");
        text.push_str(&fill(words.closed_now, facts));
    }
    text.push_str("\n\n");
    text.push_str(&fill(words.form, facts));
    text
}

/// Finance: the dealer's own text on it and nothing else, then a person (C-40).
fn finance(question: &Question, words: &Strings) -> Answer {
    let facts = &question.facts;
    let own = question.passages.iter().find(|passage| is_about_finance(passage));
    let (text, sources) = match own {
        Some(passage) => (said(passage, question, words.quote), vec![passage.source.clone()]),
        None => (fill(words.no_finance, facts), Vec::new()),
    };
    Answer { text, sources, offer: Offer::Lead }
}

/// Whether a passage is the dealer's text on finance: its title says so.
fn is_about_finance(passage: &Passage) -> bool {
    intent::of(&passage.source.title) == Intent::Finance
}

/// The best passage, and the next one where it is nearly as good.
fn quoted(question: &Question, words: &Strings) -> Option<Answer> {
    let (best, others) = question.passages.split_first()?;
    let mut text = said(best, question, words.quote);
    let mut sources = vec![best.source.clone()];
    let second = others.iter().find(|passage| passage.source != best.source);
    if let Some(second) = second.filter(|second| best.score * SECOND <= second.score) {
        text.push_str("\n\n");
        text.push_str(&said(second, question, words.also));
        sources.push(second.source.clone());
    }
    Some(Answer { text, sources, offer: Offer::None })
}

/// One passage, introduced by its title.
fn said(passage: &Passage, question: &Question, lead: &str) -> String {
    let lexicon = Lexicon::of(&question.facts.language);
    let words = quote(&passage.text, question.asked(), &lexicon, QUOTE_CHARS);
    format!("{}\n\n{words}", lead.replace("{title}", &passage.source.title))
}

/// A sentence and a list below it; none without anything to list.
fn list(lead: &str, lines: &[String], facts: &Facts) -> Option<Answer> {
    let lines: Vec<String> =
        lines.iter().filter(|line| !line.is_empty()).map(|line| format!("- {line}")).collect();
    let text = format!("{}\n\n{}", fill(lead, facts), lines.join("\n"));
    (!lines.is_empty()).then_some(Answer { text, sources: Vec::new(), offer: Offer::None })
}

#[cfg(test)]
#[path = "documents_tests.rs"]
mod tests;
