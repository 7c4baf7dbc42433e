//! E-mail addresses: as they are, with brackets or words for their signs (`jo [at] example dot com`),
//! and with spaces around them.

mod domain;
mod words;

use std::ops::Range;

use super::scan::Text;
use domain::domain;
use words::{AT_WORDS, IN_BRACKETS, JOINING_WORDS, NO_NAMES};

/// The longest part before the sign (RFC 5321).
const LOCAL_CHARS: usize = 64;

/// How the sign is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sign {
    /// `@`.
    Itself,
    /// In brackets: nobody writes that but for an address.
    Bracketed,
    /// As a word, which stands in other sentences, too.
    Word,
}

/// The address whose sign stands here.
pub(super) fn find(text: &Text, at: usize) -> Option<Range<usize>> {
    let (sign, end) = sign(text, at)?;
    let local = local(text, at)?;
    let domain = domain(text, end)?;
    let is_apart = text.before(at) == ' ' && text.at(end) == ' ';
    let last = text.word_start(local.end)..local.end;
    let is_known = domain.is_provider || text.stands_before(local.start, 24, &["mail", "بريد"]);
    let is_name = local.is_joined || !text.is_one_of(&last, &NO_NAMES);
    let is_one = match sign {
        Sign::Bracketed => true,
        Sign::Itself => {
            !is_apart || ((is_known || domain.n_words > 0 || local.has_sign) && is_name)
        }
        Sign::Word => (is_known || domain.n_words > 0 || local.is_joined) && is_name,
    };
    is_one.then_some(local.start..domain.end)
}

fn sign(text: &Text, at: usize) -> Option<(Sign, usize)> {
    match text.small(at) {
        '@' => Some((Sign::Itself, at + 1)),
        '[' | '(' | '{' | '<' | '*' | '_' | '-' | '|' => {
            let inner = text.spaces(at + 1);
            let end = text.phrases(inner, &IN_BRACKETS)?;
            let end = text.spaces(end);
            let closes = match text.at(at) {
                '[' => ']',
                '(' => ')',
                '{' => '}',
                '<' => '>',
                c => c,
            };
            // An "a" alone is the sign in brackets that are round or square.
            let is_letter = end == inner + 1 && text.at(inner) != '@';
            let is_bracket = matches!(text.at(at), '[' | '(');
            (text.at(end) == closes && (!is_letter || is_bracket))
                .then_some((Sign::Bracketed, end + 1))
        }
        _ => {
            let end = text.phrases(at, &AT_WORDS)?;
            // "jo AT example.com": nobody writes that but for an address.
            let is_loud = text.at(at) == 'A' && text.at(at + 1) == 'T' && !is_shouted(text, at);
            let sign = if is_loud { Sign::Bracketed } else { Sign::Word };
            (text.before(at) == ' ' && text.at(end) == ' ').then_some((sign, end))
        }
    }
}

/// Whether the word before a place is in capitals, too.
fn is_shouted(text: &Text, at: usize) -> bool {
    text.before(text.spaces_back(at)).is_uppercase()
}

/// The part before the sign.
struct Local {
    start: usize,
    end: usize,
    /// Whether it has a word for a sign in it.
    is_joined: bool,
    /// Whether it has a dot or another sign in it.
    has_sign: bool,
}

fn local(text: &Text, sign: usize) -> Option<Local> {
    let end = text.spaces_back(sign);
    let mut start = part_start(text, end)?;
    let has_sign = (start..end).any(|at| matches!(text.at(at), '.' | '_' | '+' | '-'));
    let mut is_joined = false;
    for _ in 0..4 {
        let Some(before) = joined_start(text, start) else { break };
        (start, is_joined) = (before, true);
    }
    Some(Local { start, end, is_joined, has_sign })
}

/// Where the run of characters of an address begins that ends here.
fn part_start(text: &Text, end: usize) -> Option<usize> {
    let mut start = end;
    while 0 < start && end - start < LOCAL_CHARS && is_local(text.at(start - 1)) {
        start -= 1;
    }
    while start < end && !text.at(start).is_alphanumeric() {
        start += 1;
    }
    (start < end).then_some(start)
}

fn is_local(c: char) -> bool {
    c.is_alphanumeric()
        || matches!(c, '.' | '_' | '%' | '+' | '-' | '\'' | '&' | '~' | '#' | '!' | '$' | '^')
}

/// Where the word before a word for a sign begins: of "jo" in "jo dot smith", for the place of "smith".
fn joined_start(text: &Text, at: usize) -> Option<usize> {
    let (word_end, is_bracketed) = match text.before(text.spaces_back(at)) {
        ']' | ')' | '}' => (text.spaces_back(text.spaces_back(at) - 1), true),
        _ => (text.spaces_back(at), false),
    };
    let word_start = text.word_start(word_end);
    if !text.is_one_of(&(word_start..word_end), &JOINING_WORDS) {
        return None;
    }
    let end = text.spaces_back(word_start);
    let end = if is_bracketed {
        if !matches!(text.before(end), '[' | '(' | '{') {
            return None;
        }
        text.spaces_back(end - 1)
    } else {
        // In one piece it would be a part of the word.
        (word_end < at && end < word_start).then_some(end)?
    };
    let start = part_start(text, end)?;
    let is_no_name = text.is_one_of(&(start..end), &NO_NAMES);
    (!is_no_name).then_some(start)
}
