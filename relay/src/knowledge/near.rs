//! Words that are nearly those of the documents: a slip of the finger, a part of a compound. Pure.

/// The shortest word that may be misspelt; below it every word is near another.
const TYPO_CHARS: usize = 5;

/// The shortest part of a compound.
const PART_CHARS: usize = 5;

/// How near `word`, which no document holds, is to `known`: 1 is the same, 0 is something else.
///
/// Asked for each word of the documents; nearly all are told apart by their lengths.
pub fn nearness(word: &str, known: &str, has_compounds: bool) -> f32 {
    let (n_word, n_known) = (word.chars().count(), known.chars().count());
    let (short, long) = if n_word < n_known { (word, known) } else { (known, word) };
    let n_short = n_word.min(n_known);
    let is_slip =
        TYPO_CHARS <= n_short && n_word.abs_diff(n_known) <= 1 && is_one_slip(word, known);
    let is_part = has_compounds
        && PART_CHARS <= n_short
        && (long.starts_with(short) || long.ends_with(short));
    if !(is_slip || is_part) || word.chars().chain(known.chars()).any(|c| !c.is_alphabetic()) {
        0.0
    } else if is_slip {
        0.7
    } else {
        0.6
    }
}

/// Whether one letter more, less, other or exchanged with its neighbour makes them the same.
fn is_one_slip(a: &str, b: &str) -> bool {
    let same = a.chars().zip(b.chars()).take_while(|(a, b)| a == b);
    let same: usize = same.map(|(a, _)| a.len_utf8()).sum();
    let (a, b) = (&a[same..], &b[same..]);
    let (a_less, b_less) = (without_first(a), without_first(b));
    a == b_less || a_less == b || a_less == b_less || is_swapped(a, b)
}

fn without_first(text: &str) -> &str {
    let mut chars = text.chars();
    chars.next();
    chars.as_str()
}

/// Whether the first two letters are exchanged, and the rest is the same.
fn is_swapped(a: &str, b: &str) -> bool {
    let (mut a, mut b) = (a.chars(), b.chars());
    let (a_first, b_first) = ((a.next(), a.next()), (b.next(), b.next()));
    let swapped = a_first.0 == b_first.1 && a_first.1 == b_first.0;
    a_first.1.is_some() && swapped && a.as_str() == b.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_slip_is_near_and_two_are_not() {
        for typo in ["warrenty", "waranty", "warrranty", "warratny"] {
            assert!(0.0 < nearness(typo, "warranty", false), "{typo}");
        }
        assert!(nearness("warento", "warranty", false) <= 0.0);
        assert!(nearness("golf", "gold", false) <= 0.0);
        for (slip, word) in [("größse", "größe"), ("grösße", "größse"), ("reifenn", "reifen")]
        {
            assert!(0.0 < nearness(slip, word, false), "{slip}");
            assert!(0.0 < nearness(word, slip, false), "{slip}");
        }
        assert!(nearness("reifen", "reifenwechsel", false) <= 0.0);
    }

    #[test]
    fn a_part_of_a_compound_is_near_where_the_language_has_them() {
        assert!(0.0 < nearness("gebrauchtwagengarantie", "garantie", true));
        assert!(nearness("gebrauchtwagengarantie", "garantie", false) <= 0.0);
    }

    #[test]
    fn numbers_are_never_near() {
        assert!(nearness("10432", "10433", true) <= 0.0);
    }
}
