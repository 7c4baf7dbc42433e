//! What is plainly wrong with a value of a lead's field. Both ends ask the same, so that a visitor hears of
//! it before anything is sent; the relay knows more of most of them.

use crate::{
    failure::Problem,
    lead::FieldKind,
    limits::MAX_FIELD_CHARS,
    mask::{is_hidden, plain},
};

/// The fewest digits of a telephone number: the shortest national numbers have five.
const MIN_PHONE_DIGITS: usize = 5;

/// The most letters and digits of a registration plate, here and abroad.
const MAX_PLATE: usize = 10;

/// The characters of a VIN (ISO 3779).
const VIN_CHARS: usize = 17;

/// The most digits of a mileage: no odometer has more.
const MAX_MILEAGE_DIGITS: usize = 7;

/// What is wrong with a value that is there, trimmed.
pub fn problem(kind: FieldKind, value: &str) -> Option<Problem> {
    if MAX_FIELD_CHARS < value.chars().count() {
        return Some(Problem::TooLong);
    }
    let (fits, problem) = match kind {
        FieldKind::Email => (is_email(value), Problem::NotAnEmail),
        FieldKind::Phone => {
            let (digits, _) = signs(value, |c| c.is_ascii_digit() || !c.is_ascii());
            (MIN_PHONE_DIGITS <= digits, Problem::NotAPhone)
        }
        FieldKind::Registration => (is_made_of(value, is_letter, 2, MAX_PLATE), Problem::Invalid),
        FieldKind::Vin => (is_made_of(value, is_of_vin, VIN_CHARS, VIN_CHARS), Problem::Invalid),
        FieldKind::Mileage => {
            let is_number = is_made_of(value, is_digit, 1, MAX_MILEAGE_DIGITS);
            (is_number && is_grouped(value), Problem::Invalid)
        }
        FieldKind::Day => (is_like(value, b"0000-00-00"), Problem::Invalid),
        FieldKind::Time => (is_like(value, b"00:00"), Problem::Invalid),
        FieldKind::Name | FieldKind::Interest | FieldKind::Message => return None,
    };
    (!fits).then_some(problem)
}

fn is_email(value: &str) -> bool {
    let fits = value
        .split_once('@')
        .is_some_and(|(name, domain)| !name.is_empty() && domain.trim_matches('.').contains('.'));
    fits && !value.contains(char::is_whitespace)
}

/// Whether nothing but these signs, so many of them, stands in a value, and what is written between them.
fn is_made_of(value: &str, is_sign: fn(char) -> bool, least: usize, most: usize) -> bool {
    let (count, is_pure) = signs(value, is_sign);
    is_pure && least <= count && count <= most
}

/// How many of these signs stand in a value, and whether only what is written between them does besides.
fn signs(value: &str, is_sign: fn(char) -> bool) -> (usize, bool) {
    let (mut count, mut is_pure) = (0, true);
    for c in value.chars() {
        if is_sign(c) {
            count += 1;
        } else {
            is_pure &= is_between(c);
        }
    }
    (count, is_pure)
}

/// What people write between the signs of a plate, a VIN or a mileage.
pub(crate) fn is_between(c: char) -> bool {
    is_hidden(c) || matches!(plain(c), ' ' | '-' | '.' | ',' | '\'' | '’' | '·' | '٬')
}

/// Whether a number is written without a fraction: what stands behind a sign is a group of three.
fn is_grouped(value: &str) -> bool {
    let mut in_group = 0;
    let mut is_first = true;
    for c in value.chars().filter(|c| !is_hidden(*c)) {
        if is_digit(c) {
            in_group += 1;
        } else if in_group == 0 || (!is_first && in_group != 3) {
            return false;
        } else {
            (in_group, is_first) = (0, false);
        }
    }
    is_first || in_group == 3
}

/// A letter or a digit. Beyond ASCII whatever is not written between them: to know better weighs a kilobyte in
/// the widget.
pub(crate) fn is_letter(c: char) -> bool {
    c.is_ascii_alphanumeric() || (!c.is_ascii() && !is_between(c))
}

fn is_of_vin(c: char) -> bool {
    c.is_ascii_alphanumeric() && !matches!(c.to_ascii_uppercase(), 'I' | 'O' | 'Q')
}

