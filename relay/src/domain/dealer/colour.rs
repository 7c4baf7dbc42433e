//! Colours of a dealer: read, and text on them made readable (E-06).

use protocol::dealer::Theme;

use crate::limits::MIN_CONTRAST;

/// Pure black: with any softer one there are grounds on which neither text can be read.
const BLACK: Colour = Colour([0x00; 3]);
const WHITE: Colour = Colour([0xff; 3]);
/// The darkest ground that the chat has in its light looks, a tint of a black accent, and the lightest in
/// its dark ones: what can be read there can be read on all others.
const LIGHT_GROUND: Colour = Colour([0xe2; 3]);
const DARK_GROUND: Colour = Colour([0x34, 0x3a, 0x42]);
/// How many steps lead from an accent to black or white.
const INK_STEPS: u16 = 64;

/// Red, green and blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour([u8; 3]);

impl Colour {
    /// Reads `#rrggbb`.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#')?;
        if digits.len() != 6 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        let part = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).ok();
        Some(Self([part(0)?, part(2)?, part(4)?]))
    }

    /// How far two colours stand apart in light: 1 for the same, 21 for black and white.
    pub fn contrast(self, other: Self) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// A colour in which text on this ground can be read: white where it can, black elsewhere.
    /// What white lacks black has, since their contrasts with a ground multiply to 21.
    #[must_use]
    pub fn readable_on(self) -> Self {
        if MIN_CONTRAST <= self.contrast(WHITE) { WHITE } else { BLACK }
    }

    /// This colour, moved towards black or white until it can be read on `ground`.
    #[must_use]
    fn ink_on(self, ground: Self, towards: Self) -> Self {
        let mixed = (0..INK_STEPS).map(|step| self.mixed(towards, step));
        mixed.into_iter().find(|ink| MIN_CONTRAST <= ink.contrast(ground)).unwrap_or(towards)
    }

    fn mixed(self, other: Self, step: u16) -> Self {
        let mix = |from: u8, to: u8| {
            let sum = u16::from(from) * (INK_STEPS - step) + u16::from(to) * step;
            u8::try_from(sum / INK_STEPS).unwrap_or(to)
        };
        let (from, to) = (self.0, other.0);
        Self([mix(from[0], to[0]), mix(from[1], to[1]), mix(from[2], to[2])])
    }

    /// Relative luminance after WCAG 2.2.
    fn luminance(self) -> f64 {
        let linear = |part: u8| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        let [red, green, blue] = self.0;
        0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
    }
}

/// The theme with the accent as the colour of words, which a pale or a deep one can't be as it is (E-06).
pub fn theme(theme: &Theme) -> Theme {
    let accent = theme.accent.as_deref().and_then(Colour::parse);
    let ink = |ground, towards| accent.map(|accent| accent.ink_on(ground, towards).to_string());
    Theme {
        ink_light: ink(LIGHT_GROUND, BLACK),
        ink_dark: ink(DARK_GROUND, WHITE),
        ..theme.clone()
    }
}

impl std::fmt::Display for Colour {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

#[cfg(test)]
mod tests;
