//! A TOML file read key by key, so that one pass finds every mistake in it: wrong kinds, missing
//! and unknown keys, each with its place. Reads a text, not a disk; what a key means is decided
//! by who asks for it.

mod problem;
mod section;

use std::{cell::RefCell, collections::BTreeMap, ops::Range};

use toml::{Spanned, de::DeTable};

pub use problem::{Problem, Problems, nearest};
pub use section::Section;

/// Where a value was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the file, from this byte to that.
    File(Range<usize>),
    /// In a variable or a flag of this name.
    Named(String),
}

/// A value, the full name of its key and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located<T> {
    /// The value.
    pub value: T,
    /// The key with the tables around it, for example `legal.email`.
    pub key: String,
    /// Where it was found.
    pub place: Place,
}

impl<T> Located<T> {
    /// The same place with another value.
    pub fn with<U>(&self, value: U) -> Located<U> {
        Located { value, key: self.key.clone(), place: self.place.clone() }
    }
}

/// A value from outside the file that stands in for one in it.
#[derive(Clone, PartialEq, Eq)]
pub struct Override {
    /// The value as text; lists are separated by commas.
    pub value: String,
    /// The variable or the flag.
    pub name: String,
}

/// A file while it is read: its text, what stands in for its keys, and the problems found so far.
pub struct File<'a> {
    name: &'a str,
    text: &'a str,
    overrides: BTreeMap<String, Override>,
    problems: RefCell<Vec<Problem>>,
    /// Every key that was asked for, found or not, so that a test can hold the documents to it.
    asked: RefCell<Vec<String>>,
}

impl<'a> File<'a> {
    /// The file of this name with this text.
    pub fn new(name: &'a str, text: &'a str) -> Self {
        Self {
            name,
            text,
            overrides: BTreeMap::new(),
            problems: RefCell::default(),
            asked: RefCell::default(),
        }
    }

    /// The bytes of a file of this name as text, or where they are none.
    pub fn text_of<'b>(name: &str, bytes: &'b [u8]) -> Result<&'b str, Problems> {
        std::str::from_utf8(bytes).map_err(|error| {
            let good = String::from_utf8_lossy(&bytes[..error.valid_up_to()]).into_owned();
            // A blank stands for what can't be read, so that there is a place to point at.
            let text = format!("{good} ");
            let file = File::new(name, &text);
            let remedy = "Save it in UTF-8; older editors call their own encoding ANSI or Latin 1";
            file.note(&Place::File(good.len()..good.len()), "", "is not UTF-8", remedy);
            file.problems()
        })
    }

    /// Lets a value from outside stand in for `key`; the last one wins.
    pub fn set(&mut self, key: &str, value: Override) {
        self.overrides.insert(key.to_owned(), value);
    }

    /// Reads the syntax. A broken one is a problem, and an empty table then.
    pub fn parse(&self) -> Spanned<DeTable<'a>> {
        match DeTable::parse(self.text) {
            Ok(table) => table,
            Err(error) => {
                let at = Place::File(error.span().unwrap_or(0..0));
                let what = error.message().lines().collect::<Vec<_>>().join(" ");
                self.note(
                    &at,
                    "",
                    &format!("is not TOML: {what}"),
                    "See https://toml.io for the syntax",
                );
                Spanned::new(0..0, DeTable::default())
            }
        }
    }

    /// The top table.
    pub fn top<'f>(&'f self, table: &'f Spanned<DeTable<'a>>) -> Section<'f, 'a> {
        Section::new(self, String::new(), Some(table.get_ref()), 0..0)
    }

    /// Notes a problem with a value that was read.
    pub fn problem<T>(&self, at: &Located<T>, what: &str, remedy: &str) {
        self.note(&at.place, &at.key, what, remedy);
    }

    /// Notes a problem at a place.
    pub fn note(&self, place: &Place, key: &str, what: &str, remedy: &str) {
        let (at, line, column) = self.locate(place);
        self.problems.borrow_mut().push(Problem {
            at,
            line,
            column,
            key: key.to_owned(),
            what: what.to_owned(),
            remedy: remedy.to_owned(),
        });
    }

    /// A place for people: `file:line:column`, or the name of a variable or a flag.
    pub fn at(&self, place: &Place) -> String {
        self.locate(place).0
    }

    fn locate(&self, place: &Place) -> (String, usize, usize) {
        match place {
            Place::Named(name) => (name.clone(), 0, 0),
            // A file that is not there, or holds nothing, has no lines to point at.
            Place::File(_) if self.text.is_empty() => (self.name.to_owned(), 0, 0),
            Place::File(span) => {
                let (line, column) = line_and_column(self.text, span.start);
                (format!("{}:{line}:{column}", self.name), line, column)
            }
        }
    }

    /// Every key that was asked for.
    pub fn asked(&self) -> Vec<String> {
        self.asked.borrow().clone()
    }

    /// The problems found, in the order of the file.
    pub fn problems(self) -> Problems {
        let mut problems = self.problems.into_inner();
        if problems.iter().any(|problem| problem.key.is_empty()) {
            // The syntax is broken: every other key seems to be missing, and is not.
            problems.retain(|problem| problem.key.is_empty());
        }
        problems.sort_by_key(|problem| (problem.line, problem.column));
        Problems(problems)
    }
}