/// A digit, also one of those that Arabic and Persian write.
fn is_digit(c: char) -> bool {
    matches!(c, '0'..='9' | '٠'..='٩' | '۰'..='۹')
}

/// Whether a value has digits where the form has noughts, and the same signs elsewhere.
fn is_like(value: &str, form: &[u8]) -> bool {
    let fits = |(c, of): (u8, &u8)| if *of == b'0' { c.is_ascii_digit() } else { c == *of };
    value.len() == form.len() && value.bytes().zip(form).all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_field_refuses_what_cannot_be_it() {
        use FieldKind as Kind;
        let refused = [
            (Kind::Email, "ada", Problem::NotAnEmail),
            (Kind::Email, "@b.example", Problem::NotAnEmail),
            (Kind::Email, "a@b", Problem::NotAnEmail),
            (Kind::Email, "a@.b", Problem::NotAnEmail),
            (Kind::Email, "a b@c.example", Problem::NotAnEmail),
            (Kind::Phone, "call me", Problem::NotAPhone),
            (Kind::Registration, "x", Problem::Invalid),
            (Kind::Vin, "WVWZZZ", Problem::Invalid),
            (Kind::Mileage, "45k", Problem::Invalid),
            (Kind::Mileage, "45,00", Problem::Invalid),
            (Kind::Mileage, "12.5", Problem::Invalid),
            (Kind::Mileage, ",450", Problem::Invalid),
            (Kind::Mileage, "45, 000", Problem::Invalid),
            (Kind::Day, "28/11/2026", Problem::Invalid),
            (Kind::Time, "9:30", Problem::Invalid),
        ];
        for (kind, value, found) in refused {
            assert_eq!(problem(kind, value), Some(found), "{value}");
        }
        let long = "x".repeat(MAX_FIELD_CHARS + 1);
        for kind in Kind::ALL {
            assert_eq!(problem(kind, &long), Some(Problem::TooLong), "{}", kind.name());
        }
    }

    #[test]
    fn each_kind_of_field_takes_what_it_asks_for() {
        use FieldKind as Kind;
        for (kind, value) in [
            (Kind::Name, "12345"),
            (Kind::Email, "ada@example.com"),
            (Kind::Phone, "٠١٣١٤٩٦"),
            (Kind::Interest, "BMW 320d"),
            (Kind::Registration, "ab12 cde"),
            (Kind::Mileage, "45,000"),
            (Kind::Mileage, "\u{200f}45\u{202f}000\u{200b}"),
            (Kind::Vin, "1M8GDM9AXKP042788"),
            (Kind::Vin, "\u{200e}1M8GDM9AXKP042788"),
            (Kind::Registration, "AB12–CDE\u{200f}"),
            (Kind::Day, "2026-11-28"),
            (Kind::Time, "09:30"),
            (Kind::Message, "?"),
        ] {
            assert_eq!(problem(kind, value), None, "{value}");
        }
    }

    #[test]
    fn a_plate_is_taken_as_any_country_writes_it() {
        for plate in
            ["AB", "ab12 cde", "A-123.BCD", "M·AB 1234", "mü-x 1", "ABCDE12345", "أ ب ج 1234"]
        {
            assert_eq!(problem(FieldKind::Registration, plate), None, "{plate}");
        }
        for other in ["1", "- -", "ABCDE123456", "AB12 CDE?", "<b>", "a@b", "\u{200f}\u{200e}"] {
            assert!(problem(FieldKind::Registration, other).is_some(), "{other}");
        }
    }

    #[test]
    fn a_vin_has_seventeen_signs_and_none_that_is_mistaken_for_a_digit() {
        for vin in ["1M8GDM9AXKP042788", "wvw zzz 1jz xw0 00001"] {
            assert_eq!(problem(FieldKind::Vin, vin), None, "{vin}");
        }
        for other in [
            "1M8GDM9AXKP04278",
            "1M8GDM9AXKP0427889",
            "1M8GDM9AXKPO42788",
            "IM8GDM9AXKP042788",
            "1m8gdm9axkp04278q",
            "1M8GDM9AXKP04278é",
        ] {
            assert!(problem(FieldKind::Vin, other).is_some(), "{other}");
        }
    }
}
