//! What stands within a line: text, strong, emphasis, code, links. One pass for the marks, one for the tree.

use super::href::{self, Href};
use crate::limits::SAME_DIGITS;

/// A piece of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inline {
    /// Words.
    Text(String),
    /// Words of weight.
    Strong(Vec<Inline>),
    /// Words of stress.
    Em(Vec<Inline>),
    /// Words of a machine.
    Code(String),
    /// A link; `shows` is what stands after the label where the label doesn't say where it leads.
    Link {
        /// The words to press.
        label: String,
        /// Where it leads: `https:`, `http:`, `mailto:` or `tel:`, nothing else.
        href: String,
        /// The host or address, where the label hides it.
        shows: Option<String>,
    },
    /// A new line.
    Break,
}

/// The words of these pieces, for a screen reader.
pub(super) fn plain(inlines: &[Inline], out: &mut String) {
    for inline in inlines {
        match inline {
            Inline::Text(text) | Inline::Code(text) => out.push_str(text),
            Inline::Strong(inner) | Inline::Em(inner) => plain(inner, out),
            Inline::Link { label, .. } => out.push_str(label),
            Inline::Break => out.push('\n'),
        }
    }
}

/// Reads the pieces of a paragraph or an item.
pub(super) fn parse(text: &str) -> Vec<Inline> {
    let mut scanner = Scanner {
        text,
        at: 0,
        words: String::new(),
        tokens: Vec::new(),
        ahead: [Ahead::Unknown; 3],
    };
    while scanner.at < text.len() {
        scanner.step();
    }
    scanner.flush();
    let pairs = pair(&scanner.tokens);
    let mut tokens = scanner.tokens.into_iter().zip(pairs).enumerate();
    build(&mut tokens, None)
}

enum Token {
    Done(Inline),
    Mark(Mark),
}

#[derive(Clone, Copy)]
struct Mark {
    /// `**`, `*`, `__` or `_`. A kind never nests in itself, so a tree is at most four deep.
    kind: &'static str,
    opens: bool,
    closes: bool,
}

/// The next place of a byte, remembered so that a text of openers stays linear.
#[derive(Clone, Copy)]
enum Ahead {
    Unknown,
    At(usize),
    Nowhere,
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
    words: String,
    tokens: Vec<Token>,
    ahead: [Ahead; 3],
}

impl Scanner<'_> {
    fn byte(&self, at: usize) -> u8 {
        self.text.as_bytes().get(at).copied().unwrap_or(0)
    }

    fn step(&mut self) {
        let next = self.byte(self.at + 1);
        match self.byte(self.at) {
            b'\\' if next.is_ascii_punctuation() => {
                self.at += 1;
                self.take();
            }
            b'\n' => {
                self.push(Inline::Break);
                self.at += 1;
            }
            b'`' => self.code(),
            b'!' if next == b'[' => self.bracket(self.at + 1, true),
            b'[' => self.bracket(self.at, false),
            b'*' | b'_' => self.marks(),
            b'h' | b'H' => self.bare(),
            _ => self.take(),
        }
    }

    /// Takes one character as it is.
    fn take(&mut self) {
        if let Some(c) = self.text.get(self.at..).and_then(|rest| rest.chars().next()) {
            self.words.push(c);
            self.at += c.len_utf8();
        } else {
            self.at += 1;
        }
    }

    fn flush(&mut self) {
        if !self.words.is_empty() {
            let words = std::mem::take(&mut self.words);
            self.tokens.push(Token::Done(Inline::Text(words)));
        }
    }

    fn push(&mut self, inline: Inline) {
        self.flush();
        self.tokens.push(Token::Done(inline));
    }

    /// The first `needle` at or after `from`. For each needle, `from` only ever grows.
    fn find(&mut self, needle: u8, from: usize) -> Option<usize> {
        let slot = usize::from(needle == b']') + 2 * usize::from(needle == b')');
        match self.ahead[slot] {
            Ahead::At(at) if from <= at => return Some(at),
            Ahead::Nowhere => return None,
            _ => {}
        }
        let rest = self.text.as_bytes().get(from..).unwrap_or_default();
        let found = rest.iter().position(|b| *b == needle).map(|n| from + n);
        self.ahead[slot] = found.map_or(Ahead::Nowhere, Ahead::At);
        found
    }

    fn slice(&self, from: usize, to: usize) -> &str {
        self.text.get(from..to).unwrap_or_default()
    }

    fn code(&mut self) {
        match self.find(b'`', self.at + 1) {
            Some(end) if self.at + 1 < end => {
                let code = self.slice(self.at + 1, end).to_owned();
                self.push(Inline::Code(code));
                self.at = end + 1;
            }
            _ => self.take(),
        }
    }

    /// `[label](address)`, or the alternative text of an image as plain words.
    fn bracket(&mut self, open: usize, image: bool) {
        let Some(close) = self.find(b']', open + 1) else { return self.take() };
        if self.byte(close + 1) != b'(' {
            return self.take();
        }
        let Some(mut end) = self.find(b')', close + 2) else { return self.take() };
        // An address may hold brackets of its own: as many as it opens, it closes.
        let mut opened = self.slice(close + 2, end).bytes().filter(|b| *b == b'(').count();
        while 0 < opened && self.byte(end + 1) == b')' {
            end += 1;
            opened -= 1;
        }
        let label = self.slice(open + 1, close).replace(['*', '`', '\n'], "");
        let address = self.slice(close + 2, end);
        let href = if image || label.trim().is_empty() { None } else { href::check(address) };
        match href {
            Some(href) => self.push(link(label, href)),
            None => self.words.push_str(&label),
        }
        self.at = end + 1;
    }

    /// An address that stands in the text by itself.
    fn bare(&mut self) {
        let rest = self.slice(self.at, self.text.len());
        let alone = !self.slice(0, self.at).ends_with(in_word);
        let scheme = ["https://", "http://"]
            .into_iter()
            .find(|s| rest.get(..s.len()).is_some_and(|start| start.eq_ignore_ascii_case(s)));
        let (true, Some(scheme)) = (alone, scheme) else { return self.take() };
        let end = rest
            .find(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"' | '`' | '[' | ']'))
            .unwrap_or(rest.len());
        let address =
            rest[..end].trim_end_matches(['.', ',', ';', ':', '!', '?', ')', '\'', '*', '_']);
        let (href, taken) = (href::check(address), address.len());
        let words = address.to_owned();
        match href {
            Some(href) => self.push(link(words[scheme.len()..].to_owned(), href)),
            None => self.words.push_str(&words),
        }
        // What was refused is taken whole: nobody looks at it twice.
        self.at += taken.max(1);
    }

    /// A run of `*` or `_`: one is emphasis, two are strong, three are both, more are text.
    fn marks(&mut self) {
        let byte = self.byte(self.at);
        let run = self.text.as_bytes()[self.at..].iter().take_while(|b| **b == byte).count();
        let before = self.slice(0, self.at).chars().next_back().unwrap_or(' ');
        let after = self.slice(self.at + run, self.text.len()).chars().next().unwrap_or(' ');
        let free = byte == b'*' && run == 2;
        let opens = !after.is_whitespace() && (free || !in_word(before));
        let closes = !before.is_whitespace() && (free || !in_word(after));
        let [single, double] = if byte == b'*' { ["*", "**"] } else { ["_", "__"] };
        let kinds: &[&'static str] = match run {
            1 => &[single],
            2 => &[double],
            3 if closes && !opens => &[single, double],
            3 => &[double, single],
            _ => &[],
        };
        if kinds.is_empty() || !(opens || closes) {
            for _ in 0..run {
                self.take();
            }
            return;
        }
        self.flush();
        self.tokens.extend(kinds.iter().map(|kind| Token::Mark(Mark { kind, opens, closes })));
        self.at += run;
    }
}

