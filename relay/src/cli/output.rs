//! Answers to the person or the script that asked: the only place that prints.

use std::io::{self, Write};

use serde::Serialize;

/// Where answers go.
#[derive(Debug)]
pub struct Out {
    is_error: bool,
}

impl Out {
    /// Standard output, for answers.
    pub fn stdout() -> Self {
        Self { is_error: false }
    }

    /// Standard error, for what went wrong and what is told beside an answer.
    pub fn stderr() -> Self {
        Self { is_error: true }
    }

    /// Writes a line at once. A reader that has gone away is no error: `forecourt … | head`.
    pub fn line(&self, line: impl AsRef<str>) {
        let line = format!("{}\n", line.as_ref());
        if self.is_error {
            let _ = io::stderr().lock().write_all(line.as_bytes());
        } else {
            let mut stdout = io::stdout().lock();
            let _ = stdout.write_all(line.as_bytes());
            let _ = stdout.flush();
        }
    }

    /// Writes a value as JSON, for a script.
    pub fn json(&self, value: &impl Serialize) -> anyhow::Result<()> {
        self.line(serde_json::to_string_pretty(value)?);
        Ok(())
    }

    /// Writes rows as columns that stand under each other.
    pub fn table<const N: usize>(&self, rows: &[[String; N]]) {
        let width = |column: usize| {
            rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default()
        };
        let widths: [usize; N] = std::array::from_fn(width);
        for row in rows {
            let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
            self.line(cells.collect::<Vec<_>>().join("  ").trim_end());
        }
    }
}

/// What a terminal would obey in a visitor's words is shown, not obeyed.
pub(super) fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_obeys_nothing_that_a_visitor_wrote() {
        assert_eq!(plain("a\u{1b}[2Jb\nc\u{9b}d"), "a [2Jb c d");
    }
}
