//! Characters as they are read: one kind of space, of dash and of digit.

pub(super) fn lower(c: char) -> char {
    c.to_lowercase().next().unwrap_or(c)
}

/// A character as it is read.
pub(in crate::redact) fn plain(c: char) -> char {
    match c {
        ' '..='~' | '\n' => c,
        '\t' | '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => ' ',
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' => '-',
        '\u{2018}' | '\u{2019}' | '\u{2bc}' => '\'',
        '\u{fe6b}' => '@',
        '\u{3002}' | '\u{ff61}' => '.',
        // Wide letters, digits and signs.
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        c => digit(c).map_or(c, char::from),
    }
}

/// A digit of Latin or Arabic script, as ASCII.
pub(in crate::redact) fn digit(c: char) -> Option<u8> {
    let zero = match c {
        '0'..='9' => 0x30,
        '\u{660}'..='\u{669}' => 0x660,
        '\u{6f0}'..='\u{6f9}' => 0x6f0,
        _ => return None,
    };
    u8::try_from(u32::from(c) - zero).ok().map(|value| b'0' + value)
}
