//! Words that may be sent to a provider, as a type: our instructions, what the dealer has published,
//! and what a redactor has been over. There is no way from any other text to one.

use std::borrow::Cow;

/// Words that may be sent to a provider.
///
/// What a person wrote becomes one by a [`Redactor`](super::Redactor) alone. Instructions stand in
/// the program:
///
/// ```
/// let clean = relay::redact::Clean::ours("Be short.");
/// ```
///
/// Words that came in are none:
///
/// ```compile_fail,E0597
/// let came_in = String::from("Call me on 07700 900123");
/// let clean = relay::redact::Clean::ours(&came_in);
/// ```
///
/// and there is no other way in:
///
/// ```compile_fail,E0423
/// let clean = relay::redact::Clean(String::from("Call me on 07700 900123"));
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Clean(String);

/// Prints how much, never the words.
impl std::fmt::Debug for Clean {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Clean({} chars)", self.chars())
    }
}

impl Clean {
    /// Words of this program.
    pub fn ours(words: &'static str) -> Self {
        Self(words.to_owned())
    }

    /// What the dealer has published: its facts and its documents, cut to so many characters. They
    /// hold its own contact details, which a visitor may ask for.
    pub fn published(text: &str, max_chars: usize) -> Self {
        let visible = visible(text);
        let end = visible.char_indices().nth(max_chars).map_or(visible.len(), |(end, _)| end);
        Self::data(&visible[..end])
    }

    /// Words of this program with values in the place of `{name}`. A value is never searched for
    /// names itself.
    pub fn filled(template: &'static str, values: &[(&str, &Self)]) -> Self {
        let mut text = String::with_capacity(template.len() + 64);
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            text.push_str(before);
            let Some((name, after)) = after.split_once('}') else { break };
            let value = values.iter().find(|(known, _)| *known == name);
            text.push_str(value.map_or("", |(_, value)| &value.0));
            rest = after;
        }
        text.push_str(rest);
        Self(text)
    }

    /// Adds more of them.
    pub fn push(&mut self, more: &Self) {
        self.0.push_str(&more.0);
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many characters they are.
    pub fn chars(&self) -> usize {
        self.0.chars().count()
    }

    /// Data: no `<` of it can end its block or begin another (C-60).
    pub(super) fn data(text: &str) -> Self {
        let mut out = String::with_capacity(text.len());
        for c in text.chars() {
            match c {
                '<' | '＜' | '﹤' => out.push_str("&lt;"),
                c => out.push(c),
            }
        }
        Self(out)
    }

    pub(super) fn into_string(self) -> String {
        self.0
    }

    #[cfg(test)]
    pub(crate) fn text(&self) -> &str {
        &self.0
    }
}

/// A text as a person sees it: without what shows nothing, which would hide from a person what a
/// model reads, and from a finder what it looks for. Digits of scripts that the mask before storage
/// does not read become 0 to 9.
pub(super) fn visible(text: &str) -> Cow<'_, str> {
    let is_plain = |c: char| !is_hidden(c) && folded(c) == c;
    if text.is_ascii() && !text.bytes().any(|byte| is_hidden(char::from(byte))) {
        return Cow::Borrowed(text);
    }
    if text.chars().all(is_plain) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().filter(|c| !is_hidden(*c)).map(folded).collect())
}

/// Whether a character shows nothing.
fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{0}'..='\u{8}' | '\u{b}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{ad}'
        | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// The first digits of scripts whose digits the mask does not read.
const ZEROS: [u32; 20] = [
    0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6, 0xe50, 0xed0,
    0xf20, 0x1040, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1bb0,
];

fn folded(c: char) -> char {
    let code = u32::from(c);
    if code < 0x7c0 {
        return c;
    }
    let value = match code {
        // Digits for formulas, in five hands.
        0x1d7ce..=0x1d7ff => Some((code - 0x1d7ce) % 10),
        _ => ZEROS.iter().find_map(|zero| code.checked_sub(*zero).filter(|value| *value < 10)),
    };
    value.and_then(|value| char::from_digit(value, 10)).unwrap_or(c)
}
