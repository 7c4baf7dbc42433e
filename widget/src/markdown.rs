//! The small Markdown subset of a reply as a tree; never HTML, never an image, no node of a page.
//!
//! Paragraphs, `-` and `1.` lists, headings (as strong paragraphs), fenced and inline code, strong,
//! emphasis and links. Whatever else stands in the text stays text. Total on any input, in linear time.

pub mod href;
mod inline;

pub use inline::Inline;

use crate::limits::MAX_LIST_DIGITS;

/// One block of a reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// A paragraph.
    Paragraph(Vec<Inline>),
    /// A list; `first` is the first number of an ordered one.
    List {
        /// The number of the first item; `None` for a list of dots.
        first: Option<u16>,
        /// The items.
        items: Vec<Vec<Inline>>,
    },
    /// Lines between two fences, as they are.
    Code(String),
}

/// Reads a reply. What turns the direction of words is left out: it could make the host behind a link read
/// like another one.
pub fn parse(text: &str) -> Vec<Block> {
    let turns = |c: &char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let text: String = text.chars().filter(|c| !turns(c)).collect();
    let mut reader = Reader::default();
    for line in text.lines() {
        reader.line(line);
    }
    reader.close();
    reader.blocks
}

/// What a screen reader is told: the words, without marks and without addresses (E-43).
pub fn plain_text(blocks: &[Block]) -> String {
    let mut out = String::new();
    for block in blocks {
        match block {
            Block::Paragraph(inlines) => {
                begin_line(&mut out);
                inline::plain(inlines, &mut out);
            }
            Block::List { items, .. } => {
                for item in items {
                    begin_line(&mut out);
                    inline::plain(item, &mut out);
                    if !out.ends_with(['.', '!', '?', ':', ';', '…']) {
                        out.push('.');
                    }
                }
            }
            Block::Code(code) => {
                begin_line(&mut out);
                out.push_str(code);
            }
        }
    }
    out
}

fn begin_line(out: &mut String) {
    if !out.is_empty() {
        out.push('\n');
    }
}

/// What the lines so far belong to.
#[derive(Default)]
enum Open {
    #[default]
    Nothing,
    Paragraph(String),
    List {
        first: Option<u16>,
        items: Vec<String>,
        /// A blank line came: only another item goes on with the list.
        loose: bool,
    },
    Fence(String),
}

#[derive(Default)]
struct Reader {
    blocks: Vec<Block>,
    open: Open,
}

impl Reader {
    fn line(&mut self, line: &str) {
        let trimmed = line.trim();
        if let Open::Fence(code) = &mut self.open {
            if trimmed.starts_with("```") {
                self.close();
            } else {
                begin_line(code);
                code.push_str(line);
            }
        } else if trimmed.is_empty() {
            self.blank();
        } else if trimmed.strip_prefix("```").is_some_and(|rest| !rest.contains('`')) {
            self.close();
            self.open = Open::Fence(String::new());
        } else if let Some(title) = heading(trimmed) {
            self.close();
            self.blocks.push(Block::Paragraph(vec![Inline::Strong(inline::parse(title))]));
        } else if let Some((first, rest)) = item(trimmed) {
            self.item(first, rest);
        } else {
            self.words(trimmed);
        }
    }

    fn blank(&mut self) {
        if let Open::List { loose, .. } = &mut self.open {
            *loose = true;
        } else {
            self.close();
        }
    }

    /// An item goes on with a list of its kind, or begins one.
    fn item(&mut self, number: Option<u16>, rest: &str) {
        match &mut self.open {
            Open::List { first, items, loose } if first.is_some() == number.is_some() => {
                items.push(rest.to_owned());
                *loose = false;
            }
            _ => {
                self.close();
                self.open =
                    Open::List { first: number, items: vec![rest.to_owned()], loose: false };
            }
        }
    }

    /// A line of words goes on with what is open, or begins a paragraph.
    fn words(&mut self, words: &str) {
        match &mut self.open {
            Open::Paragraph(text) => {
                text.push('\n');
                text.push_str(words);
            }
            Open::List { items, loose: false, .. } => {
                if let Some(last) = items.last_mut() {
                    last.push('\n');
                    last.push_str(words);
                }
            }
            _ => {
                self.close();
                self.open = Open::Paragraph(words.to_owned());
            }
        }
    }

    fn close(&mut self) {
        match std::mem::take(&mut self.open) {
            Open::Nothing => {}
            Open::Paragraph(text) => self.blocks.push(Block::Paragraph(inline::parse(&text))),
            Open::List { first, items, .. } => {
                let items = items.iter().map(|item| inline::parse(item)).collect();
                self.blocks.push(Block::List { first, items });
            }
            Open::Fence(code) if code.is_empty() => {}
            Open::Fence(code) => self.blocks.push(Block::Code(code)),
        }
    }
}

/// The words of a heading: one to six `#` and a space.
fn heading(line: &str) -> Option<&str> {
    let rest = line.trim_start_matches('#');
    let level = line.len() - rest.len();
    let title = rest.strip_prefix(' ')?.trim();
    ((1..=6).contains(&level) && !title.is_empty()).then_some(title)
}

/// The number and the words of a list item.
fn item(line: &str) -> Option<(Option<u16>, &str)> {
    for mark in ["- ", "* ", "+ ", "• "] {
        if let Some(rest) = line.strip_prefix(mark) {
            return Some((None, rest.trim_start()));
        }
    }
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    if digits == 0 || MAX_LIST_DIGITS < digits {
        return None;
    }
    let (number, rest) = line.split_at(digits);
    let rest = rest.strip_prefix(['.', ')'])?.strip_prefix(' ')?;
    Some((Some(number.parse().ok()?), rest.trim_start()))
}

#[cfg(test)]
mod tests;
