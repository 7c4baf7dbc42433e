//! Rust source, read far enough to know what is code, what a comment, what a string, what a test and
//! where each function ends. Not a parser: it knows no types and no macros.

/// A source with its parts blanked out; all texts have the same lines, and offsets agree.
pub(super) struct Rust {
    /// Comments are spaces, the insides of strings are `_`.
    pub(super) code: String,
    /// The insides of strings are `_`; comments stand.
    pub(super) with_comments: String,
    /// For each line, whether it belongs to a `#[cfg(test)]` module.
    is_test: Vec<bool>,
    /// Each function.
    pub(super) functions: Vec<Function>,
}

/// A function with a body.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Function {
    /// Its name.
    pub(super) name: String,
    /// The line of `fn`, counted from 1.
    pub(super) line: usize,
    /// How many lines hold code, from `fn` to the closing brace.
    pub(super) length: usize,
}

impl Rust {
    /// Reads a source.
    pub(super) fn read(source: &str) -> Self {
        let mut blanker = Blanker { rest: source, ..Blanker::default() };
        while !blanker.rest.is_empty() {
            blanker.step();
        }
        let Blanker { code, with_comments, .. } = blanker;
        let is_test = test_lines(&code);
        let functions = functions(&code);
        Self { code, with_comments, is_test, functions }
    }

    /// Whether the line, counted from 1, belongs to a test module.
    pub(super) fn is_test(&self, line: usize) -> bool {
        self.is_test.get(line.saturating_sub(1)).copied().unwrap_or(false)
    }
}

#[derive(Default)]
struct Blanker<'a> {
    rest: &'a str,
    code: String,
    with_comments: String,
}

impl Blanker<'_> {
    fn step(&mut self) {
        let starts_word = !self.code.ends_with(|c: char| c.is_alphanumeric() || c == '_');
        if self.rest.starts_with("//") {
            self.comment(self.rest.find('\n').unwrap_or(self.rest.len()));
        } else if self.rest.starts_with("/*") {
            self.comment(block_comment(self.rest));
        } else if let Some((open, close)) = raw_string(self.rest).filter(|_| starts_word) {
            let end = self.rest[open..].find(&close).map(|at| open + at);
            self.string(open, end.unwrap_or(self.rest.len()), close.len());
        } else if self.rest.starts_with('"') {
            self.string(1, 1 + until_quote(&self.rest[1..]), 1);
        } else if let Some(end) = char_literal(self.rest) {
            self.string(1, end, 1);
        } else {
            let length = self.rest.chars().next().map_or(0, char::len_utf8);
            self.keep(length);
        }
    }

    fn keep(&mut self, length: usize) {
        let (kept, rest) = self.rest.split_at(length);
        self.code.push_str(kept);
        self.with_comments.push_str(kept);
        self.rest = rest;
    }

    fn comment(&mut self, length: usize) {
        let (comment, rest) = self.rest.split_at(length);
        self.code.push_str(&blank(comment, ' '));
        self.with_comments.push_str(comment);
        self.rest = rest;
    }

    fn string(&mut self, start: usize, end: usize, closing: usize) {
        self.keep(start);
        let (inside, rest) = self.rest.split_at(end - start);
        self.code.push_str(&blank(inside, '_'));
        self.with_comments.push_str(&blank(inside, '_'));
        self.rest = rest;
        self.keep(closing.min(self.rest.len()));
    }
}

/// The same number of bytes, with white space kept.
fn blank(text: &str, with: char) -> String {
    let blanked = |c: char| if c.is_ascii_whitespace() { c } else { with };
    text.chars().flat_map(|c| std::iter::repeat_n(blanked(c), c.len_utf8())).collect()
}

/// Block comments nest.
fn block_comment(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

/// The length of `r#"` and what closes it.
fn raw_string(text: &str) -> Option<(usize, String)> {
    let prefix = ["br", "cr", "r"].iter().find(|prefix| text.starts_with(**prefix))?;
    let after = &text[prefix.len()..];
    let hashes = after.len() - after.trim_start_matches('#').len();
    after[hashes..].starts_with('"').then(|| {
        let close = format!("\"{}", "#".repeat(hashes));
        (prefix.len() + hashes + 1, close)
    })
}

fn until_quote(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at,
            _ => {}
        }
    }
    text.len()
}

