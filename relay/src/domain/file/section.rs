//! One table of a file, asked key by key; `finish` tells the keys that nobody asked for.

use std::{cell::RefCell, ops::Range};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{File, Located, Override, Place, nearest};

/// One table of a file; an absent table is an empty one.
pub struct Section<'f, 'a> {
    file: &'f File<'a>,
    /// The name of the table; empty at the top.
    path: String,
    table: Option<&'f DeTable<'a>>,
    /// Where the table begins, for what is missing in it.
    span: Range<usize>,
    asked: RefCell<Vec<String>>,
}

impl<'f, 'a> Section<'f, 'a> {
    pub(super) fn new(
        file: &'f File<'a>,
        path: String,
        table: Option<&'f DeTable<'a>>,
        span: Range<usize>,
    ) -> Self {
        Self { file, path, table, span, asked: RefCell::default() }
    }

    /// The file to which it belongs.
    pub fn file(&self) -> &'f File<'a> {
        self.file
    }

    /// Whether the table stands in the file.
    pub fn is_present(&self) -> bool {
        self.table.is_some()
    }

    /// The table itself as a place.
    pub fn here(&self) -> Located<()> {
        Located { value: (), key: self.path.clone(), place: Place::File(self.span.clone()) }
    }

    /// The place of a key: its own where it stands somewhere, else the table's.
    pub fn locate(&self, key: &str) -> Located<()> {
        if let Some((at, _)) = self.given(key) {
            return at;
        }
        let at = self.value(key).map(|(at, _)| at);
        at.unwrap_or_else(|| Located { key: self.name(key), ..self.here() })
    }

    /// A text.
    pub fn text(&self, key: &str) -> Option<Located<String>> {
        if let Some((at, given)) = self.given(key) {
            return Some(at.with(given.value.clone()));
        }
        let (at, value) = self.value(key)?;
        match value {
            DeValue::String(text) => Some(at.with(text.to_string())),
            other => self.wrong(&at, other, "a text", "Write it in quotes: \"…\""),
        }
    }

    /// A text that must be there and hold something.
    pub fn required(&self, key: &str, remedy: &str) -> Option<Located<String>> {
        match self.text(key) {
            Some(text) if text.value.trim().is_empty() => {
                self.file.problem(&text, "is empty", remedy);
                None
            }
            Some(text) => Some(text),
            None if self.holds(key) => None,
            None => {
                let mut at = self.here();
                at.key = self.name(key);
                self.file.problem(&at, "is missing", remedy);
                None
            }
        }
    }

    /// A whole number, not negative.
    pub fn number(&self, key: &str) -> Option<Located<u64>> {
        const REMEDY: &str = "Write it without quotes, for example 100";
        const WANTED: &str = "a whole number";
        if let Some((at, given)) = self.given(key) {
            let value = given.value.trim().replace('_', "").parse();
            if value.is_err() {
                self.file.problem(&at, &format!("is a text, not {WANTED}"), REMEDY);
            }
            return Some(at.with(value.ok()?));
        }
        let (at, value) = self.value(key)?;
        match value {
            DeValue::Integer(digits) => {
                let value = u64::from_str_radix(digits.as_str(), digits.radix()).ok();
                if value.is_none() {
                    self.file.problem(&at, "is negative or too large", REMEDY);
                }
                Some(at.with(value?))
            }
            other => self.wrong(&at, other, WANTED, REMEDY),
        }
    }

    /// Yes or no.
    pub fn flag(&self, key: &str) -> Option<Located<bool>> {
        const REMEDY: &str = "Write true or false, without quotes";
        if let Some((at, given)) = self.given(key) {
            let value = match given.value.trim() {
                "true" | "1" | "yes" => true,
                "false" | "0" | "no" => false,
                _ => {
                    self.file.problem(&at, "is neither true nor false", REMEDY);
                    return None;
                }
            };
            return Some(at.with(value));
        }
        let (at, value) = self.value(key)?;
        match value {
            DeValue::Boolean(value) => Some(at.with(*value)),
            other => self.wrong(&at, other, "true or false", REMEDY),
        }
    }

    /// A list of texts; `None` where there is none.
    pub fn texts(&self, key: &str) -> Option<Vec<Located<String>>> {
        const REMEDY: &str = "Write a list of texts: [\"…\", \"…\"]";
        if let Some((at, given)) = self.given(key) {
            let parts = given.value.split(',').map(str::trim).filter(|part| !part.is_empty());
            return Some(parts.map(|part| at.with(part.to_owned())).collect());
        }
        let (at, value) = self.value(key)?;
        let DeValue::Array(items) = value else {
            return self.wrong(&at, value, "a list", REMEDY);
        };
        let mut texts = Vec::new();
        for item in items {
            let at = Located { place: Place::File(item.span()), ..at.clone() };
            match item.get_ref() {
                DeValue::String(text) => texts.push(at.with(text.to_string())),
                other => drop(self.wrong::<()>(&at, other, "a text", REMEDY)),
            }
        }
        Some(texts)
    }

