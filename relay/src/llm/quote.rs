//! Quotes a passage: whole lines and sentences, nothing added, within a length. Pure.

use std::collections::HashSet;

use crate::knowledge::{lexicon::Lexicon, passages::units};

/// What a passage says on a question, in at most `max_chars`: all of it, or the run of its
/// sentences that holds most of the question's words. `…` marks where something was left out.
pub fn quote(text: &str, question: &str, lexicon: &Lexicon, max_chars: usize) -> String {
    let text = without_pictures_and_tables(text);
    let units = units(&text);
    let chars: Vec<usize> = units.iter().map(|unit| unit.chars().count()).collect();
    if chars.iter().sum::<usize>() <= max_chars {
        return text.trim().to_owned();
    }
    let wanted: HashSet<_> = lexicon.terms(question).into_iter().map(|term| term.text).collect();
    let hits: Vec<usize> = units
        .iter()
        .map(|unit| lexicon.terms(unit).iter().filter(|term| wanted.contains(&term.text)).count())
        .collect();
    let (from, to) = best_run(&chars, &hits, max_chars);
    let run = units[from..to].concat();
    let before = if 0 < from { "…\n" } else { "" };
    let after = if to < units.len() { "\n…" } else { "" };
    format!("{before}{}{after}", cut(run.trim(), max_chars))
}

/// The run of units with most hits that fits; of equal ones the first, and the longest from there.
fn best_run(chars: &[usize], hits: &[usize], max_chars: usize) -> (usize, usize) {
    let mut best = (0, 1.min(chars.len()));
    let mut best_hits = 0;
    for from in 0..chars.len() {
        let mut length = 0;
        let mut to = from;
        while to < chars.len() && length + chars[to] <= max_chars {
            length += chars[to];
            to += 1;
        }
        let run_hits: usize = hits[from..to].iter().sum();
        if best_hits < run_hits || (from == 0 && from < to) {
            best = (from, to);
            best_hits = run_hits;
        }
    }
    best
}

fn cut(text: &str, max_chars: usize) -> &str {
    text.char_indices().nth(max_chars).map_or(text, |(at, _)| text[..at].trim_end())
}

/// The text without pictures, and with the rows of its tables as list items: the widget shows
/// neither.
fn without_pictures_and_tables(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.lines() {
        let bare = line.trim();
        if bare.starts_with('|') && bare.ends_with('|') {
            let is_rule = bare.chars().all(|c| matches!(c, '|' | '-' | ':' | ' '));
            if !is_rule {
                let cells = bare.trim_matches('|').split('|').map(str::trim);
                let cells: Vec<&str> = cells.filter(|cell| !cell.is_empty()).collect();
                out.push_str("- ");
                out.push_str(&cells.join(": "));
                out.push('\n');
            }
            continue;
        }
        out.push_str(&without_pictures(line));
        out.push('\n');
    }
    out
}

fn without_pictures(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some(start) = rest.find("![") {
        out.push_str(&rest[..start]);
        let after = &rest[start..];
        let end = after.find("](").and_then(|at| after[at..].find(')').map(|close| at + close + 1));
        let Some(end) = end else {
            out.push_str(&after[1..]);
            return out;
        };
        rest = &after[end..];
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn quoted(text: &str, question: &str, max_chars: usize) -> String {
        quote(text, question, &Lexicon::of("en"), max_chars)
    }

    #[test]
    fn what_fits_is_quoted_whole() {
        assert_eq!(quoted("One.\n\n- two\n- three\n", "x", 600), "One.\n\n- two\n- three");
    }

    #[test]
    fn what_is_too_long_is_quoted_where_it_answers() {
        let text = "The engine is covered. ".repeat(20)
            + "Tyres are not covered.\n"
            + &"The rest is described elsewhere. ".repeat(20);
        let quote = quoted(&text, "Are the tyres covered?", 200);
        assert!(quote.contains("Tyres are not covered."), "{quote}");
        assert!(quote.starts_with('…') && quote.chars().count() <= 206, "{quote}");
    }

    #[test]
    fn pictures_and_tables_are_put_plainly() {
        let text = "See ![a car](https://x.example/a.png) here\n| Year | 2021 |\n|---|---|\n| Fuel | Petrol |";
        assert_eq!(quoted(text, "x", 600), "See  here\n- Year: 2021\n- Fuel: Petrol");
        assert_eq!(quoted("![half](http", "x", 600), "[half](http");
    }

    proptest! {
        #[test]
        fn a_quote_is_never_longer_than_asked(text in "([a-zä]{1,20}[.!|]? ?\n?){0,200}", max in 1usize..300) {
            prop_assert!(quoted(&text, "some words", max).chars().count() <= max + 4);
        }
    }
}
