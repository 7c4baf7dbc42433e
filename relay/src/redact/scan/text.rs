//! A text as the finders read it.

use std::ops::Range;

use super::{
    phrases::Phrases,
    plain::{lower, plain},
};

/// A text without what shows nothing, digits as 0 to 9, one kind of space and of dash.
pub(in crate::redact) struct Text {
    chars: Vec<char>,
    /// The same in small letters.
    small: Vec<char>,
    /// The place of each character in the text, and the end of it.
    places: Vec<usize>,
    /// How far the next digit is from each character, as far as that matters.
    to_digit: Vec<u8>,
}

impl Text {
    pub(in crate::redact) fn of(text: &str) -> Self {
        let (mut chars, mut small) =
            (Vec::with_capacity(text.len()), Vec::with_capacity(text.len()));
        let mut places = Vec::with_capacity(text.len() + 1);
        for (place, c) in text.char_indices() {
            // Marks that some languages write between letters.
            if matches!(c, '\u{200c}'..='\u{200f}') {
                continue;
            }
            let c = plain(c);
            chars.push(c);
            small.push(if c.is_ascii() { c.to_ascii_lowercase() } else { lower(c) });
            places.push(place);
        }
        places.push(text.len());
        let mut to_digit = vec![u8::MAX; chars.len()];
        let mut distance = u8::MAX;
        for (to_digit, c) in to_digit.iter_mut().zip(&chars).rev() {
            distance = if c.is_ascii_digit() { 0 } else { distance.saturating_add(1) };
            *to_digit = distance;
        }
        Self { chars, small, places, to_digit }
    }

    /// Whether there is a digit within so many characters from a place on.
    pub(in crate::redact) fn has_digit_within(&self, at: usize, within: u8) -> bool {
        self.to_digit.get(at).is_some_and(|distance| *distance <= within)
    }

    pub(in crate::redact) fn len(&self) -> usize {
        self.chars.len()
    }

    /// The bytes of these characters.
    pub(in crate::redact) fn range(&self, chars: &Range<usize>) -> Range<usize> {
        self.places[chars.start]..self.places[chars.end]
    }

    /// The character at a place in the text.
    pub(in crate::redact) fn char_at(&self, place: usize) -> usize {
        self.places.partition_point(|one| *one < place).min(self.chars.len())
    }

    /// The character at a place; a line's end beyond the text.
    pub(in crate::redact) fn at(&self, at: usize) -> char {
        self.chars.get(at).copied().unwrap_or('\n')
    }

    /// The same in small letters.
    pub(in crate::redact) fn small(&self, at: usize) -> char {
        self.small.get(at).copied().unwrap_or('\n')
    }

    /// The character before a place.
    pub(in crate::redact) fn before(&self, at: usize) -> char {
        at.checked_sub(1).map_or('\n', |before| self.at(before))
    }

    pub(in crate::redact) fn is_digit(&self, at: usize) -> bool {
        self.at(at).is_ascii_digit()
    }

    /// Whether a word or a number begins here, or a sign stands here.
    pub(super) fn is_start(&self, at: usize) -> bool {
        let c = self.at(at);
        if c.is_whitespace() {
            return false;
        }
        let before = self.before(at);
        // Scripts without spaces between words put numbers and addresses right behind them.
        !before.is_alphanumeric() || !c.is_alphanumeric() || ('\u{52f}' < before && c.is_ascii())
    }

    /// Where the run of characters of a kind ends that begins here, at most so far on.
    pub(in crate::redact) fn run(
        &self,
        at: usize,
        most: usize,
        is_of: impl Fn(char) -> bool,
    ) -> usize {
        let rest = self.chars.get(at..).unwrap_or_default();
        at + rest.iter().take(most).take_while(|c| is_of(**c)).count()
    }

    /// The end of the word that begins here.
    pub(in crate::redact) fn word_end(&self, at: usize) -> usize {
        self.run(at, MOST_OF_A_WORD, char::is_alphanumeric)
    }

