//! What is wrong with a file, told to the person who wrote it.

use std::fmt;

/// One mistake: where, what, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// `file:line:column`, or the name of a variable or a flag.
    pub at: String,
    /// The line, from 1; 0 outside a file.
    pub line: usize,
    /// The column, from 1; 0 outside a file.
    pub column: usize,
    /// The key; empty where the file itself is wrong.
    pub key: String,
    /// What is wrong, as the end of a sentence that begins with the key.
    pub what: String,
    /// What to do: a sentence without its full stop, or with a question mark.
    pub remedy: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = if self.remedy.ends_with(['?', '.']) { "" } else { "." };
        if self.key.is_empty() {
            write!(f, "{}: {}. {}{end}", self.at, self.what, self.remedy)
        } else {
            write!(f, "{}: `{}` {}. {}{end}", self.at, self.key, self.what, self.remedy)
        }
    }
}

/// All mistakes of a file, one a line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            if 0 < index {
                f.write_str("\n")?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

/// The known word that `word` was probably meant to be.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= 2 && *distance * 3 <= candidate.len())
        .min()
        .map(|(_, candidate)| candidate)
}

/// How many letters must be put in, taken out, changed or swapped with their neighbour to make
/// `b` of `a`.
fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().collect();
    let b: Vec<char> = b.chars().collect();
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let change = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = change.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if 1 < i && 1 < j && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_near() {
        let known = ["listen", "admin_listen", "data"];
        assert_eq!(nearest("lsiten", known), Some("listen"));
        assert_eq!(nearest("dta", known), Some("data"));
        assert_eq!(nearest("colour", known), None);
        assert_eq!(nearest("dx", known), None);
    }

    #[test]
    fn a_distance_counts_single_letters() {
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("same", "same"), 0);
        assert_eq!(distance("nmae", "name"), 1);
    }
}
