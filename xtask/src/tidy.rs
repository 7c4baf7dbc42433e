//! `cargo xtask tidy`: the house rules that no compiler knows. Each file below holds one family, as
//! pure functions over the tree, with tests that show that each rule bites.

mod golden;
mod graph;
mod layers;
mod layers_table;
mod rust;
mod size;
mod text;
mod words;
mod www;

use std::{fs, process::ExitCode};

use anyhow::{Result, bail};

use crate::{place::Place, shell};
use rust::Rust;

/// A file of the tree.
pub(crate) struct File {
    /// Its path from the workspace, with `/`.
    path: String,
    /// Its text; `None` for a picture and the like.
    text: Option<String>,
    /// Its text as Rust, where it is Rust.
    rust: Option<Rust>,
}

/// Something to mend.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    path: String,
    /// Counted from 1; 0 for the file as a whole.
    line: usize,
    what: String,
}

/// A family of rules.
type Rule = fn(&[File]) -> Vec<Finding>;

/// All rules, in the order of their files.
const RULES: [Rule; 6] =
    [size::check, layers::check, words::check, golden::check, www::check, text::check];

/// Checks and reports, for the command.
pub(crate) fn run(place: &Place) -> Result<ExitCode> {
    check(place).map(|()| ExitCode::SUCCESS)
}

/// Checks; an error with the number of findings, each printed in its own line.
pub(crate) fn check(place: &Place) -> Result<()> {
    let files = tree(place)?;
    let mut findings: Vec<Finding> = RULES.iter().flat_map(|rule| rule(&files)).collect();
    findings.extend(graph::check(place)?);
    findings.sort();
    for Finding { path, line, what } in &findings {
        match line {
            0 => println!("{path}: {what}"),
            line => println!("{path}:{line}: {what}"),
        }
    }
    println!("{}", size::report(&files));
    match findings.len() {
        0 => Ok(()),
        n => bail!("{n} things to tidy"),
    }
}

/// The files that git keeps or would keep.
fn tree(place: &Place) -> Result<Vec<File>> {
    let mut git = shell::program("git");
    git.current_dir(&place.root).args(["ls-files", "--cached", "--others", "--exclude-standard"]);
    let mut paths: Vec<String> = shell::capture(&mut git)?.lines().map(str::to_owned).collect();
    paths.sort();
    paths.dedup();
    let is_there = |path: &String| place.root.join(path).is_file();
    paths
        .into_iter()
        .filter(is_there)
        .map(|path| Ok(File::new(&path, String::from_utf8(fs::read(place.root.join(&path))?).ok())))
        .collect()
}

impl File {
    fn new(path: &str, text: Option<String>) -> Self {
        let is_rust = has_extension(path, &["rs"]);
        let rust = text.as_deref().filter(|_| is_rust).map(Rust::read);
        Self { path: path.to_owned(), text, rust }
    }

    /// A finding in the file.
    fn finding(&self, line: usize, what: impl Into<String>) -> Finding {
        Finding { path: self.path.clone(), line, what: what.into() }
    }

    /// The text as Rust, where it is Rust.
    fn rust(&self) -> Option<&Rust> {
        self.rust.as_ref()
    }

    /// The text; empty for what is none.
    fn text(&self) -> &str {
        self.text.as_deref().unwrap_or_default()
    }
}

/// Whether the path ends in one of the extensions.
fn has_extension(path: &str, extensions: &[&str]) -> bool {
    path.rsplit_once('.').is_some_and(|(_, extension)| extensions.contains(&extension))
}

/// Whether the whole file is tests. The cast in `tests/src` is none: a scripted model keeps a pace.
fn is_test(path: &str) -> bool {
    let is_in_tests = path.starts_with("tests/") && !path.starts_with("tests/src/");
    is_in_tests || path.contains("/tests/") || path.ends_with("tests.rs")
}

/// Where `word` stands by itself in `text`, as byte offsets.
fn words_in<'a>(text: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let in_word = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).map(|(at, _)| at).filter(move |&at| {
        let begins = word.starts_with(in_word) && text[..at].ends_with(in_word);
        let goes_on = word.ends_with(in_word) && text[at + word.len()..].starts_with(in_word);
        !begins && !goes_on
    })
}

/// The line of a byte offset, counted from 1.
fn line_of(text: &str, at: usize) -> usize {
    text[..at].bytes().filter(|byte| *byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tree of files, for the tests of the rules.
    pub(super) fn files(contents: &[(&str, &str)]) -> Vec<File> {
        contents.iter().map(|(path, text)| File::new(path, Some((*text).to_owned()))).collect()
    }

    /// The findings of a rule as lines, for the tests of the rules.
    pub(super) fn found(rule: Rule, contents: &[(&str, &str)]) -> Vec<String> {
        let lines = rule(&files(contents));
        lines.iter().map(|f| format!("{}:{}: {}", f.path, f.line, f.what)).collect()
    }

    #[test]
    fn a_word_is_found_where_it_stands_by_itself() {
        assert_eq!(words_in("tokio_util tokio::x mytokio tokio", "tokio").count(), 2);
        assert_eq!(words_in("a.todo!() todo!", "todo!").count(), 2);
    }

    #[test]
    fn lines_are_counted_from_one() {
        assert_eq!(line_of("a\nb", 0), 1);
        assert_eq!(line_of("a\nb", 2), 2);
    }
}
