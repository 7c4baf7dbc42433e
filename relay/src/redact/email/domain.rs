//! The domain of an address.

use super::words::{DOT_WORDS, ENDS, PROVIDERS};
use crate::redact::scan::Text;

/// The most labels of a domain that are read.
const MOST_LABELS: usize = 8;

/// The part behind the sign.
pub(super) struct Domain {
    pub(super) end: usize,
    /// How many of its dots are words.
    pub(super) n_words: usize,
    pub(super) is_provider: bool,
}

pub(super) fn domain(text: &Text, from: usize) -> Option<Domain> {
    let mut start = text.spaces(from);
    let (mut n_labels, mut n_words) = (0, 0);
    let mut domain: Option<Domain> = None;
    let mut is_provider = false;
    while n_labels < MOST_LABELS {
        let end = text.run(start, 63, |c| c.is_alphanumeric() || c == '-');
        // A dash at the end is the sentence's.
        let end = (start..end).rev().find(|at| text.at(*at) != '-').map_or(start, |at| at + 1);
        if end == start || text.at(start) == '-' {
            break;
        }
        n_labels += 1;
        is_provider |= n_labels == 1 && text.is_one_of(&(start..end), &PROVIDERS);
        let is_end = 2 <= end - start
            && ((start..end).all(|at| text.at(at).is_alphabetic())
                || text.small(start) == 'x' && text.at(start + 2) == '-');
        if 2 <= n_labels && is_end {
            domain = Some(Domain { end, n_words, is_provider });
        }
        let Some((next, is_word)) = dot(text, end) else { break };
        n_words += usize::from(is_word);
        start = next;
    }
    domain
}

/// Where the next label begins, and whether the dot before it is a word or in brackets.
fn dot(text: &Text, end: usize) -> Option<(usize, bool)> {
    let after = text.spaces(end);
    let is_label = |at: usize| text.at(at).is_alphanumeric();
    match text.at(after) {
        '.' if after == end && is_label(end + 1) => Some((end + 1, false)),
        '.' => {
            let label = text.spaces(after + 1);
            let word = label..text.word_end(label);
            text.is_one_of(&word, &ENDS).then_some((label, false))
        }
        open @ ('[' | '(' | '{') => {
            let inner = text.spaces(after + 1);
            let word =
                text.phrases(inner, &DOT_WORDS).or((text.at(inner) == '.').then_some(inner + 1))?;
            let close = text.spaces(word);
            let closes = matches!((open, text.at(close)), ('[', ']') | ('(', ')') | ('{', '}'));
            let label = text.spaces(close + 1);
            (closes && is_label(label)).then_some((label, true))
        }
        _ => {
            let word = text.phrases(after, &DOT_WORDS)?;
            let label = text.spaces(word);
            (end < after && word < label && is_label(label)).then_some((label, true))
        }
    }
}
