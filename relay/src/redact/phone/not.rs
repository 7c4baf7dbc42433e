//! What looks like a telephone number and is none: dates, times, amounts, numbers of the stock.

use std::ops::Range;

use super::super::scan::Text;

/// Words before a number that is the dealer's own.
const OWN: [&str; 38] = [
    "parcel",
    "booking",
    "ticket",
    "buchung",
    "receipt",
    "serial",
    "imei",
    "ean",
    "isbn",
    "seriennummer",
    "artikelnummer",
    "stock",
    "ref",
    "reference",
    "id",
    "vin",
    "chassis",
    "fin",
    "fahrgestellnummer",
    "lot",
    "sku",
    "part",
    "order",
    "invoice",
    "item",
    "advert",
    "ad",
    "stocknumber",
    "bestand",
    "bestandsnummer",
    "lagernummer",
    "angebot",
    "angebotsnummer",
    "inserat",
    "teilenummer",
    "auftrag",
    "المخزون",
    "الهيكل",
];

/// Words between such a word and its number.
const FILLING: [&str; 9] = ["no", "nr", "number", "nummer", "code", "is", "ist", "id", "رقم"];

/// How many signs may stand between such a word and its number.
const MOST_SIGNS: usize = 6;

/// Units behind an amount.
const UNITS: [&str; 22] = [
    "miles",
    "mile",
    "mi",
    "km",
    "kms",
    "kilometer",
    "kilometres",
    "kilometers",
    "k",
    "months",
    "monate",
    "years",
    "jahre",
    "eur",
    "euro",
    "euros",
    "gbp",
    "pounds",
    "cc",
    "ccm",
    "ps",
    "bhp",
];

/// Whether a sign or a word before a place says that the number there is no telephone number.
pub(super) fn is_named(text: &Text, at: usize) -> bool {
    let before = text.before(at);
    if matches!(before, '£' | '€' | '$' | '#' | '%' | '_' | '=') {
        return true;
    }
    // A part of a longer number.
    if matches!(before, '.' | ',' | '/') && at.checked_sub(2).is_some_and(|two| text.is_digit(two))
    {
        return true;
    }
    if before == '-' && at.checked_sub(2).is_some_and(|two| text.at(two).is_alphanumeric()) {
        return true;
    }
    let mut end = at;
    for _ in 0..3 {
        end = text.back(end, MOST_SIGNS, |c| matches!(c, ' ' | ':' | '.' | '#' | '-' | '№' | '('));
        let word = text.word_start(end)..end;
        if text.is_one_of(&word, &OWN) {
            return true;
        }
        if word.is_empty() || !text.is_one_of(&word, &FILLING) {
            return false;
        }
        end = word.start;
    }
    false
}

/// Whether a unit stands behind a number.
pub(super) fn has_unit(text: &Text, end: usize) -> bool {
    let start = text.spaces(end);
    let word = start..text.word_end(start);
    matches!(text.at(start), '£' | '€' | '$' | '%') || text.is_one_of(&word, &UNITS)
}

/// Whether groups of digits begin as a date does, or as opening hours do.
pub(super) fn is_date_or_time(text: &Text, groups: &[Range<usize>]) -> bool {
    let value = |n: usize| groups.get(n).and_then(|group| text.value(group));
    let length = |n: usize| groups.get(n).map_or(0, ExactSizeIterator::len);
    let between = |n: usize| match groups.get(n..n + 2) {
        Some([one, two]) if two.start == one.end + 1 => text.at(one.end),
        Some(_) => '*',
        None => '\n',
    };
    let (Some(first), Some(second)) = (value(0), value(1)) else { return false };
    let is_sign = |c: char| matches!(c, '.' | '/' | '-');
    let is_year = |n: usize| {
        value(n).is_some_and(|year| match length(n) {
            2 => true,
            4 => (1900..=2099).contains(&year),
            _ => false,
        })
    };
    // 01.23.45.67.89, as in France.
    let is_in_pairs = groups.len() == 5 && groups.iter().all(|group| group.len() == 2);
    // 01.02.2019, 1/2/19, and a month with its year: 01/2019.
    let is_day =
        length(0) <= 2 && length(1) <= 2 && (1..=31).contains(&first) && (1..=31).contains(&second);
    if is_day && is_sign(between(0)) && between(1) == between(0) && is_year(2) && !is_in_pairs {
        return true;
    }
    let is_month = length(0) <= 2 && (1..=12).contains(&first);
    if is_month && length(1) == 4 && is_year(1) && matches!(between(0), '/' | '.') {
        return true;
    }
    // 2019-02-01
    if length(0) == 4 && is_year(0) && length(1) == 2 && length(2) == 2 && between(0) == '-' {
        return true;
    }
    // 09.00-18.00, 0900-1800
    let is_time =
        length(0) == 2 && length(1) == 2 && first <= 24 && second < 60 && between(0) == '.';
    let is_clock = |n: usize| {
        length(n) == 4 && value(n).is_some_and(|value| value / 100 <= 24 && value % 100 < 60)
    };
    (is_time && between(1) != '.') || (is_clock(0) && is_clock(1) && between(0) != ' ')
}

/// Whether groups of digits begin as an amount does: 0.9 litres.
pub(super) fn is_amount(text: &Text, groups: &[Range<usize>]) -> bool {
    groups.len() > 1
        && groups[0].len() == 1
        && matches!(text.at(groups[0].end), '.' | '-')
        && text.at(groups[0].start) == '0'
}
