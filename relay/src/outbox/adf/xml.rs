//! XML that naive readers take, too: ASCII alone, each other character as a reference, no line that mail
//! would have to break (D-05, D-11).

/// The longest line, in bytes; mail breaks at 998.
const LINE_MAX: usize = 800;

/// A document that is being written. Elements are closed by whoever opens them.
#[derive(Debug)]
pub(super) struct Xml {
    text: String,
    depth: usize,
}

impl Xml {
    /// The head of a document, with a further instruction.
    pub(super) fn begin(instruction: &str) -> Self {
        let head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
        Self { text: format!("{head}{instruction}\n"), depth: 0 }
    }

    /// An element that has others in it.
    pub(super) fn open(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.tag(name, attributes);
        self.text.push('\n');
        self.depth += 1;
    }

    /// The end of such an element.
    pub(super) fn close(&mut self, name: &str) {
        self.depth = self.depth.saturating_sub(1);
        self.indent();
        self.end_tag(name);
    }

    /// An element that has text in it.
    pub(super) fn leaf(&mut self, name: &str, attributes: &[(&str, &str)], content: &str) {
        self.tag(name, attributes);
        self.content(content);
        self.end_tag(name);
    }

    /// The whole document.
    pub(super) fn end(self) -> String {
        self.text
    }

    fn indent(&mut self) {
        self.text.extend(std::iter::repeat_n("  ", self.depth));
    }

    fn tag(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.indent();
        self.text.push('<');
        self.text.push_str(name);
        for (key, value) in attributes {
            self.text.push(' ');
            self.text.push_str(key);
            self.text.push_str("=\"");
            value.chars().for_each(|c| self.character(c));
            self.text.push('"');
        }
        self.text.push('>');
    }

    fn end_tag(&mut self, name: &str) {
        self.text.push_str("</");
        self.text.push_str(name);
        self.text.push_str(">\n");
    }

    /// A line that grows too long ends at its next space, and at its limit where it has none.
    fn content(&mut self, content: &str) {
        for c in content.replace("\r\n", "\n").chars() {
            let begin = self.text.rfind('\n').map_or(0, |at| at + 1);
            let length = self.text.len() - begin;
            match c {
                '\r' => self.text.push('\n'),
                ' ' if LINE_MAX * 3 / 4 < length => self.text.push('\n'),
                c => {
                    if LINE_MAX < length && c != '\n' {
                        self.text.push('\n');
                    }
                    self.character(c);
                }
            }
        }
    }

    /// One character; what XML 1.0 has no place for is shown as one that can't be shown.
    fn character(&mut self, c: char) {
        match c {
            '&' => self.text.push_str("&amp;"),
            '<' => self.text.push_str("&lt;"),
            '>' => self.text.push_str("&gt;"),
            '"' => self.text.push_str("&quot;"),
            '\n' | '\t' | ' '..='~' => self.text.push(c),
            c if is_legal(c) => {
                self.text.push_str("&#");
                self.text.push_str(&u32::from(c).to_string());
                self.text.push(';');
            }
            _ => self.text.push_str("&#65533;"),
        }
    }
}

/// Whether XML 1.0 has the character (its production 2), and readers agree on it.
fn is_legal(c: char) -> bool {
    !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}') && u32::from(c) & 0xfffe != 0xfffe
}
