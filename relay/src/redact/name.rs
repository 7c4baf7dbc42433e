//! Names of persons, behind the words with which they are said.

mod words;

use std::ops::Range;

use super::scan::Text;
use words::{GOES_ON, INTRODUCED, NAMED, NO_NAMES, ONWARD, PARTICLES, SIGNED};

/// The most words of a name.
const MOST_WORDS: usize = 4;

/// The most characters of a word that is joined.
const MOST_CHARS: usize = 48;

/// The name behind the words that stand here.
pub(super) fn find(text: &Text, at: usize) -> Option<Range<usize>> {
    if let Some(end) = text.longest(at, &NAMED) {
        let start = text.run(end, 5, is_gap);
        return name(text, start, true).map(|end| start..end);
    }
    let is_at_the_end = text.longest(at, &SIGNED);
    let end = is_at_the_end.or_else(|| text.longest(at, &INTRODUCED))?;
    let start = text.run(end, 5, is_gap);
    let end = name(text, start, false)?;
    // A capital alone says little: "I am British and 45".
    let is_long = part_end(text, start) < end;
    let is_one = match is_at_the_end {
        Some(_) => is_over(text, end),
        None => is_long || is_over(text, end) || text.phrases(text.spaces(end), &ONWARD).is_some(),
    };
    is_one.then_some(start..end)
}

/// Whether a sentence, or a part of one, is over here.
fn is_over(text: &Text, at: usize) -> bool {
    matches!(text.at(at), '\n' | '.' | ',' | '!' | '?' | ';' | ')' | '"')
        || text.len() <= text.spaces(at)
}

fn is_gap(c: char) -> bool {
    matches!(c, ' ' | ':' | ',' | '"' | '\n' | '-' | '*')
}

/// Where the name ends that stands here.
fn name(text: &Text, at: usize, may_be_small: bool) -> Option<usize> {
    let mut end = None;
    let mut here = at;
    let mut n_words = 0;
    while n_words < MOST_WORDS {
        let word_end = part_end(text, here);
        let word = here..word_end;
        if word.is_empty() || word.clone().any(|at| text.is_digit(at)) {
            break;
        }
        let is_particle = text.is_one_of(&word, &PARTICLES);
        if text.is_one_of(&word, &NO_NAMES) && !(is_particle && 0 < n_words) {
            break;
        }
        let is_capital = text.at(here).is_uppercase() && (may_be_small || !is_shouted(text, &word));
        // Arabic has no capitals; of small letters no more than two words are a name.
        let is_small_name = may_be_small
            && n_words < 2
            && (n_words == 0 || !has_case(text, here) || is_small_pair(text, at, here));
        if is_capital || is_small_name {
            end = Some(word_end);
        } else if !(is_particle && 0 < n_words) {
            break;
        }
        n_words += 1;
        here = text.spaces(word_end);
        if here == word_end {
            // An initial has its dot: "J. Smith".
            let is_initial = word.len() == 1 && text.at(word_end) == '.';
            if !is_initial {
                break;
            }
            here = text.spaces(word_end + 1);
        }
    }
    end
}

/// Where a word ends that may be joined: "Anne-Marie", "O'Brien".
fn part_end(text: &Text, at: usize) -> usize {
    let mut end = text.word_end(at);
    while end - at < MOST_CHARS
        && matches!(text.at(end), '-' | '\'')
        && text.at(end + 1).is_alphabetic()
        && !is_genitive(text, end)
    {
        end = text.word_end(end + 1);
    }
    end
}

fn is_genitive(text: &Text, at: usize) -> bool {
    text.at(at) == '\'' && text.small(at + 1) == 's' && !text.at(at + 2).is_alphanumeric()
}

fn is_shouted(text: &Text, word: &Range<usize>) -> bool {
    1 < word.len() && word.clone().all(|at| text.at(at).is_uppercase())
}

fn has_case(text: &Text, at: usize) -> bool {
    text.at(at).is_uppercase() || text.at(at).is_lowercase()
}

/// Whether the name began small, too, and this word is no part of the sentence.
fn is_small_pair(text: &Text, first: usize, here: usize) -> bool {
    let word = here..text.word_end(here);
    text.at(first).is_lowercase() && !text.is_one_of(&word, &GOES_ON)
}
