//! A record as people and programs read it: text, JSON, CSV, a page.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use crate::{
    clock::Timestamp,
    domain::{export::csv_row, html::escape},
};

/// A record.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// What it is.
    pub title: String,
    /// When it was made; it is true of that moment.
    pub made_at: Timestamp,
    /// Its parts.
    pub sections: Vec<Section>,
}

/// A part of it: rows that have the same columns.
#[derive(Clone, Debug)]
pub struct Section {
    /// What programs call it.
    pub key: &'static str,
    /// What people call it.
    pub title: &'static str,
    /// The names of the columns.
    pub columns: &'static [&'static str],
    /// The rows, each with as many cells as there are columns.
    pub rows: Vec<Vec<String>>,
    /// What is said where there is no row.
    pub note: &'static str,
}

const STYLE: &str = "body{max-width:72rem;margin:2rem auto;padding:0 1rem;font:1rem/1.5 system-ui;color-scheme:light dark}\
h2{margin:2rem 0 .5rem;font-size:1.2rem}table{border-collapse:collapse;width:100%}\
th,td{padding:.25rem .5rem;border:1px solid #8888;text-align:start;vertical-align:top;overflow-wrap:anywhere}";

impl Sheet {
    /// To be read in a terminal.
    pub fn to_text(&self) -> String {
        let mut text = format!("{}\nMade on {}\n", plain(&self.title), self.made_at);
        for section in &self.sections {
            let _ = write!(text, "\n{}\n", section.title);
            for row in &section.rows {
                let mut bullet = "- ";
                for (column, cell) in section.columns.iter().zip(row) {
                    // One column needs no name.
                    let name = if section.columns.len() == 1 {
                        String::new()
                    } else {
                        format!("{column}: ")
                    };
                    if !cell.is_empty() {
                        let _ = writeln!(text, "  {bullet}{name}{}", plain(cell));
                        bullet = "  ";
                    }
                }
            }
            if section.rows.is_empty() {
                let _ = writeln!(text, "  {}", section.note);
            }
        }
        text
    }

    /// For a program: each section as a list of objects.
    pub fn to_json(&self) -> Value {
        let object = |section: &Section, row: &Vec<String>| {
            let cells = section.columns.iter().zip(row);
            Value::Object(cells.map(|(name, cell)| ((*name).to_owned(), json!(cell))).collect())
        };
        let mut all = Map::new();
        all.insert("title".to_owned(), json!(self.title));
        all.insert("made_at".to_owned(), json!(self.made_at.to_string()));
        for section in &self.sections {
            let rows: Vec<Value> = section.rows.iter().map(|row| object(section, row)).collect();
            all.insert(section.key.to_owned(), Value::Array(rows));
        }
        Value::Object(all)
    }

    /// For a spreadsheet: one row a cell, so that all sections fit one table.
    pub fn to_csv(&self) -> String {
        let mut text = csv_row(["section", "row", "column", "value"]);
        for section in &self.sections {
            for (number, row) in (1..).zip(&section.rows) {
                let number: u32 = number;
                for (column, cell) in section.columns.iter().zip(row) {
                    text.push_str(&csv_row([section.key, &number.to_string(), column, cell]));
                }
            }
        }
        text
    }

    /// For a browser or a printer: whole in one file, without a script or a request to anybody.
    pub fn to_html(&self) -> String {
        let title = escape(&self.title);
        let mut html = format!(
            "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n\
             <style>{STYLE}</style>\n<h1>{title}</h1>\n<p>Made on {}</p>\n",
            self.made_at
        );
        for section in &self.sections {
            let _ = writeln!(html, "<h2>{}</h2>", escape(section.title));
            if section.rows.is_empty() {
                let _ = writeln!(html, "<p>{}</p>", escape(section.note));
                continue;
            }
            let head = section.columns.iter().map(|column| format!("<th>{column}"));
            let _ = writeln!(html, "<table>\n<tr>{}", head.collect::<String>());
            for row in &section.rows {
                let cells = row.iter().map(|cell| format!("<td>{}", escape(cell)));
                let _ = writeln!(html, "<tr>{}", cells.collect::<String>());
            }
            html.push_str("</table>\n");
        }
        html.push_str("</html>\n");
        html
    }
}

/// What a terminal would obey is shown, not obeyed.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
