//! Text becomes tokens: words, numbers and the names of cars, as they are looked up. Pure.

use crate::knowledge::fold::fold;

/// A token before stemming.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token {
    /// A word or a number.
    Word(String),
    /// Neighbours with a digit, written as one: `AA-10432`, `AB12 CDE`, `ID 3`. They only help:
    /// a question is not held to say them.
    Joined(String),
}

/// The tokens of a text in a language.
pub fn tokens(text: &str, language: &str) -> Vec<Token> {
    let folded = fold(text, language);
    let mut tokens = Vec::new();
    let mut before: Option<String> = None;
    for run in runs(&folded) {
        let parts = parts(run);
        let whole = parts.concat();
        if let Some(before) = &before
            && joins(before, &whole)
        {
            tokens.push(Token::Joined(format!("{before}{whole}")));
        }
        if 1 < parts.len() && has_digit(&whole) {
            tokens.push(Token::Joined(whole.clone()));
        }
        tokens.extend(parts.into_iter().map(Token::Word));
        before = Some(whole);
    }
    tokens
}

/// Runs of letters and digits, with single connectors between them.
fn runs(text: &str) -> impl Iterator<Item = &str> {
    let is_part = |c: char| c.is_alphanumeric() || is_connector(c);
    text.split(move |c| !is_part(c))
        .map(|run| run.trim_matches(is_connector))
        .filter(|run| !run.is_empty())
}

fn is_connector(c: char) -> bool {
    matches!(c, '.' | ',' | '-' | '/' | '\'' | '&')
}

/// The words of a run: a number stays one, everything else is split at its connectors.
fn parts(run: &str) -> Vec<String> {
    if let Some(number) = number(run) {
        return vec![number];
    }
    // "dealer's" is about a dealer.
    let pieces = run.split(|c| is_connector(c) && c != '\'');
    let bare = pieces.map(|piece| piece.split('\'').next().unwrap_or(piece));
    bare.filter(|piece| !piece.is_empty()).map(str::to_owned).collect()
}

/// A number without the commas or points that group its thousands, and with a point before its
/// fraction: `7,995` and `7.995` are one price, `1,5` and `1.5` one engine.
fn number(run: &str) -> Option<String> {
    if !run.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ',')) {
        return None;
    }
    let groups: Vec<&str> = run.split(['.', ',']).collect();
    let (first, rest) = groups.split_first()?;
    if groups.iter().any(|group| group.is_empty()) {
        return None;
    }
    if *first != "0" && first.len() <= 3 && rest.iter().all(|group| group.len() == 3) {
        return Some(groups.concat());
    }
    match rest {
        [fraction] => Some(format!("{first}.{fraction}")),
        // A date such as 24.12.2026: its parts.
        _ => None,
    }
}

fn has_digit(text: &str) -> bool {
    text.chars().any(|c| c.is_ascii_digit())
}

/// Whether two neighbours may be one name: one has a digit, one has a letter, both are short.
fn joins(one: &str, other: &str) -> bool {
    let length = one.chars().count() + other.chars().count();
    let both = || one.chars().chain(other.chars());
    length <= 10 && both().any(|c| c.is_ascii_digit()) && both().any(char::is_alphabetic)
}

#[cfg(test)]
mod tests;
