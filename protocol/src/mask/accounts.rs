//! Numbers of money: cards, and accounts at a bank.

use super::{after_word, compact, ends};

/// After which digits a card has its gaps where it is printed: four, or as American Express has it.
const CARD_GAPS: [&[usize]; 2] = [&[4, 8, 12, 16], &[4, 10]];

/// After which characters an IBAN has its gaps.
const IBAN_GAPS: [&[usize]; 1] = [&[4, 8, 12, 16, 20, 24, 28, 32]];

/// The number of a payment card: 14 to 19 digits (ISO/IEC 7812-1; those of 13 are gone, and
/// telephone numbers have as many) in one piece or in the groups that are printed on one, from a
/// range that is in use, with the check digit of Luhn.
pub(super) fn card(chars: &[char], at: usize) -> Option<usize> {
    let is_phone = at.checked_sub(1).is_some_and(|before| chars[before] == '+');
    longest(chars, at, 19, &CARD_GAPS, is_card).filter(|_| !is_phone)
}

/// An IBAN (ISO 13616), in one piece or in groups of four, with its check digits. No country has one
/// of 17 characters; a VIN has as many.
pub(super) fn iban(chars: &[char], at: usize) -> Option<usize> {
    longest(chars, at, 34, &IBAN_GAPS, is_iban)
}

/// The longest number of at most so many characters, and at least 14, that passes; in one piece or
/// with all of its gaps.
fn longest(
    chars: &[char],
    at: usize,
    most: usize,
    gaps: &[&[usize]],
    passes: fn(&[char]) -> bool,
) -> Option<usize> {
    gaps.iter().find_map(|gaps| {
        (14..=most).rev().find_map(|wanted| {
            let (number, length, n_gaps) = compact(chars, at, wanted, gaps)?;
            let all = gaps.iter().filter(|gap| **gap < wanted).count();
            ((n_gaps == 0 || n_gaps == all) && passes(&number)).then_some(length)
        })
    })
}

fn is_card(number: &[char]) -> bool {
    let Some(head) = value(&number[..4]) else { return false };
    // 2000 to 2220 are years, and no cards.
    let is_in_use = matches!(head, 2221..=2720 | 3000..=3999 | 4000..=5899 | 6000..=6999);
    let values = number.iter().rev().filter_map(|c| c.to_digit(10)).enumerate();
    let sum: u32 = values
        .map(|(place, value)| if place % 2 == 0 { value } else { value * 2 / 10 + value * 2 % 10 })
        .sum();
    is_in_use && number.iter().all(char::is_ascii_digit) && sum.is_multiple_of(10)
}

/// ISO 7064: the number with its head at the end, letters as 10 to 35, is 1 modulo 97.
fn is_iban(number: &[char]) -> bool {
    let is_headed =
        number[..2].iter().all(char::is_ascii_uppercase) && value(&number[2..4]).is_some();
    let turned = number.iter().cycle().skip(4).take(number.len());
    let rest = turned
        .filter_map(|c| c.to_digit(36))
        .fold(0, |rest, value| (rest * if value < 10 { 10 } else { 100 } + value) % 97);
    is_headed && !matches!(number.len(), 14 | 17) && rest == 1
}

/// Digits as a number; `None` where one is none.
pub(super) fn value(digits: &[char]) -> Option<u32> {
    digits.iter().try_fold(0, |value, c| Some(value * 10 + c.to_digit(10)?))
}

/// The number of an account with its sort code before it (`12-34-56 12345678`), or either after its
/// own name.
pub(super) fn bank_account(chars: &[char], at: usize) -> Option<usize> {
    if digits(chars, at) == 8 && ends(chars, at + 8) {
        let is_named = after_word(chars, at, 9, &["account"])
            || after_word(chars, at, 18, &["account n", "acc no", "a/c no", "konton"]);
        return is_named.then_some(8);
    }
    let is_named = after_word(chars, at, 14, &["sort code", "sortcode"]);
    let (code, length, n_gaps) = compact(chars, at, 6, &[2, 4])?;
    let is_printed = n_gaps == 2 && chars[at + 2] == '-';
    if value(&code).is_none() || !(is_named || is_printed) {
        return None;
    }
    let end = at + length;
    let between = chars[end..].iter().take(24).take_while(|c| !c.is_ascii_digit()).count();
    let account = end + between;
    // A date and a stock number stand like that, too; but with another word between them.
    let is_near = between < 4 || after_word(chars, account, between, &["acc", "kont"]);
    let follows = 0 < between && digits(chars, account) == 8 && ends(chars, account + 8);
    if follows && is_near { Some(length + between + 8) } else { is_named.then_some(length) }
}

/// How many digits stand here in a row.
fn digits(chars: &[char], at: usize) -> usize {
    chars.iter().skip(at).take_while(|c| c.is_ascii_digit()).count()
}