/// Where a character's closing quote is; `None` for a lifetime.
fn char_literal(text: &str) -> Option<usize> {
    let inside = text.strip_prefix('\'')?;
    let first = inside.chars().next()?;
    let end = if first == '\\' {
        let escaped = inside.chars().nth(1)?.len_utf8();
        1 + escaped + inside[1 + escaped..].find('\'')?
    } else {
        first.len_utf8()
    };
    inside[end..].starts_with('\'').then_some(1 + end)
}

fn test_lines(code: &str) -> Vec<bool> {
    let mut is_test = vec![false; code.lines().count()];
    for (at, _) in code.match_indices("#[cfg(test)]") {
        let Some(open) = code[at..].find(['{', ';']).map(|open| at + open) else { continue };
        let is_module = super::words_in(&code[at..open], "mod").next().is_some();
        if !is_module || code[open..].starts_with(';') {
            continue;
        }
        let close = open + braced(&code[open..]);
        for line in super::line_of(code, at)..=super::line_of(code, close) {
            if let Some(flag) = is_test.get_mut(line - 1) {
                *flag = true;
            }
        }
    }
    is_test
}

fn functions(code: &str) -> Vec<Function> {
    let mut functions = Vec::new();
    for at in super::words_in(code, "fn") {
        let rest = code[at + 2..].trim_start();
        let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        let Some(body) = body_start(&code[at..]).filter(|_| !name.is_empty()) else { continue };
        let end = at + body + braced(&code[at + body..]);
        let length = code[at..=end].lines().filter(|line| !line.trim().is_empty()).count();
        functions.push(Function { name, line: super::line_of(code, at), length });
    }
    functions
}

/// Where the body begins; `None` for a declaration without one.
fn body_start(code: &str) -> Option<usize> {
    let mut depth = 0_i32;
    for (at, c) in code.char_indices() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            '{' if depth == 0 => return Some(at),
            ';' | '}' if depth == 0 => return None,
            _ => {}
        }
    }
    None
}

/// The offset of the brace that closes the one at the beginning.
fn braced(code: &str) -> usize {
    let mut depth = 0_i32;
    for (at, c) in code.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => continue,
        }
        if depth == 0 {
            return at;
        }
    }
    code.len().saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_strings_are_blanked_and_lines_stay() {
        let source = "a(\"x // {\\\" y\"); // tail {\nb /* { /* n */ { */ c\nr#\"q \" {\"# d";
        let rust = Rust::read(source);
        assert_eq!(rust.code.len(), source.len());
        assert_eq!(rust.code.lines().count(), 3);
        assert!(!rust.code.contains('{') && !rust.code.contains("tail"), "{}", rust.code);
        assert!(rust.with_comments.contains("tail"));
        assert!(rust.code.contains(" c\n") && rust.code.ends_with("\"# d"), "{}", rust.code);
    }

    #[test]
    fn characters_are_told_from_lifetimes() {
        let rust = Rust::read("fn f<'a>(x: &'a str) { m('{', '\\'', '\\u{7b}', b'\"'); } 'é'");
        assert_eq!(rust.code.matches('{').count(), 1, "{}", rust.code);
        assert_eq!(rust.functions.len(), 1);
        assert!(rust.code.contains("<'a>(x: &'a str)"));
    }

    #[test]
    fn functions_are_measured_in_lines_of_code() {
        let source = "trait T { fn declared(&self) -> [u8; 3]; }\n\
                      fn measured(\n    a: [u8; 2],\n) {\n\n    // words\n    if a { b }\n}\nfn one() {}\n";
        let rust = Rust::read(source);
        let measured = Function { name: "measured".into(), line: 2, length: 5 };
        let one = Function { name: "one".into(), line: 9, length: 1 };
        assert_eq!(rust.functions, [measured, one]);
    }

    #[test]
    fn lines_of_a_test_module_are_known() {
        let rust = Rust::read("fn a() {}\n#[cfg(test)]\nmod tests {\n  fn b() {}\n}\nfn c() {}\n");
        let lines: Vec<bool> = (1..=6).map(|line| rust.is_test(line)).collect();
        assert_eq!(lines, [false, true, true, true, true, false]);
        assert!(!Rust::read("#[cfg(test)]\nmod tests;\nfn a() {}").is_test(3));
    }

    #[test]
    fn what_is_cut_off_ends_and_does_not_panic() {
        for source in [
            "\"a",
            "/* a",
            "r#\"a",
            "'",
            "'\\",
            "fn",
            "fn a(",
            "fn a() {",
            "'é",
            "#[cfg(test)] mod a {",
        ] {
            Rust::read(source);
        }
    }
}
