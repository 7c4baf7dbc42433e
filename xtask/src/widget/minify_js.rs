//! JavaScript without comments, indentation and needless line ends. No name is changed: brotli makes
//! most of what is left of it, and no tool of another ecosystem is needed for a build.
//!
//! It reads tokens, not grammar. Whether `/` begins a regular expression is told by the token before
//! it; after `)` or `}` it is taken for a division, so an expression there needs a name first.

/// After these words a `/` begins a regular expression.
const BEFORE_REGEX: [&str; 12] = [
    "await",
    "case",
    "delete",
    "do",
    "else",
    "in",
    "instanceof",
    "new",
    "return",
    "typeof",
    "void",
    "yield",
];

/// The script, smaller, with the same meaning.
pub(super) fn javascript(source: &str) -> String {
    let mut scanner = Scanner { source: source.chars().collect(), ..Scanner::default() };
    while scanner.at < scanner.source.len() {
        scanner.step();
    }
    scanner.out
}

#[derive(Default)]
struct Scanner {
    source: Vec<char>,
    at: usize,
    out: String,
    /// White space was skipped since the last token.
    gap: Gap,
    /// The last token, if it was a word or a number.
    word: String,
    /// Open braces; `true` for one that a template will go on after.
    braces: Vec<bool>,
}

#[derive(Clone, Copy, Default, PartialEq, PartialOrd)]
enum Gap {
    #[default]
    None,
    Space,
    Line,
}

impl Scanner {
    fn step(&mut self) {
        let c = self.source[self.at];
        let next = self.source.get(self.at + 1).copied();
        match (c, next) {
            ('/', Some('/')) => self.skip_line_comment(),
            ('/', Some('*')) => self.skip_block_comment(),
            ('/', _) if self.regex_may_begin() => self.copy_regex(),
            ('"' | '\'', _) => self.copy_string(c),
            ('`', _) => self.copy_template(),
            ('}', _) if self.braces.pop() == Some(true) => self.copy_template(),
            _ if c.is_whitespace() => {
                self.widen(if c == '\n' { Gap::Line } else { Gap::Space });
                self.at += 1;
            }
            _ if in_word(c) => self.copy_word(),
            _ => {
                if c == '{' {
                    self.braces.push(false);
                }
                self.copy(self.at + 1);
            }
        }
    }

    fn widen(&mut self, gap: Gap) {
        if self.gap < gap {
            self.gap = gap;
        }
    }

    fn skip_line_comment(&mut self) {
        while self.at < self.source.len() && self.source[self.at] != '\n' {
            self.at += 1;
        }
        self.widen(Gap::Space);
    }

    fn skip_block_comment(&mut self) {
        let rest = &self.source[self.at + 2..];
        let length = rest.windows(2).position(|pair| pair == ['*', '/']).map(|length| length + 2);
        let body = &rest[..length.unwrap_or(rest.len())];
        let gap = if body.contains(&'\n') { Gap::Line } else { Gap::Space };
        self.at += 2 + body.len();
        self.widen(gap);
    }

    fn regex_may_begin(&self) -> bool {
        if !self.word.is_empty() {
            return BEFORE_REGEX.contains(&self.word.as_str());
        }
        !self.out.ends_with([')', ']', '}', '"', '\'', '`'])
    }

    fn copy_regex(&mut self) {
        let mut end = self.at + 1;
        let mut in_class = false;
        while let Some(&c) = self.source.get(end) {
            match c {
                '\\' => end += 1,
                '[' => in_class = true,
                ']' => in_class = false,
                '/' | '\n' if !in_class => break,
                _ => {}
            }
            end += 1;
        }
        self.copy(end + 1);
        // What follows is divided by, not matched.
        self.word = "regex".into();
    }

    fn copy_string(&mut self, quote: char) {
        let mut end = self.at + 1;
        while let Some(&c) = self.source.get(end)
            && c != quote
            && c != '\n'
        {
            end += if c == '\\' { 2 } else { 1 };
        }
        self.copy(end + 1);
    }

    /// Copies from a back quote, or from the brace that ends a placeholder, to the next of either.
    fn copy_template(&mut self) {
        let mut end = self.at + 1;
        while let Some(&c) = self.source.get(end) {
            end += 1;
            match c {
                '\\' => end += 1,
                '`' => break,
                '$' if self.source.get(end) == Some(&'{') => {
                    end += 1;
                    self.braces.push(true);
                    break;
                }
                _ => {}
            }
        }
        self.copy(end);
    }

    fn copy_word(&mut self) {
        let rest = &self.source[self.at..];
        let length = rest.iter().position(|c| !in_word(*c)).unwrap_or(rest.len());
        let word: String = rest[..length].iter().collect();
        self.copy(self.at + length);
        self.word = word;
    }

