//! Registration plates of the United Kingdom: those of today, and older ones of three digits, as they
//! are; the others behind a word for them, as models of cars look the same ("BMW 320D", "A4 TDI").

mod words;

use std::ops::Range;

use super::scan::Text;
use words::{BEFORE, BETWEEN, TRIMS};

/// The plate that stands here.
pub(super) fn find(text: &Text, at: usize) -> Option<Range<usize>> {
    if !text.has_digit_within(at, 4)
        || !text.at(at).is_ascii_alphanumeric()
        || text.before(at).is_alphanumeric()
    {
        return None;
    }
    let is_joined = matches!(text.before(at), '-' | '/' | '#' | '_');
    let groups = read(text, at);
    let plates = (2..=groups.len()).rev().filter_map(|n| Plate::of(text, &groups[..n]));
    let mut ends = plates.filter_map(|plate| {
        let is_named = || named_before(text, at) || named_behind(text, plate.end);
        let is_plain = plate.is_of_today(text) || plate.is_of_1983(text, true);
        let is_plate = (!is_joined && is_plain) || (plate.is_older(text) && is_named());
        is_plate.then_some(plate.end)
    });
    ends.next().map(|end| at..end)
}

/// Groups of letters and digits in turn, with a space or none between them.
fn read(text: &Text, at: usize) -> Vec<Range<usize>> {
    let (mut groups, mut here) = (Vec::with_capacity(3), at);
    while groups.len() < 3 {
        let is_digit = text.is_digit(here);
        let is_same = |c: char| if is_digit { c.is_ascii_digit() } else { c.is_ascii_alphabetic() };
        let end = text.run(here, 5, is_same);
        groups.push(here..end);
        here = end + usize::from(text.at(end) == ' ');
        if !text.at(here).is_ascii_alphanumeric() || text.is_digit(here) == is_digit {
            break;
        }
    }
    groups
}

/// What may be a plate.
struct Plate {
    /// Letters and digits in turn.
    groups: Vec<Range<usize>>,
    end: usize,
}

impl Plate {
    fn of(text: &Text, groups: &[Range<usize>]) -> Option<Self> {
        let end = groups.last()?.end;
        let plate = Self { groups: groups.to_vec(), end };
        let n_spaces = groups.windows(2).filter(|pair| pair[0].end < pair[1].start).count();
        let has_small = plate.has_small(text);
        let has_capitals = plate.letters(text).any(|c| c.is_ascii_uppercase());
        // Small words stand beside numbers in any sentence.
        let is_written_as_one = !(has_small && (has_capitals || 1 < n_spaces));
        (is_written_as_one && !text.at(end).is_alphanumeric()).then_some(plate)
    }

    fn letters(&self, text: &Text) -> impl Iterator<Item = char> {
        self.groups.iter().cloned().flatten().map(|at| text.at(at))
    }

    fn lengths(&self) -> Vec<usize> {
        self.groups.iter().map(ExactSizeIterator::len).collect()
    }

    fn is_trim(&self, text: &Text) -> bool {
        self.groups.last().is_some_and(|last| text.is_one_of(last, &TRIMS))
    }

    fn has_small(&self, text: &Text) -> bool {
        self.letters(text).any(|c| c.is_ascii_lowercase())
    }

    /// Since 2001: two letters, the half year, three letters.
    fn is_of_today(&self, text: &Text) -> bool {
        let half_year = self.groups.get(1).and_then(|group| text.value(group));
        self.lengths() == [2, 2, 3]
            && text.at(self.groups[0].start).is_ascii_alphabetic()
            && !matches!(text.small(self.groups[0].start), 'i' | 'q' | 'z')
            && half_year.is_some_and(|half| matches!(half, 1..=35 | 51..=85))
            && !self.is_trim(text)
    }

    /// 1983 to 2001: a letter for the year, one to three digits, three letters.
    fn is_of_1983(&self, text: &Text, is_long: bool) -> bool {
        let lengths = self.lengths();
        let is_form = matches!(lengths.as_slice(), [1, 1..=3, 3]) && (!is_long || lengths[1] == 3);
        is_form
            && text.at(self.groups[0].start).is_ascii_alphabetic()
            && !self.is_trim(text)
            && !(is_long && self.has_small(text))
    }

    /// Whatever else was given out, of Northern Ireland, too; today's in any spelling.
    fn is_older(&self, text: &Text) -> bool {
        let begins_with_letters = text.at(self.groups[0].start).is_ascii_alphabetic();
        let lengths = self.lengths();
        let is_form = match lengths.as_slice() {
            // 1963 to 1983: three letters, one to three digits, a letter for the year.
            [2, 2, 3] | [1..=3, 1..=3, 1] | [1..=3, 1..=4] => begins_with_letters,
            [1..=4, 1..=3] => !begins_with_letters,
            _ => self.is_of_1983(text, false),
        };
        // "Registration fee 55" is none: what is short is known by its capitals.
        let is_long = matches!(lengths.as_slice(), [2 | 3, 2 | 3, 1 | 3] | [1, 3, 3]);
        is_form && !self.is_trim(text) && (is_long || !self.has_small(text))
    }
}

fn named_behind(text: &Text, end: usize) -> bool {
    let start = text.run(end, 3, |c| matches!(c, ' ' | ',' | '('));
    let start = text.phrase(start, "private").map_or(start, |end| text.spaces(end));
    text.is_one_of(&(start..text.word_end(start)), &BEFORE)
}

fn named_before(text: &Text, at: usize) -> bool {
    let mut end = at;
    for _ in 0..3 {
        end = text.back(end, 6, |c| matches!(c, ' ' | ':' | '.' | '(' | '"' | '\'' | '-' | '='));
        let word = text.word_start(end)..end;
        if text.is_one_of(&word, &BEFORE) {
            return true;
        }
        if word.is_empty() || !text.is_one_of(&word, &BETWEEN) {
            return false;
        }
        end = word.start;
    }
    false
}
