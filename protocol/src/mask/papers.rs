//! Numbers of a person's papers.

use super::{after_word, compact, ends};

/// A national insurance number: two letters, six digits, a letter from A to D. With the letters that
/// HMRC gives out (manual NIM39110), and Q, which it uses in examples.
pub(super) fn national_insurance(chars: &[char], at: usize) -> Option<usize> {
    let (number, length) = compact(chars, at, 9, &[2, 4, 6, 8])?;
    let is_letter = |c: &char| c.is_ascii_uppercase() && !matches!(c, 'D' | 'F' | 'I' | 'U' | 'V');
    let is_number = number[..2].iter().all(is_letter)
        && number[1] != 'O'
        && number[2..8].iter().all(char::is_ascii_digit)
        && matches!(number[8], 'A'..='D');
    is_number.then_some(length)
}

/// A number of DVLA: five of the surname, the date of birth in its own order, initials, three more;
/// in one piece or in its three groups, with or without the two digits of the issue.
pub(super) fn driving_licence(chars: &[char], at: usize) -> Option<usize> {
    [18, 16].iter().find_map(|wanted| {
        let (number, length) = compact(chars, at, *wanted, &[5, 11, 16])?;
        let value = |from: usize| {
            Some(number[from].to_digit(10)? * 10 + number.get(from + 1)?.to_digit(10)?)
        };
        let is_name = |c: &char| c.is_ascii_uppercase() || *c == '9';
        // A woman's month has fifty added.
        let is_month = value(6).is_some_and(|month| matches!(month, 1..=12 | 51..=62));
        let is_number = number[..5].iter().all(is_name)
            && number[0] != '9'
            && number[5].is_ascii_digit()
            && is_month
            && value(8).is_some_and(|day| matches!(day, 1..=31))
            && number[10].is_ascii_digit()
            && number[11..13].iter().all(is_name)
            && number[16..].iter().all(char::is_ascii_digit);
        is_number.then_some(length)
    })
}

/// Eight or nine letters and digits after the word for a passport, most of them digits.
pub(super) fn passport(chars: &[char], at: usize) -> Option<usize> {
    let number = chars[at..].iter().take_while(|c| c.is_ascii_alphanumeric());
    let (length, n_digits) = number.fold((0, 0), |(length, n_digits), c| {
        (length + 1, n_digits + usize::from(c.is_ascii_digit()))
    });
    let is_number = matches!(length, 8 | 9) && 6 <= n_digits && ends(chars, at + length);
    let words = ["PASSPORT", "REISEPASS", "PASSNUMMER", "جواز"];
    (is_number && after_word(chars, at, 32, &words)).then_some(length)
}
