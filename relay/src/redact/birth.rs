//! Dates of birth: a date beside a word for being born. Other dates stay.

mod date;

use std::ops::Range;

use super::scan::{Phrases, Text};
use date::date;

/// Words for it; those in Arabic may have an article or a preposition grown on.
const WORDS: Phrases = Phrases::new(&[
    "born",
    "birth",
    "birthday",
    "birthdate",
    "birth date",
    "date of birth",
    "dob",
    "d.o.b",
    "d o b",
    "d/o/b",
    "bday",
    "b-day",
    "geboren",
    "geb",
    "geburtsdatum",
    "geburtstag",
    "geb.-datum",
    "geburtsdaten",
    "gebdatum",
    "ولدت",
    "مولود",
    "مولودة",
    "مواليد",
    "الميلاد",
    "ميلادي",
    "ميلاد",
    "تاريخ الميلاد",
    "تاريخ ميلادي",
    "ولدتُ",
    "وُلدت",
    "née",
    "né le",
    "née le",
]);

/// What may stand between the word and the date.
const BETWEEN: Phrases = Phrases::new(&[
    "is",
    "was",
    "on",
    "the",
    "date",
    "of",
    "my",
    "in",
    "at",
    "am",
    "ist",
    "der",
    "den",
    "dem",
    "mein",
    "meines",
    "war",
    "wurde",
    "ich",
    "bin",
    "i",
    "هو",
    "في",
    "بتاريخ",
    "يوم",
    "عام",
    "it's",
    "its",
    "born",
]);

/// How far before the word a date may begin.
const BEFORE: usize = 44;

/// The date beside the word that stands here.
pub(super) fn find(text: &Text, at: usize) -> Option<Range<usize>> {
    if !text.has_digit_within(at.saturating_sub(BEFORE), 120) {
        return None;
    }
    // The word may be longer than the one that is known: "geburtsdatum:".
    let end = text.longest(at, &WORDS)?;
    ahead(text, end).or_else(|| behind(text, at))
}

fn ahead(text: &Text, end: usize) -> Option<Range<usize>> {
    let mut here = end;
    for _ in 0..7 {
        here = text.run(here, 5, is_between);
        if let Some(end) = date(text, here) {
            return Some(here..end);
        }
        let word = text.word_end(here);
        let is_known = text.phrases(here, &BETWEEN);
        // "born in Leeds on": a place of one word.
        let is_place = || {
            let before = text.spaces_back(here);
            let preposition = text.word_start(before)..before;
            (here < word
                && text.at(here).is_uppercase()
                && text.is_one_of(&preposition, &["in", "at"]))
            .then_some(word)
        };
        here = is_known.or_else(is_place)?;
    }
    None
}

fn is_between(c: char) -> bool {
    matches!(c, ' ' | ':' | '-' | '=' | '(' | ')' | ',' | '.' | '*' | '"' | '\'' | '\n')
}

/// A date before the word: "12.3.1985 (geboren)", "12/03/1985 is my date of birth".
fn behind(text: &Text, at: usize) -> Option<Range<usize>> {
    let first = at.saturating_sub(BEFORE);
    let mut starts = (first..at).filter(|start| {
        text.at(*start).is_alphanumeric() && !text.before(*start).is_alphanumeric()
    });
    starts.find_map(|start| {
        let end = date(text, start)?;
        let mut here = end;
        while here < at {
            here = text.run(here, 5, |c| is_between(c) && !matches!(c, '.' | '\n'));
            if at <= here {
                break;
            }
            here = text.phrases(here, &BETWEEN)?;
        }
        (here == at).then_some(start..end)
    })
}