    /// The beginning of the word that ends here.
    pub(in crate::redact) fn word_start(&self, end: usize) -> usize {
        self.back(end, MOST_OF_A_WORD, char::is_alphanumeric)
    }

    /// Behind the spaces that stand here.
    pub(in crate::redact) fn spaces(&self, at: usize) -> usize {
        self.run(at, MOST_SPACES, |c| c == ' ')
    }

    /// Before the spaces that end here.
    pub(in crate::redact) fn spaces_back(&self, end: usize) -> usize {
        self.back(end, MOST_SPACES, |c| c == ' ')
    }

    /// Before the run of characters of a kind that ends here, at most so far back.
    pub(in crate::redact) fn back(
        &self,
        end: usize,
        most: usize,
        is_of: impl Fn(char) -> bool,
    ) -> usize {
        let before = self.chars.get(..end).unwrap_or_default();
        end - before.iter().rev().take(most).take_while(|c| is_of(**c)).count()
    }

    /// Where a phrase ends that stands here in whole words; a space in it may be a few.
    pub(in crate::redact) fn phrase(&self, at: usize, phrase: &str) -> Option<usize> {
        let mut end = at;
        for c in phrase.chars() {
            if c == ' ' {
                let after = self.spaces(end);
                if after == end {
                    return None;
                }
                end = after;
            } else if self.small(end) == c && end < self.len() {
                end += 1;
            } else {
                return None;
            }
        }
        let is_whole = !self.before(end).is_alphanumeric() || !self.at(end).is_alphanumeric();
        is_whole.then_some(end)
    }

    /// The same for the first of several phrases that stands here.
    pub(in crate::redact) fn phrases(&self, at: usize, phrases: &Phrases) -> Option<usize> {
        self.ends_of(at, phrases).next()
    }

    /// The same for the longest of them.
    pub(in crate::redact) fn longest(&self, at: usize, phrases: &Phrases) -> Option<usize> {
        self.ends_of(at, phrases).max()
    }

    fn ends_of<'a>(&'a self, at: usize, of: &'a Phrases) -> impl Iterator<Item = usize> + 'a {
        let first = self.small(at);
        let phrases = if of.may_begin_with(first) { of.phrases } else { &[] };
        let starting =
            phrases.iter().filter(move |phrase| phrase.chars().next().is_some_and(|c| c == first));
        starting.filter_map(move |phrase| self.phrase(at, phrase))
    }

    /// Whether one of these words, written small, is the one between two places.
    pub(in crate::redact) fn is_one_of(&self, word: &Range<usize>, words: &[&str]) -> bool {
        let small = self.small.get(word.clone()).unwrap_or_default();
        words.iter().any(|word| word.chars().eq(small.iter().copied()))
    }

    /// Whether such a piece of text stands within so many characters before a place.
    pub(in crate::redact) fn stands_before(
        &self,
        at: usize,
        within: usize,
        pieces: &[&str],
    ) -> bool {
        let small = self.small.get(at.saturating_sub(within)..at).unwrap_or_default();
        pieces.iter().any(|piece| {
            let mut windows = small.windows(piece.chars().count());
            windows.any(|window| piece.chars().eq(window.iter().copied()))
        })
    }

    /// The number of so few digits between two places.
    pub(in crate::redact) fn value(&self, digits: &Range<usize>) -> Option<u32> {
        let digits = self.chars.get(digits.clone()).filter(|digits| !digits.is_empty())?;
        digits
            .iter()
            .try_fold(0_u32, |value, c| value.checked_mul(10)?.checked_add(c.to_digit(10)?))
    }
}

/// The longest word that is looked at as a whole.
const MOST_OF_A_WORD: usize = 64;

/// How many spaces may stand between two words of a phrase.
const MOST_SPACES: usize = 4;
