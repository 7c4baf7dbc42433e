//! Finds e-mail addresses and telephone numbers in words, and takes them out of what is sent to a
//! model (T64); with them what is masked before storage, too: an older relay may have stored it. Pure.
//!
//! A model needs neither to answer; who wants to be called back fills in the form.

use std::ops::Range;

use protocol::mask::masked;

/// What stands in place of an e-mail address.
const EMAIL: &str = "[e-mail]";

/// What stands in place of a telephone number.
const PHONE: &str = "[phone]";

/// The fewest digits of a telephone number: prices and mileages are shorter.
const PHONE_DIGITS: usize = 9;

/// The fewest digits of a telephone number that is looked for when somebody asks, and the most (E.164).
const FEWEST_DIGITS: usize = 7;
const MOST_DIGITS: usize = 15;

/// What a person wrote, without contact details.
pub fn redact(text: &str) -> String {
    redact_answer(&masked(text))
}

/// The same for an answer of the model. A number that is masked is not looked for: it was masked before
/// the model was asked, so there is none to repeat, and answers are the longest part of a prompt.
pub fn redact_answer(text: &str) -> String {
    let text = replaced(text, emails(text), EMAIL);
    replaced(&text, phones(&text), PHONE)
}

/// What may be an e-mail address in a text, whatever stands around it.
pub fn emails_in(text: &str) -> impl Iterator<Item = &str> {
    let ends = |c: char| c.is_whitespace() || r#",;:<>()[]{}"|/\"#.contains(c);
    text.split(ends)
        .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()))
        .filter(|word| word.contains('@'))
}

/// What may be a telephone number in a text, with or without a leading zero: groups of digits with the
/// usual separators between them, as many as make one, wherever it begins.
pub fn phones_in(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    let runs = std::iter::from_fn(move || {
        let start = rest.find(|c: char| c == '+' || c.is_numeric())?;
        let (run, after) = rest[start..].split_at(run_end(&rest[start..]));
        rest = after;
        Some(run)
    });
    runs.flat_map(|run| {
        let groups = groups(run);
        let starts = groups.clone().into_iter().enumerate();
        starts.flat_map(move |(n, (start, ..))| {
            let mut digits = 0;
            let ends = groups[n..].iter().map(move |(_, end, more)| {
                digits += more;
                (*end, digits)
            });
            let ends: Vec<_> = ends.take_while(|(_, digits)| *digits <= MOST_DIGITS).collect();
            let long = ends.into_iter().filter(|(_, digits)| FEWEST_DIGITS <= *digits);
            long.map(move |(end, _)| &run[start..end])
        })
    })
}

/// The groups of digits in a run: where each begins, with a plus before it, and ends, and how many
/// digits it has.
fn groups(run: &str) -> Vec<(usize, usize, usize)> {
    let mut groups: Vec<(usize, usize, usize)> = Vec::new();
    let mut was_digit = false;
    for (at, c) in run.char_indices() {
        match groups.last_mut() {
            Some((_, end, digits)) if c.is_numeric() && was_digit => {
                (*end, *digits) = (at + c.len_utf8(), *digits + 1);
            }
            _ if c.is_numeric() => {
                let start = if run[..at].ends_with('+') { at - 1 } else { at };
                groups.push((start, at + c.len_utf8(), 1));
            }
            _ => {}
        }
        was_digit = c.is_numeric();
    }
    groups
}

/// The text with something else in these places, which are in order.
fn replaced(text: &str, places: Vec<Range<usize>>, by: &str) -> String {
    let (mut out, mut copied) = (String::with_capacity(text.len()), 0);
    for place in places {
        out.push_str(&text[copied..place.start]);
        out.push_str(by);
        copied = place.end;
    }
    out.push_str(&text[copied..]);
    out
}

/// Each word with an `@` between letters and a dotted name. What clings to it (a bracket, a full
/// stop) is not part of it.
fn emails(text: &str) -> Vec<Range<usize>> {
    let (mut places, mut at) = (Vec::new(), 0);
    for word in text.split_inclusive(char::is_whitespace) {
        let core = word.trim_matches(|c: char| !c.is_alphanumeric());
        let is_email = core.split_once('@').is_some_and(|(local, domain)| {
            !local.is_empty() && domain.split('.').filter(|part| !part.is_empty()).count() >= 2
        });
        if is_email {
            let start = at + word.find(core).unwrap_or(0);
            places.push(start..start + core.len());
        }
        at += word.len();
    }
    places
}

/// Each run of digits with the usual separators that begins like a telephone number.
fn phones(text: &str) -> Vec<Range<usize>> {
    let (mut places, mut at) = (Vec::new(), 0);
    while let Some(found) = text[at..].find(|c: char| c == '+' || c.is_numeric()) {
        let start = at + found;
        at = start + run_end(&text[start..]);
        if is_phone(&text[start..at]) {
            places.push(start..at);
        }
    }
    places
}

/// Where the run of digits and separators at the start of `text` ends; at least one character.
fn run_end(text: &str) -> usize {
    let mut end = 0;
    for (at, c) in text.char_indices() {
        if c.is_numeric() || (at == 0 && c == '+') {
            end = at + c.len_utf8();
        } else if !matches!(c, ' ' | '-' | '/' | '(' | ')' | '.' | '\u{a0}') || end + 3 < at {
            break;
        }
    }
    end
}

/// International or with a leading zero, and long enough; Arabic digits count as digits.
fn is_phone(run: &str) -> bool {
    let digits: Vec<char> = run.chars().filter(|c| c.is_numeric()).collect();
    let leads = run.starts_with('+') || matches!(digits.first(), Some('0' | '٠' | '۰'));
    leads && PHONE_DIGITS <= digits.len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn addresses_and_numbers_are_taken_out() {
        for (text, expected) in [
            ("Mail me at jo.smith+x@mail.example.com.", "Mail me at [e-mail]."),
            ("(jo@example.org) thanks", "([e-mail]) thanks"),
            ("Call 07700 900123 today", "Call [phone] today"),
            ("+44 (0)7700 900-123!", "[phone]!"),
            ("Tel. 030/1234567-8", "Tel. [phone]"),
            ("My card is 4111 1111 1111 1111", "My card is [CARD]"),
            ("رقمي ٠٧٧٠٠٩٠٠١٢٣ شكرا", "رقمي [phone] شكرا"),
        ] {
            assert_eq!(redact(text), expected);
        }
    }

    #[test]
    fn prices_cars_and_years_stay() {
        for text in [
            "£12,995 for 45,000 miles",
            "Stock AA-10432, 1.5 litre, 2019",
            "AB12 CDE @ 9 am",
            "0.9 litres in 2021 for 15 000 km",
            "a@b",
        ] {
            assert_eq!(redact(text), text);
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic_and_what_is_redacted_stays_so(text in "[ -~äß٠-٩+@.\u{a0}🚗\n]{0,80}") {
            let once = redact(&text);
            prop_assert_eq!(redact(&once), once);
        }
    }
}
