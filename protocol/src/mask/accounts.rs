//! Numbers of money: cards, and accounts at a bank.

use super::{after_word, compact, ends};

/// How the number of a card is grouped where it is printed; all others are in fours.
const OTHER_GROUPS: [&[usize]; 2] = [&[4, 10], &[4, 8, 12, 16]];

/// The number of a payment card: 13 to 19 digits (ISO/IEC 7812-1) in one piece or in the groups that
/// are printed on one, with the check digit of Luhn.
pub(super) fn card(chars: &[char], at: usize) -> Option<usize> {
    if !matches!(chars[at], '2'..='6') {
        return None;
    }
    (13..=19).rev().find_map(|n_digits| {
        let grouped = OTHER_GROUPS.iter().find_map(|gaps| digits_in(chars, at, n_digits, gaps));
        let (number, length) = grouped?;
        luhn(&number).then_some(length)
    })
}

/// So many digits, in one piece or with each of these gaps.
fn digits_in(
    chars: &[char],
    at: usize,
    wanted: usize,
    gaps: &[usize],
) -> Option<(Vec<char>, usize)> {
    let (number, length) = compact(chars, at, wanted, gaps)?;
    let n_gaps = gaps.iter().filter(|gap| **gap < wanted).count();
    let is_whole = length == wanted || length == wanted + n_gaps;
    (is_whole && number.iter().all(char::is_ascii_digit)).then_some((number, length))
}

fn luhn(number: &[char]) -> bool {
    let values = number.iter().rev().filter_map(|c| c.to_digit(10)).enumerate();
    let sum: u32 = values
        .map(|(place, value)| if place % 2 == 0 { value } else { value * 2 / 10 + value * 2 % 10 })
        .sum();
    sum.is_multiple_of(10)
}

/// An IBAN (ISO 13616), in one piece or in groups of four, with its check digits. No country has one
/// of 17 characters; a VIN has as many.
pub(super) fn iban(chars: &[char], at: usize) -> Option<usize> {
    let head = chars.get(at..at + 4)?;
    let is_head = head[..2].iter().all(char::is_ascii_uppercase)
        && head[2..].iter().all(char::is_ascii_digit);
    if !is_head {
        return None;
    }
    (15..=34).rev().filter(|length| *length != 17).find_map(|wanted| {
        let (number, length) = compact(chars, at, wanted, &[4, 8, 12, 16, 20, 24, 28, 32])?;
        is_checked(&number).then_some(length)
    })
}

/// ISO 7064: the number with its head at the end, letters as 10 to 35, is 1 modulo 97.
fn is_checked(number: &[char]) -> bool {
    let turned = number.iter().cycle().skip(4).take(number.len());
    let rest = turned
        .filter_map(|c| c.to_digit(36))
        .fold(0, |rest, value| (rest * if value < 10 { 10 } else { 100 } + value) % 97);
    rest == 1
}

/// The number of an account with its sort code before it (`12-34-56 12345678`), or either after the
/// word for it.
pub(super) fn bank_account(chars: &[char], at: usize) -> Option<usize> {
    if digits(chars, at) == 8 && ends(chars, at + 8) {
        let words = ["ACCOUNT", "A/C", "ACC NO", "SORT CODE", "KONTO"];
        return after_word(chars, at, 24, &words).then_some(8);
    }
    let is_named = after_word(chars, at, 16, &["SORT"]);
    let (code, length) = compact(chars, at, 6, &[2, 4])?;
    let is_code = code.iter().all(char::is_ascii_digit)
        && (is_named || (length == 8 && chars[at + 2] == '-' && chars[at + 5] == '-'));
    if !is_code {
        return None;
    }
    let between = chars[at + length..].iter().take(24).take_while(|c| !c.is_ascii_digit()).count();
    let account = at + length + between;
    let follows = digits(chars, account) == 8 && ends(chars, account + 8);
    if follows { Some(length + between + 8) } else { is_named.then_some(length) }
}

/// How many digits stand here in a row.
fn digits(chars: &[char], at: usize) -> usize {
    chars.iter().skip(at).take_while(|c| c.is_ascii_digit()).count()
}
