//! Colours that can be read.

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

#[test]
fn an_accent_that_can_be_read_is_the_ink_as_it_is() {
    let own = Theme { accent: Some("#0b4c6a".to_owned()), ..Theme::default() };
    assert_eq!(theme(&own).ink_light.as_deref(), Some("#0b4c6a"));
    assert_eq!(theme(&Theme::default()), Theme::default());
}

proptest! {
    #[test]
    fn words_in_any_accent_are_readable_on_light_and_on_dark(accent: [u8; 3]) {
        let own = Theme { accent: Some(Colour(accent).to_string()), ..Theme::default() };
        let theme = theme(&own);
        let ink = |ink: Option<String>| Colour::parse(&ink.unwrap()).unwrap();
        for ground in [LIGHT_GROUND, WHITE] {
            prop_assert!(MIN_CONTRAST <= ink(theme.ink_light.clone()).contrast(ground));
        }
        for ground in [DARK_GROUND, BLACK] {
            prop_assert!(MIN_CONTRAST <= ink(theme.ink_dark.clone()).contrast(ground));
        }
    }

    #[test]
    fn text_is_readable_on_any_ground(ground: [u8; 3]) {
        let ground = Colour(ground);
        prop_assert!(MIN_CONTRAST <= ground.contrast(ground.readable_on()));
    }
}
