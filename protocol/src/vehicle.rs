//! What identifies a car and tells its use, read from what people typed: plate, VIN, mileage. Pure; what was
//! typed is kept beside it, and nothing is corrected.

use crate::{
    check::{is_letter, problem},
    lead::FieldKind,
};

/// The form in which two spellings of a plate are the same: upper case, nothing between (D-22).
pub fn registration(typed: &str) -> Option<String> {
    let upper = || typed.chars().filter(|c| is_letter(*c)).flat_map(char::to_uppercase);
    problem(FieldKind::Registration, typed).is_none().then(|| upper().collect())
}

/// Whether a plate in its normal form looks like a British one, by the rules of its time (D-22). A foreign
/// one may look so, too.
pub fn is_british(normal: &str) -> bool {
    let mut runs: Vec<&str> = Vec::new();
    let mut rest = normal;
    while let Some(first) = rest.chars().next() {
        let is_other = |c: char| c.is_ascii_digit() != first.is_ascii_digit();
        let (run, after) = rest.split_at(rest.find(is_other).unwrap_or(rest.len()));
        runs.push(run);
        rest = after;
    }
    let is_ascii = normal.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase());
    is_ascii && is_british_in(&runs)
}

/// The same, by its runs of letters and digits.
fn is_british_in(runs: &[&str]) -> bool {
    let is_number = |run: &str, most: usize| run.len() <= most && !run.starts_with('0');
    let is_letters = |run: &str| run.len() <= 3 && !run.starts_with(|c: char| c.is_ascii_digit());
    match *runs {
        // Since 2001. The number is the half-year, so it may begin with a 0.
        [area, age, random] if area.len() == 2 => {
            is_letters(area)
                && age.len() == 2
                && random.len() == 3
                && !area.contains(['I', 'Q', 'Z'])
                && !random.contains(['I', 'Q'])
        }
        // Before that with the year first, Q for unknown, and before that with the year last.
        [year, number, area] if year.len() == 1 && area.len() == 3 => {
            !year.starts_with(|c: char| c.is_ascii_digit())
                && !year.contains(['I', 'O', 'U', 'Z'])
                && is_number(number, 3)
        }
        [area, number, year] if area.len() == 3 && year.len() == 1 => {
            is_letters(area) && !year.contains(['I', 'O', 'Q', 'U', 'Z']) && is_number(number, 3)
        }
        // An embassy, or a consulate with X.
        [country, "D" | "X", number] => country.len() == 3 && number.len() == 3,
        // Without a year; Northern Ireland to this day.
        [letters, number] if is_letters(letters) => is_number(number, 4),
        [number, letters] => is_letters(letters) && is_number(number, 4),
        _ => false,
    }
}

/// A VIN in upper case, nothing between.
pub fn vin(typed: &str) -> Option<String> {
    let signs = || typed.chars().filter(char::is_ascii_alphanumeric);
    let upper = || signs().map(|c| c.to_ascii_uppercase()).collect();
    problem(FieldKind::Vin, typed).is_none().then(upper)
}

/// Whether the check digit of a VIN in its normal form fits (49 CFR 565.15). Cars made for North America and
/// China have one; elsewhere any sign may stand there, so a mismatch proves nothing.
pub fn vin_checks(normal: &str) -> bool {
    const WEIGHTS: [u32; 17] = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];
    let value = |c: char| match c {
        '0'..='9' => u32::from(c) - u32::from('0'),
        'A'..='H' => u32::from(c) - u32::from('A') + 1,
        'J'..='R' => u32::from(c) - u32::from('J') + 1,
        'S'..='Z' => u32::from(c) - u32::from('S') + 2,
        _ => 0,
    };
    let sum: u32 = normal.chars().zip(WEIGHTS).map(|(c, weight)| value(c) * weight).sum();
    let wanted = char::from_digit(sum % 11, 10).unwrap_or('X');
    normal.chars().nth(8) == Some(wanted)
}

/// A mileage, where it is one number: digits in groups of three wherever anything stands between them.
pub fn mileage(typed: &str) -> Option<u32> {
    if problem(FieldKind::Mileage, typed).is_some() {
        return None;
    }
    let digits = typed.chars().filter_map(digit);
    digits.reduce(|number, digit| number * 10 + digit)
}

