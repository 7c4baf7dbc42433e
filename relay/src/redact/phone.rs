//! Telephone numbers: of the United Kingdom and Ireland in each form that is written, and of others
//! with a plus, with 00 or with a leading zero; shorter ones behind a word for them.

mod not;
mod words;

use std::ops::Range;

use super::scan::Text;
use words::{BETWEEN, NAMES};

/// The most groups of digits of one number.
const MOST_GROUPS: usize = 16;

/// The fewest digits of a number in full, and the most (E.164, with 00 before it).
const FEWEST_DIGITS: usize = 9;
const MOST_DIGITS: usize = 17;

/// The fewest digits of a number behind a word for it: prices and mileages are shorter.
const FEWEST_NAMED: usize = 7;

/// A number in full.
pub(super) fn find(text: &Text, at: usize) -> Option<Range<usize>> {
    let c = text.at(at);
    let may_be = c.is_ascii_digit() || (matches!(c, '+' | '(') && text.has_digit_within(at, 4));
    if !may_be || not::is_named(text, at) {
        return None;
    }
    let run = Run::read(text, at)?;
    let end = run.ends().find(|n| run.is_number(text, *n)).map(|n| run.end(text, n))?;
    (text.at(end) != '@').then_some(at..end)
}

/// A number behind a word for it, which may be without its area code.
pub(super) fn find_named(text: &Text, at: usize) -> Option<Range<usize>> {
    if !text.has_digit_within(at, 60) {
        return None;
    }
    let mut here = text.phrases(at, &NAMES)?;
    for _ in 0..3 {
        here = text.run(here, 4, |c| matches!(c, ' ' | ':' | '.' | '=' | '-' | '#' | '\''));
        match text.phrases(here, &BETWEEN) {
            Some(end) => here = end,
            None => break,
        }
    }
    let here = text.run(here, 4, |c| matches!(c, ' ' | ':' | '.' | '=' | '-' | '#'));
    let run = Run::read(text, here)?;
    let is_long = |n: &usize| {
        (FEWEST_NAMED..=MOST_DIGITS).contains(&run.digits(*n))
            && !not::is_date_or_time(text, &run.groups[..*n])
    };
    let end = run.ends().find(is_long).map(|n| run.end(text, n))?;
    (!not::has_unit(text, end)).then_some(here..end)
}

/// Groups of digits with the usual separators between them.
struct Run {
    groups: Vec<Range<usize>>,
    has_plus: bool,
    /// Whether the area code stands in brackets.
    has_brackets: bool,
}

impl Run {
    fn read(text: &Text, at: usize) -> Option<Self> {
        let mut here = at;
        let mut has_plus = false;
        let has_brackets = text.at(here) == '(';
        here += usize::from(has_brackets);
        if text.at(here) == '+' {
            has_plus = true;
            here += 1;
            here += usize::from(text.at(here) == ' ');
            here += usize::from(text.at(here) == '(');
        }
        let mut groups = Vec::new();
        while groups.len() < MOST_GROUPS {
            let end = text.run(here, 24, |c| c.is_ascii_digit());
            if end == here || text.is_digit(end) {
                break;
            }
            groups.push(here..end);
            let next = text.run(end, 3, |c| matches!(c, ' ' | '-' | '.' | '/' | '(' | ')'));
            if next == end {
                break;
            }
            here = next;
        }
        (!groups.is_empty()).then_some(Self { groups, has_plus, has_brackets })
    }

    /// With how many of its groups it may end, the most first.
    fn ends(&self) -> impl Iterator<Item = usize> + use<> {
        (1..=self.groups.len()).rev()
    }

    fn digits(&self, n: usize) -> usize {
        self.groups[..n].iter().map(ExactSizeIterator::len).sum()
    }

    /// Where it ends with so many of its groups: with a bracket behind it that closes the one before.
    fn end(&self, text: &Text, n: usize) -> usize {
        let end = self.groups[n - 1].end;
        end + usize::from(n == 1 && self.has_brackets && text.at(end) == ')')
    }

    /// Whether so many of its groups are a number in full.
    fn is_number(&self, text: &Text, n: usize) -> bool {
        let groups = &self.groups[..n];
        let digits = self.digits(n);
        if !(8..=MOST_DIGITS).contains(&digits) {
            return false;
        }
        let first = &groups[0];
        let nth = |n: usize| {
            let mut places = groups.iter().cloned().flatten();
            places.nth(n).map_or(' ', |place| text.at(place))
        };
        let is_in_a_word = text.at(groups[n - 1].end).is_ascii_alphabetic();
        if is_in_a_word && n == 1 && !self.has_plus {
            return false;
        }
        if self.has_plus {
            return FEWEST_DIGITS <= digits;
        }
        if not::is_date_or_time(text, groups) || not::is_amount(text, groups) {
            return false;
        }
        match (nth(0), nth(1)) {
            ('0', '0') => 11 <= digits && nth(2) != '0',
            ('0', _) => {
                let is_short = ["0800", "0845", "0500"].iter().any(|head| {
                    text.phrase(first.start, head).is_some()
                        || first.len() == 8 && head.chars().enumerate().all(|(n, c)| nth(n) == c)
                });
                let fewest = if is_short { 8 } else { FEWEST_DIGITS };
                (fewest..=13).contains(&digits)
            }
            // The country's code without its plus.
            ('4', '4') => digits == 12 && matches!(nth(2), '1'..='3' | '7'),
            ('3', '5') => (11..=12).contains(&digits) && nth(2) == '3' && nth(3) != '0',
            // As in North America.
            _ => {
                let lengths: Vec<usize> = groups.iter().map(ExactSizeIterator::len).collect();
                let is_joined = |pair: &[Range<usize>]| matches!(text.at(pair[0].end), '-' | '.');
                lengths == [3, 3, 4]
                    && ((self.has_brackets && text.at(first.end) == ')')
                        || groups.windows(2).all(is_joined))
            }
        }
    }
}
