//! Placeholders and what they stand for. They live as long as one answer and are never written down.

use std::{collections::BTreeMap, fmt, ops::Bound};

use super::{
    kind::Kind,
    scan::{digit, plain},
};

/// The placeholders of one prompt, with the values that they stand for. Only values of its own
/// conversation are in it, so no model can name another's.
#[derive(Clone, Default)]
pub struct Originals {
    /// The value as it was written, by placeholder.
    values: BTreeMap<String, String>,
    /// The placeholder, by kind and value in the form in which two spellings of it are the same.
    known: BTreeMap<(Kind, String), String>,
    counts: BTreeMap<Kind, usize>,
}

/// Prints how many, never which.
impl fmt::Debug for Originals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Originals({})", self.values.len())
    }
}

impl Originals {
    /// The placeholder of a value: the same for the same value.
    pub(super) fn placeholder(&mut self, kind: Kind, value: &str) -> String {
        let key = (kind, same(kind, value));
        if let Some(known) = self.known.get(&key) {
            return known.clone();
        }
        let count = self.counts.entry(kind).or_default();
        *count += 1;
        let placeholder = format!("[{}_{count}]", kind.label());
        self.values.insert(placeholder.clone(), value.to_owned());
        self.known.insert(key, placeholder.clone());
        placeholder
    }
}

impl Originals {
    /// Whether the prompt had no placeholder.
    pub(super) fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The value of a placeholder.
    pub(super) fn value(&self, placeholder: &str) -> Option<&str> {
        self.values.get(placeholder).map(String::as_str)
    }

    /// Whether a text is the beginning of a placeholder and not yet one.
    pub(super) fn may_begin_with(&self, text: &str) -> bool {
        let from = (Bound::Included(text), Bound::Unbounded);
        let after = self.values.range::<str, _>(from).next();
        after.is_some_and(|(known, _)| known.len() != text.len() && known.starts_with(text))
    }
}

/// A value in the form in which two spellings of it are the same.
fn same(kind: Kind, value: &str) -> String {
    let value = value.to_lowercase();
    match kind {
        Kind::Phone => {
            let digits: String =
                value.chars().filter_map(|c| digit(plain(c))).map(char::from).collect();
            let is_abroad = value.trim_start_matches('(').starts_with('+');
            let digits =
                if is_abroad { digits } else { digits.trim_start_matches("00").to_owned() };
            // At home the same number begins with 0, and some write both.
            let at_home = digits.strip_prefix("44").filter(|rest| 9 <= rest.len());
            at_home.unwrap_or(&digits).trim_start_matches('0').to_owned()
        }
        Kind::Name => value.split_whitespace().collect::<Vec<_>>().join(" "),
        Kind::Email => value.split_whitespace().collect(),
        _ => value.chars().filter(|c| c.is_alphanumeric()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_spellings_of_a_value_have_one_placeholder() {
        let mut originals = Originals::default();
        for spelling in [
            "07700 900123",
            "+44 7700 900123",
            "0044 7700900123",
            "+44 (0)7700 900-123",
            "٠٧٧٠٠٩٠٠١٢٣",
        ] {
            assert_eq!(originals.placeholder(Kind::Phone, spelling), "[PHONE_1]", "{spelling}");
        }
        assert_eq!(originals.placeholder(Kind::Phone, "07700 900124"), "[PHONE_2]");
        assert_eq!(originals.placeholder(Kind::Email, "Jo@Example.org"), "[EMAIL_1]");
        assert_eq!(originals.placeholder(Kind::Email, "jo@example.org"), "[EMAIL_1]");
    }
}