/// The value of a digit, also of one of those that Arabic and Persian write.
fn digit(c: char) -> Option<u32> {
    let value = |zero: char| u32::from(c).wrapping_sub(u32::from(zero));
    ['0', '٠', '۰'].map(value).into_iter().find(|value| *value < 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plate_of_any_country_is_taken_and_has_one_normal_form() {
        for (typed, normal) in [
            ("ab12 cde", "AB12CDE"),
            ("A-123.BCD", "A123BCD"),
            ("M AB 1234", "MAB1234"),
            ("mü-x 1", "MÜX1"),
            ("1", ""),
            ("AB", "AB"),
            ("ABCDE12345", "ABCDE12345"),
            ("ABCDE123456", ""),
            ("AB12 CDE?", ""),
            ("<b>", ""),
            ("- -", ""),
            ("أ ب ج 1234", "أبج1234"),
        ] {
            assert_eq!(registration(typed).unwrap_or_default(), normal, "{typed}");
        }
    }

    #[test]
    fn the_forms_of_british_plates_are_told_from_others() {
        for british in [
            "AA19AAA", "LB07SEO", "A123BCD", "Q123ABC", "Y1ABC", "ABC123D", "ABC1A", "AB1", "A1",
            "ABC1234", "1234AB", "9A", "ABZ1234", "KIA99", "MAN123A", "101D234", "145X201",
        ] {
            assert!(is_british(british), "{british}");
        }
        for other in [
            "AI19AAA", "AA19AIA", "AA19AA", "I123ABC", "ABC123Z", "ABCD123", "AB12345", "0AB",
            "A0123BC", "101E234", "12D234", "123456", "ABCDE", "MÜX1", "AB-12", "B12345C", "",
        ] {
            assert!(!is_british(other), "{other}");
        }
    }

    #[test]
    fn a_vin_has_one_normal_form() {
        for (typed, normal) in [
            ("1M8GDM9AXKP042788", "1M8GDM9AXKP042788"),
            (" wvw zzz 1jz xw0 00001 ", "WVWZZZ1JZXW000001"),
            ("1M8GDM9AXKP04278", ""),
            ("1M8GDM9AXKP0427889", ""),
            ("1M8GDM9AXKPO42788", ""),
            ("IM8GDM9AXKP042788", ""),
            ("1M8GDM9AXKP04278Q", ""),
            ("1M8GDM9AXKP04278é", ""),
        ] {
            assert_eq!(vin(typed).unwrap_or_default(), normal, "{typed}");
        }
    }

    #[test]
    fn the_check_digit_of_a_vin_is_the_one_of_the_rule() {
        for (vin, fits) in [
            ("1M8GDM9AXKP042788", true),
            ("11111111111111111", true),
            ("5GZCZ43D13S812715", true),
            ("1M8GDM9A1KP042788", false),
            ("1M8GDM9AXKP042789", false),
            ("WVWZZZ1JZXW000001", false),
        ] {
            assert_eq!(vin_checks(vin), fits, "{vin}");
        }
    }

    #[test]
    fn a_mileage_is_read_in_the_ways_in_which_it_is_written() {
        for (typed, read) in [
            ("45000", Some(45_000)),
            ("45,000", Some(45_000)),
            ("45.000", Some(45_000)),
            ("45 000", Some(45_000)),
            ("45\u{202f}000", Some(45_000)),
            ("45'000", Some(45_000)),
            ("1,234,567", Some(1_234_567)),
            ("٤٥٬٠٠٠", Some(45_000)),
            ("۴۵", Some(45)),
            ("0", Some(0)),
            ("9999999", Some(9_999_999)),
            ("10000000", None),
            ("12.5", None),
            ("45,00", None),
            ("45,0000", None),
            ("1,2345", None),
            (",000", None),
            ("45,", None),
            ("45k", None),
            ("-1", None),
            ("", None),
        ] {
            assert_eq!(mileage(typed), read, "{typed}");
        }
    }
}
