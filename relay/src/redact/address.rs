//! Addresses of the United Kingdom: a house number with a full postcode, and postcodes alone.

mod postcode;
mod words;

use std::ops::Range;

use super::scan::Text;
use postcode::postcode;
use words::{MEASURES, NUMBERS, STREETS};

/// The most words between a house number and its postcode, and how many characters they have.
const MOST_WORDS: usize = 12;
const MOST_CHARS: usize = 100;

/// A house number with its postcode: with a street between them, side by side, or the other way round.
pub(super) fn find(text: &Text, at: usize) -> Option<Range<usize>> {
    match text.at(at) {
        c if c.is_ascii_digit() => from_number(text, at),
        c if c.is_ascii_alphabetic() => to_number(text, at),
        _ => None,
    }
}

/// A postcode by itself.
pub(super) fn find_postcode(text: &Text, at: usize) -> Option<Range<usize>> {
    postcode(text, at).map(|end| at..end)
}

fn from_number(text: &Text, at: usize) -> Option<Range<usize>> {
    if matches!(text.before(at), '£' | '€' | '$' | '.' | ',') {
        return None;
    }
    let mut here = house_number(text, at)?;
    let (mut has_street, mut is_counted) = (false, true);
    let (mut n_words, mut n_numbers) = (0, 0);
    while n_words <= MOST_WORDS && here - at < MOST_CHARS {
        if text.at(here) == '.' && text.is_digit(here + 1) {
            return None;
        }
        here = text.run(here, 6, |c| matches!(c, ' ' | ',' | '\n' | '.' | '-' | '/' | '\''));
        if let Some(end) = postcode(text, here) {
            return (n_words == 0 || has_street).then_some(at..end);
        }
        let end = text.word_end(here);
        let word = here..end;
        if end == here || (is_counted && text.is_one_of(&word, &MEASURES)) {
            return None;
        }
        is_counted = text.is_digit(here);
        if is_counted {
            n_numbers += 1;
            // "Flat 2, 14 Quay Street" has two.
            if 1 < n_numbers {
                return None;
            }
            here = house_number(text, here)?;
        } else {
            let is_street = text.is_one_of(&word, &STREETS)
                || ["straße", "strasse"]
                    .iter()
                    .any(|end| text.stands_before(word.end, end.chars().count(), &[end]));
            has_street |= is_street;
            here = end;
        }
        n_words += 1;
    }
    None
}

fn house_number(text: &Text, at: usize) -> Option<usize> {
    let end = text.run(at, 5, |c| c.is_ascii_digit());
    let is_short = (1..=4).contains(&(end - at));
    let letter =
        usize::from(matches!(text.small(end), 'a'..='h') && !text.at(end + 1).is_alphanumeric());
    (is_short && !text.at(end + letter).is_alphanumeric()).then_some(end + letter)
}

fn to_number(text: &Text, at: usize) -> Option<Range<usize>> {
    let end = postcode(text, at)?;
    let here = text.run(end, 4, |c| matches!(c, ' ' | ',' | '-' | '(' | ':'));
    let here = text.phrase(here, "and").map_or(here, |end| text.spaces(end));
    let named = text.longest(here, &NUMBERS)?;
    let number = text.run(named, 4, |c| matches!(c, ' ' | '.' | ':' | '#'));
    let number = text.phrase(number, "is").map_or(number, |end| text.spaces(end));
    Some(at..house_number(text, number)?)
}
