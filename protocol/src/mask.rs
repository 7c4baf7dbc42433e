//! Takes numbers out of a visitor's words that have no business in a chat: payment cards, bank
//! accounts, national insurance, driving licence, passport (B-52, B-55, C-43). The widget does so
//! before it sends, the relay before it stores and before it asks a model: the same words either
//! way. Prices, mileages, years, stock numbers, plates, VINs and telephone numbers stay.
//!
//! Found by their form and their check digits, in one piece or in the groups that are usual, in Latin,
//! Arabic or wide digits, with characters between them that show nothing; a passport, and an account
//! without its sort code, by the word before it. What may be a telephone number or a year stays.

mod accounts;
mod papers;

use std::borrow::Cow;

/// What stands in place of a number; the same in every language, and no longer than the number.
const CARD: &str = "[CARD]";
const IBAN: &str = "[IBAN]";
const BANK: &str = "[BANK]";
const ID: &str = "[ID]";

/// Looks for a number that begins at a place; answers how many characters it has.
type Finder = fn(&[char], usize) -> Option<usize>;

/// The more exact forms first.
const FINDERS: [(&str, Finder); 6] = [
    (ID, papers::driving_licence),
    (IBAN, accounts::iban),
    (ID, papers::national_insurance),
    (CARD, accounts::card),
    (BANK, accounts::bank_account),
    (ID, papers::passport),
];

/// The fewest digits of any of these numbers.
const FEWEST_DIGITS: usize = 6;

/// Within how many characters of its beginning each of them has a digit: a driving licence after five
/// letters and a gap.
const DIGIT_WITHIN: usize = 8;

/// The text without such numbers; as it is where there are none. What is masked stays as it is.
pub fn masked(text: &str) -> Cow<'_, str> {
    let mut out = Cow::Borrowed(text);
    // Once a number is gone, the word for another may stand nearer to it.
    while let Some(text) = masked_once(&out) {
        out = Cow::Owned(text);
    }
    out
}

fn masked_once(text: &str) -> Option<String> {
    if text.chars().filter(|c| digit(*c).is_some()).count() < FEWEST_DIGITS {
        return None;
    }
    let (chars, places) = seen(text);
    let mut out = String::new();
    let (mut at, mut copied) = (0, 0);
    while at < chars.len() {
        let mut head = chars[at..].iter().take(DIGIT_WITHIN);
        let is_start = (at == 0 || !is_of_a_word(chars[at - 1])) && head.any(char::is_ascii_digit);
        let find = || FINDERS.iter().find_map(|(mask, finder)| Some((mask, finder(&chars, at)?)));
        let Some((mask, length)) = is_start.then(find).flatten() else {
            at += 1;
            continue;
        };
        out.push_str(&text[copied..places[at]]);
        out.push_str(mask);
        at += length;
        copied = places[at];
    }
    if out.is_empty() {
        return None;
    }
    out.push_str(&text[copied..]);
    Some(out)
}

/// A text as it is read: without what shows nothing, digits as 0 to 9, one kind of space and of dash.
/// With the place of each character in the text, and the end of it.
fn seen(text: &str) -> (Vec<char>, Vec<usize>) {
    let (mut chars, mut places) = (Vec::new(), Vec::new());
    for (place, c) in text.char_indices().filter(|(_, c)| !is_hidden(*c)) {
        chars.push(plain(c));
        places.push(place);
    }
    places.push(text.len());
    (chars, places)
}

/// A dash, a space or a digit as ASCII has it; anything else as it is.
pub(crate) fn plain(c: char) -> char {
    match c {
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{ff0d}' => '-',
        '\n' | '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' => ' ',
        c => digit(c).map_or(c, char::from),
    }
}

/// A digit of Latin, Arabic or wide script, as ASCII.
fn digit(c: char) -> Option<u8> {
    let zero = match c {
        '0'..='9' => 0x30,
        '\u{660}'..='\u{669}' => 0x660,
        '\u{6f0}'..='\u{6f9}' => 0x6f0,
        '\u{ff10}'..='\u{ff19}' => 0xff10,
        _ => return None,
    };
    u8::try_from(u32::from(c) - zero).ok().map(|value| b'0' + value)
}

pub(crate) fn is_hidden(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// Whether a number beside it would be part of something longer: a letter or a digit of a script that
/// puts spaces between words.
fn is_of_a_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '\u{c0}'..='\u{52f}')
}

/// Whether a number may end here: it is no part of a longer one, or of a word.
fn ends(chars: &[char], at: usize) -> bool {
    chars.get(at).is_none_or(|c| !is_of_a_word(*c))
}

/// Whether one of these words, written small, stands in so many characters before a place.
fn after_word(chars: &[char], at: usize, within: usize, words: &[&str]) -> bool {
    let before = &chars[at.saturating_sub(within)..at];
    words.iter().any(|word| {
        let is_word = |(c, wanted): (&char, char)| c.to_ascii_lowercase() == wanted;
        let mut windows = before.windows(word.chars().count());
        windows.any(|window| window.iter().zip(word.chars()).all(is_word))
    })
}

/// So many letters and digits in a row, in capitals; after so many of them there may be a gap: a
/// space, a dash or a dot, or two. With how many characters they take, and how many gaps.
fn compact(
    chars: &[char],
    at: usize,
    wanted: usize,
    gaps: &[usize],
) -> Option<(Vec<char>, usize, usize)> {
    let mut number = Vec::with_capacity(wanted);
    let (mut end, mut n_gaps) = (at, 0);
    while number.len() < wanted {
        if gaps.contains(&number.len()) {
            let gap = chars.iter().skip(end).take(2);
            let width = gap.take_while(|c| matches!(c, ' ' | '-' | '.')).count();
            end += width;
            n_gaps += usize::from(0 < width);
        }
        let c = chars.get(end).filter(|c| c.is_ascii_alphanumeric())?;
        number.push(c.to_ascii_uppercase());
        end += 1;
    }
    ends(chars, end).then_some((number, end - at, n_gaps))
}