    /// Copies up to `end`, after the gap that is needed.
    fn copy(&mut self, end: usize) {
        let end = end.min(self.source.len());
        let token = &self.source[self.at..end];
        if let (Some(last), Some(&first)) = (self.out.chars().next_back(), token.first()) {
            match self.gap {
                Gap::Line if line_end_matters(last, first) => self.out.push('\n'),
                Gap::Line | Gap::Space if space_matters(last, first) => self.out.push(' '),
                _ => {}
            }
        }
        self.out.extend(token);
        self.at = end;
        self.gap = Gap::None;
        self.word.clear();
    }
}

fn in_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '$' | '#' | '\\')
}

/// Whether a statement could end here without a semicolon.
fn line_end_matters(last: char, first: char) -> bool {
    let goes_on = matches!(
        last,
        '{' | '(' | '[' | ',' | ';' | '=' | '&' | '|' | '?' | ':' | '<' | '>' | '%' | '^' | '~'
    );
    !goes_on && !matches!(first, '}' | ')' | ']' | ',' | ';' | '.' | '?' | ':' | '=')
}

fn space_matters(last: char, first: char) -> bool {
    (in_word(last) && in_word(first))
        || (last.is_ascii_digit() && first == '.')
        || matches!(
            (last, first),
            ('+', '+') | ('-', '-' | '>') | ('/', '/' | '*') | ('<', '!') | ('*', '/')
        )
}

#[cfg(test)]
mod tests {
    use super::javascript;

    #[test]
    fn comments_indentation_and_needless_line_ends_go() {
        let source = "// a\nfunction f( a , b ) {\n  /* x\n y */ return a + b;\n}\n\nf( 1, 2 );\n";
        assert_eq!(javascript(source), "function f(a,b){return a+b;}\nf(1,2);");
    }

    #[test]
    fn strings_are_copied_as_they_are() {
        let source = r#"a = "// not /* a */ comment \" '"; b = 'it\'s  //'"#;
        assert_eq!(javascript(source), r#"a="// not /* a */ comment \" '";b='it\'s  //'"#);
    }

    #[test]
    fn templates_are_copied_and_what_is_placed_in_them_is_read() {
        let source = "x = `a  // b ${ f( { c : `  ${ d }` } ) /* e */ }  \\` g`; // h";
        assert_eq!(javascript(source), "x=`a  // b ${f({c:`  ${d}`})}  \\` g`;");
    }

    #[test]
    fn regular_expressions_are_told_from_divisions() {
        assert_eq!(javascript("a = /[/\"'] \\/ x/g ; b"), "a=/[/\"'] \\/ x/g;b");
        assert_eq!(javascript("return /  \"/.test( x )"), "return/  \"/.test(x)");
        assert_eq!(javascript("a = b / c; d = e / f"), "a=b/c;d=e/f");
        assert_eq!(javascript("a = ( b ) / c // \"d"), "a=(b)/c");
        assert_eq!(javascript("x.match( /a  b/ )[ 0 ] / 2 // y"), "x.match(/a  b/)[0]/2");
    }

    #[test]
    fn a_statement_may_end_with_its_line() {
        assert_eq!(javascript("a = 1\nb = 2\nreturn\nc"), "a=1\nb=2\nreturn\nc");
        assert_eq!(javascript("a\n++b\nx\n[0]"), "a\n++b\nx\n[0]");
        assert_eq!(javascript("class A {\n  x\n  *g() {}\n}"), "class A{x\n*g(){}}");
        assert_eq!(javascript("f()\n  .then( g )\n  ?.h"), "f().then(g)?.h");
        assert_eq!(javascript("a /* line\n */ b"), "a\nb");
    }

    #[test]
    fn spaces_that_mean_something_stay() {
        assert_eq!(javascript("a + +b - -c - --d"), "a+ +b- -c- --d");
        assert_eq!(javascript("1 .toString( )"), "1 .toString()");
        assert_eq!(javascript("a < ! --b"), "a< !--b");
        assert_eq!(javascript("if ( #x in y ) { }"), "if(#x in y){}");
        assert_eq!(javascript("let  größe = typeof  x"), "let größe=typeof x");
    }

    #[test]
    fn what_is_cut_off_ends_and_does_not_panic() {
        for source in ["/*", "/* a", "\"a", "'\\", "`a${", "`\\", "/a[", "a = /b\\", "}", "//", "/"]
        {
            javascript(source);
        }
    }

    #[test]
    fn a_small_script_stays_the_same() {
        let once =
            javascript("export class A { #p = 1; get  p() { return this.#p / 2 } }\nnew A\n");
        assert_eq!(javascript(&once), once);
    }
}
