//! Takes e-mail addresses and telephone numbers out of what is sent to a model (T64), and what is
//! masked before storage, too: an older relay may have stored it. Pure.
//!
//! A model needs neither to answer; who wants to be called back fills in the form.

use protocol::mask::masked;

/// What stands in place of an e-mail address.
const EMAIL: &str = "[e-mail]";

/// What stands in place of a telephone number.
const PHONE: &str = "[phone]";

/// The fewest digits of a telephone number that is taken out: prices and mileages are shorter.
const PHONE_DIGITS: usize = 9;

/// The text without contact details.
pub fn redact(text: &str) -> String {
    phones(&emails(&masked(text)))
}

/// Replaces each word with an `@` between letters and a dotted name.
fn emails(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_inclusive(char::is_whitespace) {
        let bare = word.trim_end();
        let core = bare.trim_matches(|c: char| !c.is_alphanumeric());
        let is_email = core.split_once('@').is_some_and(|(local, domain)| {
            !local.is_empty() && domain.split('.').filter(|part| !part.is_empty()).count() >= 2
        });
        if is_email {
            // What clings to the address (a bracket, a full stop) is not part of it.
            let at = bare.find(core).unwrap_or(0);
            out.push_str(&bare[..at]);
            out.push_str(EMAIL);
            out.push_str(&word[at + core.len()..]);
        } else {
            out.push_str(word);
        }
    }
    out
}

/// Replaces each run of digits with the usual separators that begins like a telephone number.
fn phones(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c == '+' || c.is_numeric()) {
        out.push_str(&rest[..start]);
        rest = &rest[start..];
        let end = run_end(rest);
        let (run, after) = rest.split_at(end);
        out.push_str(if is_phone(run) { PHONE } else { run });
        rest = after;
    }
    out.push_str(rest);
    out
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
