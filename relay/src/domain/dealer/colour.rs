//! Colours of a dealer: read, and text on them made readable (E-06).

use crate::limits::MIN_CONTRAST;

/// Pure black: with any softer one there are grounds on which neither text can be read.
const BLACK: Colour = Colour([0x00; 3]);
const WHITE: Colour = Colour([0xff; 3]);

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

impl std::fmt::Display for Colour {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_contrast_of_black_and_white_is_twenty_one() {
        let (black, white) = (Colour([0; 3]), Colour([255; 3]));
        assert!((black.contrast(white) - 21.0).abs() < 1e-9);
        assert!((white.contrast(white) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn only_six_hexadecimal_digits_are_a_colour() {
        assert_eq!(Colour::parse("#0b5c7A").map(|c| c.to_string()).as_deref(), Some("#0b5c7a"));
        for bad in ["", "#fff", "0b5c7a", "#0b5c7g", "red", "#0b5c7a00", "#+b5c7a", "#é5c7a"] {
            assert_eq!(Colour::parse(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn text_is_readable_on_any_ground(ground: [u8; 3]) {
            let ground = Colour(ground);
            prop_assert!(MIN_CONTRAST <= ground.contrast(ground.readable_on()));
        }
    }
}