    /// A table within this one.
    #[must_use]
    pub fn section(&self, key: &str) -> Section<'f, 'a> {
        let found = self.value(key);
        let path = self.name(key);
        match found {
            Some((at, DeValue::Table(table))) => {
                Self::new(self.file, path, Some(table), span_of(&at))
            }
            Some((at, other)) => {
                self.wrong::<()>(&at, other, "a table", &format!("Write it as [{path}]"));
                Self::new(self.file, path, None, span_of(&at))
            }
            None => Self::new(self.file, path, None, self.span.clone()),
        }
    }

    /// The tables of a list, `[[key]]`.
    pub fn sections(&self, key: &str) -> Vec<Section<'f, 'a>> {
        let path = self.name(key);
        let remedy = format!("Write each one as [[{path}]]");
        let Some((at, value)) = self.value(key) else { return Vec::new() };
        let DeValue::Array(items) = value else {
            self.wrong::<()>(&at, value, "a list of tables", &remedy);
            return Vec::new();
        };
        let mut sections = Vec::new();
        for item in items {
            let at = Located { place: Place::File(item.span()), ..at.clone() };
            match item.get_ref() {
                DeValue::Table(table) => {
                    sections.push(Self::new(self.file, path.clone(), Some(table), item.span()));
                }
                other => drop(self.wrong::<()>(&at, other, "a table", &remedy)),
            }
        }
        sections
    }

    /// The keys that stand in the table, for tables whose keys are data.
    pub fn keys(&self) -> Vec<String> {
        self.table
            .iter()
            .flat_map(|table| table.keys())
            .map(|key| key.get_ref().to_string())
            .collect()
    }

    /// Tells each key that was never asked for.
    pub fn finish(&self) {
        let asked = self.asked.borrow();
        for key in self.table.iter().flat_map(|table| table.keys()) {
            let name = key.get_ref().as_ref();
            if asked.iter().any(|known| known == name) {
                continue;
            }
            let remedy = match nearest(name, asked.iter().map(String::as_str)) {
                Some(known) => format!("Did you mean `{known}`?"),
                None if asked.len() == 1 => format!("Remove it; known here is: {}", asked[0]),
                None => format!("Remove it; known here are: {}", asked.join(", ")),
            };
            self.file.note(
                &Place::File(key.span()),
                &self.name(name),
                "is not a known key",
                &remedy,
            );
        }
    }

    /// The full name of a key.
    fn name(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// Whether the key stands in the file, of whatever kind.
    fn holds(&self, key: &str) -> bool {
        self.table.is_some_and(|table| table.contains_key(key))
    }

    /// What stands in for the key from outside.
    fn given(&self, key: &str) -> Option<(Located<()>, &'f Override)> {
        self.ask(key);
        let name = self.name(key);
        let given = self.file.overrides.get(&name)?;
        Some((Located { value: (), key: name, place: Place::Named(given.name.clone()) }, given))
    }

    /// The value of the key in the file.
    fn value(&self, key: &str) -> Option<(Located<()>, &'f DeValue<'a>)> {
        self.ask(key);
        let value: &'f Spanned<DeValue<'a>> = self.table?.get(key)?;
        let at = Located { value: (), key: self.name(key), place: Place::File(value.span()) };
        Some((at, value.get_ref()))
    }

    /// Remembers that the key is a known one.
    fn ask(&self, key: &str) {
        let mut asked = self.asked.borrow_mut();
        if !asked.iter().any(|known| known == key) {
            asked.push(key.to_owned());
            self.file.asked.borrow_mut().push(self.name(key));
        }
    }

    /// Notes a value of the wrong kind.
    fn wrong<T>(
        &self,
        at: &Located<()>,
        value: &DeValue<'_>,
        wanted: &str,
        remedy: &str,
    ) -> Option<T> {
        let kind = match value {
            DeValue::String(_) => "a text",
            DeValue::Integer(_) => "an integer",
            DeValue::Float(_) => "a number with a fraction",
            DeValue::Boolean(_) => "a boolean",
            DeValue::Datetime(_) => "a date",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        self.file.problem(at, &format!("is {kind}, not {wanted}"), remedy);
        None
    }
}

/// The bytes of a place in the file.
fn span_of(at: &Located<()>) -> Range<usize> {
    match &at.place {
        Place::File(span) => span.clone(),
        Place::Named(_) => 0..0,
    }
}
