//! Numbers of a person's papers.

use super::{accounts::value, after_word, compact};

/// A national insurance number: two letters, six digits, a letter from A to D. With the letters that
/// HMRC gives out (manual NIM39110), and Q, which it uses in examples. With gaps only in capitals:
/// "at 120000 a year" is none.
pub(super) fn national_insurance(chars: &[char], at: usize) -> Option<usize> {
    let (number, length, n_gaps) = compact(chars, at, 9, &[2, 4, 6, 8])?;
    let is_letter = |c: &char| c.is_ascii_uppercase() && !matches!(c, 'D' | 'F' | 'I' | 'U' | 'V');
    let is_number = number[..2].iter().all(is_letter)
        && number[1] != 'O'
        && value(&number[2..8]).is_some()
        && matches!(number[8], 'A'..='D')
        && (n_gaps == 0 || !chars[at..at + length].iter().any(char::is_ascii_lowercase));
    is_number.then_some(length)
}

/// A number of DVLA: five of the surname, the date of birth in its own order, initials, a digit and two
/// more; in one piece or in its three groups, with or without the two digits of the issue.
pub(super) fn driving_licence(chars: &[char], at: usize) -> Option<usize> {
    [18, 16].iter().find_map(|wanted| {
        let (number, length, _) = compact(chars, at, *wanted, &[5, 11, 16])?;
        let is_name = |c: &char| c.is_ascii_uppercase() || *c == '9';
        // A woman's month has fifty added.
        let is_date = matches!(value(&number[6..8]), Some(1..=12 | 51..=62))
            && matches!(value(&number[8..10]), Some(1..=31));
        let is_number = number[..5].iter().all(is_name)
            && number[0] != '9'
            && value(&number[5..11]).is_some()
            && is_date
            && number[11..13].iter().all(is_name)
            && number[13].is_ascii_digit()
            && value(&number[16..]).is_some();
        is_number.then_some(length)
    })
}

/// Nine letters and digits after the word for a passport, most of them digits.
pub(super) fn passport(chars: &[char], at: usize) -> Option<usize> {
    let (number, length, _) = compact(chars, at, 9, &[])?;
    let n_digits = number.iter().filter(|c| c.is_ascii_digit()).count();
    // Passport, Reisepass, Passnummer.
    let words = ["pass", "جواز"];
    (6 <= n_digits && after_word(chars, at, 32, &words)).then_some(length)
}