/// Line and column of a byte, both from 1; columns count characters.
fn line_and_column(text: &str, byte: usize) -> (usize, usize) {
    let before = text.get(..byte.min(text.len())).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str, read: impl Fn(&Section<'_, '_>)) -> Vec<String> {
        let file = File::new("a.toml", text);
        let table = file.parse();
        let top = file.top(&table);
        read(&top);
        top.finish();
        file.problems().0.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn an_unknown_key_is_named_with_its_place_and_the_nearest_known_one() {
        let found = problems("name = 'x'\n\n  listn = 'y'\n", |top| {
            top.text("name");
            top.text("listen");
        });
        assert_eq!(found, ["a.toml:3:3: `listn` is not a known key. Did you mean `listen`?"]);
    }

    #[test]
    fn every_problem_is_found_in_one_pass_in_the_order_of_the_file() {
        let found = problems("a = 1\nb = 'x'\n[c]\nd = true\ne = 1\n", |top| {
            top.number("b");
            top.text("a");
            let c = top.section("c");
            c.text("d");
            c.finish();
        });
        assert_eq!(
            found,
            [
                "a.toml:1:5: `a` is an integer, not a text. Write it in quotes: \"…\".",
                "a.toml:2:5: `b` is a text, not a whole number. Write it without quotes, for example 100.",
                "a.toml:4:5: `c.d` is a boolean, not a text. Write it in quotes: \"…\".",
                "a.toml:5:1: `c.e` is not a known key. Remove it; known here is: d.",
            ]
        );
    }

    #[test]
    fn broken_syntax_is_told_with_its_line() {
        let found = problems("a = 'x'\nb = [1,\n", |top| {
            top.text("a");
        });
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with("a.toml:"), "{found:?}");
        assert!(found[0].contains("is not TOML"), "{found:?}");
    }

    #[test]
    fn a_value_from_outside_stands_in_for_the_file_and_is_named_when_it_is_wrong() {
        let mut file = File::new("a.toml", "n = 1");
        file.set("n", Override { value: "two".into(), name: "FORECOURT_N".into() });
        file.set("t", Override { value: "text".into(), name: "--t".into() });
        let table = file.parse();
        let top = file.top(&table);
        assert!(top.number("n").is_none());
        assert_eq!(top.text("t").map(|text| text.value), Some("text".to_owned()));
        top.finish();
        assert_eq!(
            file.problems().to_string(),
            "FORECOURT_N: `n` is a text, not a whole number. Write it without quotes, for example 100."
        );
    }
}