fn link(label: String, href: Href) -> Inline {
    let told = tells(&label, &href.shows)
        || href.address.starts_with("tel:") && same_end(&label, &href.shows);
    Inline::Link { label, href: href.address, shows: (!told).then_some(href.shows) }
}

/// Whether the label begins with the host or address itself.
fn tells(label: &str, shows: &str) -> bool {
    label.get(..shows.len()).is_some_and(|start| start.eq_ignore_ascii_case(shows))
        && !label[shows.len()..]
            .starts_with(|c: char| in_word(c) || matches!(c, '.' | '-' | '@' | ':'))
}

/// Whether the label is the number, written in another way: the same last eight digits.
fn same_end(label: &str, number: &str) -> bool {
    let end = |text: &str| {
        text.bytes().rev().filter(u8::is_ascii_digit).take(SAME_DIGITS).collect::<Vec<u8>>()
    };
    let (label, number) = (end(label), end(number));
    label == number && label.len() == SAME_DIGITS
}

/// Whether a character belongs to a word. Beyond ASCII all do: the tables that know better weigh too much.
fn in_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || !(c.is_ascii() || c.is_whitespace())
}

/// For each token the place of the mark that ends it; itself where it is no opening mark.
fn pair(tokens: &[Token]) -> Vec<usize> {
    let mut pairs: Vec<usize> = (0..tokens.len()).collect();
    let mut open: Vec<(&str, usize)> = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let Token::Mark(mark) = token else { continue };
        let depth = open.iter().position(|(kind, _)| *kind == mark.kind);
        match depth {
            Some(depth) if mark.closes => {
                pairs[open[depth].1] = at;
                open.truncate(depth);
            }
            None if mark.opens => open.push((mark.kind, at)),
            _ => {}
        }
    }
    pairs
}

/// Builds the tree up to the mark at `end`.
fn build(
    tokens: &mut dyn Iterator<Item = (usize, (Token, usize))>,
    end: Option<usize>,
) -> Vec<Inline> {
    let mut out: Vec<Inline> = Vec::new();
    while let Some((at, (token, partner))) = tokens.next() {
        if Some(at) == end {
            break;
        }
        let piece = match token {
            Token::Done(inline) => inline,
            Token::Mark(mark) if at < partner => {
                let inner = build(tokens, Some(partner));
                if mark.kind.len() == 2 { Inline::Strong(inner) } else { Inline::Em(inner) }
            }
            Token::Mark(mark) => Inline::Text(mark.kind.to_owned()),
        };
        match (out.last_mut(), piece) {
            (Some(Inline::Text(last)), Inline::Text(more)) => last.push_str(&more),
            (_, piece) => out.push(piece),
        }
    }
    out
}
