//! Lists of phrases that are looked for at each word of a text.

/// Phrases, written small, with what tells quickly that none of them stands at a place.
pub(in crate::redact) struct Phrases {
    pub(super) phrases: &'static [&'static str],
    /// A bit for each Latin letter with which one begins, and one for all else.
    initials: u32,
}

impl Phrases {
    pub(in crate::redact) const fn new(phrases: &'static [&'static str]) -> Self {
        let (mut initials, mut n) = (0, 0);
        while n < phrases.len() {
            initials |= initial(phrases[n].as_bytes()[0]);
            n += 1;
        }
        Self { phrases, initials }
    }

    pub(super) fn may_begin_with(&self, c: char) -> bool {
        let byte = if c.is_ascii() { c as u8 } else { u8::MAX };
        self.initials & initial(byte) != 0
    }
}

const fn initial(byte: u8) -> u32 {
    if byte.is_ascii_lowercase() { 1 << (byte - b'a') } else { 1 << 31 }
}
