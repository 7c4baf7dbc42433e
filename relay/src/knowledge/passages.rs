//! A document becomes passages: sections of Markdown, pairs of question and answer, or paragraphs
//! of plain text, none longer than a reader takes in at once. Pure.

use crate::{
    domain::document::Document,
    knowledge::markdown::{Section, sections},
    limits::{PASSAGE_CHARS, SOURCE_TITLE_CHARS},
};

/// A passage before it is indexed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The titles above it, `›` between them.
    pub above: String,
    /// Its own heading or question; empty where it has none.
    pub heading: String,
    /// Its words.
    pub text: String,
}

impl Piece {
    /// What it is called as a source: `Warranty › What is covered`.
    pub fn title(&self) -> String {
        shorten(&match (self.above.is_empty(), self.heading.is_empty()) {
            (_, true) => self.above.clone(),
            (true, false) => self.heading.clone(),
            (false, false) => format!("{} › {}", self.above, self.heading),
        })
    }
}

/// A title as long as a frame and a reader can take.
pub fn shorten(title: &str) -> String {
    match title.char_indices().nth(SOURCE_TITLE_CHARS) {
        None => title.to_owned(),
        Some(_) => title.chars().take(SOURCE_TITLE_CHARS - 1).chain(['…']).collect(),
    }
}

/// The passages of a document, in its order.
pub fn split(document: &Document) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for section in sections(&document.title, &document.text) {
        let Section { above, heading, text } = section;
        if has_pairs(&text) {
            let above = Piece { above, heading, text: String::new() }.title();
            for (question, answer) in pairs(&text) {
                cut(&above, &question, &answer, &mut pieces);
            }
        } else {
            cut(&above, &heading, &text, &mut pieces);
        }
    }
    pieces
}

/// Cuts a text at its paragraphs and lines so that each passage fits.
fn cut(above: &str, heading: &str, text: &str, pieces: &mut Vec<Piece>) {
    let mut part = String::new();
    let mut part_chars = 0;
    let mut push = |part: &mut String| {
        let text = part.trim();
        if !text.is_empty() {
            let (above, heading) = (above.to_owned(), heading.to_owned());
            pieces.push(Piece { above, heading, text: text.to_owned() });
        }
        part.clear();
    };
    for paragraph in text.split_inclusive("\n\n") {
        let paragraph_chars = paragraph.chars().count();
        if PASSAGE_CHARS < part_chars + paragraph_chars {
            push(&mut part);
            part_chars = 0;
        }
        if paragraph_chars <= PASSAGE_CHARS {
            part.push_str(paragraph);
            part_chars += paragraph_chars;
            continue;
        }
        for unit in units(paragraph) {
            let unit_chars = unit.chars().count();
            if PASSAGE_CHARS < part_chars + unit_chars {
                push(&mut part);
                part_chars = 0;
            }
            part.push_str(unit);
            part_chars += unit_chars;
        }
    }
    push(&mut part);
}

/// The lines of a paragraph, long lines as sentences, endless sentences as pieces that fit.
pub fn units(text: &str) -> Vec<&str> {
    let mut units = Vec::new();
    for line in text.split_inclusive('\n') {
        for sentence in sentences(line) {
            let mut rest = sentence;
            while let Some((at, _)) = rest.char_indices().nth(PASSAGE_CHARS) {
                let (head, tail) = rest.split_at(at);
                units.push(head);
                rest = tail;
            }
            units.push(rest);
        }
    }
    units
}

/// The sentences of a line: each ends with its mark and the space after it. A mark after a digit
/// or a single letter ends none: "1. January", "z. B.".
fn sentences(line: &str) -> Vec<&str> {
    let mut sentences = Vec::new();
    let mut start = 0;
    let mut word_chars = 0;
    let mut has_ended = false;
    let mut before = ' ';
    for (at, c) in line.char_indices() {
        if has_ended && c.is_whitespace() {
            has_ended = false;
            let end = at + c.len_utf8();
            sentences.push(&line[start..end]);
            start = end;
        } else {
            let is_mark = matches!(c, '.' | '!' | '?' | '؟' | '。');
            has_ended = is_mark && 1 < word_chars && !before.is_ascii_digit();
        }
        word_chars = if c.is_alphanumeric() { word_chars + 1 } else { 0 };
        before = c;
    }
    if start < line.len() {
        sentences.push(&line[start..]);
    }
    sentences
}

/// Whether a text is written as questions and answers.
fn has_pairs(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim_start);
    lines.by_ref().any(|line| mark(line, QUESTION).is_some())
        && lines.any(|line| mark(line, ANSWER).is_some())
}

const QUESTION: [&str; 4] = ["Q:", "**Q:**", "F:", "س:"];
const ANSWER: [&str; 4] = ["A:", "**A:**", "A :", "ج:"];

fn mark<'a>(line: &'a str, marks: [&str; 4]) -> Option<&'a str> {
    marks.iter().find_map(|mark| line.strip_prefix(mark)).map(str::trim)
}

/// The questions of a text with their answers; what stands before the first question is one too,
/// without words.
fn pairs(text: &str) -> Vec<(String, String)> {
    let mut pairs: Vec<(String, String)> = vec![(String::new(), String::new())];
    let mut is_question = false;
    for line in text.lines() {
        let bare = line.trim_start();
        if let Some(question) = mark(bare, QUESTION) {
            // Two questions in a row share the answer that follows.
            match pairs.last_mut() {
                Some((before, answer)) if is_question && answer.is_empty() => {
                    before.push(' ');
                    before.push_str(question);
                }
                _ => pairs.push((question.to_owned(), String::new())),
            }
            is_question = true;
            continue;
        }
        let Some((question, answer)) = pairs.last_mut() else { continue };
        if let Some(words) = mark(bare, ANSWER) {
            is_question = false;
            answer.push_str(words);
        } else if is_question && !bare.is_empty() {
            question.push(' ');
            question.push_str(bare);
        } else {
            answer.push('\n');
            answer.push_str(line);
        }
    }
    pairs
}

#[cfg(test)]
#[path = "passages_tests.rs"]
mod tests;
