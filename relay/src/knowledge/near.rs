//! Words that are nearly those of the documents: a slip of the finger, a part of a compound. Pure.

use std::cmp::Ordering;

/// The shortest word that may be misspelt; below it every word is near another.
const TYPO_CHARS: usize = 5;

/// The shortest part of a compound.
const PART_CHARS: usize = 5;

/// Whether one word begins or ends with the other, whatever its length.
pub fn is_part(word: &str, known: &str) -> bool {
    let (short, long) = if word.len() < known.len() { (word, known) } else { (known, word) };
    long.starts_with(short) || long.ends_with(short)
}

/// How near `word`, which no document holds, is to `known`: 1 is the same, 0 is something else.
pub fn nearness(word: &str, known: &str, has_compounds: bool) -> f32 {
    if word.chars().chain(known.chars()).any(|c| !c.is_alphabetic()) {
        return 0.0;
    }
    let (word, known) = (Chars::of(word), Chars::of(known));
    if TYPO_CHARS <= word.0.len() && TYPO_CHARS <= known.0.len() && word.is_one_slip_from(&known) {
        return 0.7;
    }
    let (short, long) =
        if word.0.len() < known.0.len() { (&word, &known) } else { (&known, &word) };
    let is_part =
        PART_CHARS <= short.0.len() && (long.0.starts_with(&short.0) || long.0.ends_with(&short.0));
    if has_compounds && is_part { 0.6 } else { 0.0 }
}

/// A word as characters.
struct Chars(Vec<char>);

impl Chars {
    fn of(text: &str) -> Self {
        Self(text.chars().collect())
    }

    /// Whether one letter more, less, other or exchanged with its neighbour makes them the same.
    fn is_one_slip_from(&self, other: &Self) -> bool {
        let (a, b) = (&self.0[..], &other.0[..]);
        let same = a.iter().zip(b).take_while(|(a, b)| a == b).count();
        match a.len().cmp(&b.len()) {
            Ordering::Less => a.len() + 1 == b.len() && a[same..] == b[same + 1..],
            Ordering::Greater => b.len() + 1 == a.len() && a[same + 1..] == b[same..],
            Ordering::Equal if same == a.len() => true,
            Ordering::Equal => {
                let is_swapped = same + 1 < a.len()
                    && a[same] == b[same + 1]
                    && a[same + 1] == b[same]
                    && a[same + 2..] == b[same + 2..];
                a[same + 1..] == b[same + 1..] || is_swapped
            }
        }
    }
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
