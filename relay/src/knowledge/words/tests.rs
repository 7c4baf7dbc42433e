//! Words as they are looked up.

use proptest::prelude::*;

use super::*;

fn words(text: &str) -> Vec<String> {
    let word = |token| if let Token::Word(word) = token { Some(word) } else { None };
    tokens(text, "en").into_iter().filter_map(word).collect()
}

fn joined(text: &str) -> Vec<String> {
    let joined = |token| if let Token::Joined(word) = token { Some(word) } else { None };
    tokens(text, "en").into_iter().filter_map(joined).collect()
}

#[test]
fn numbers_stay_whole() {
    assert_eq!(
        words("£7,995 7.995 1.5 1,5 2019 0.125"),
        ["7995", "7995", "1.5", "1.5", "2019", "0.125"]
    );
    assert_eq!(words("24.12.2026"), ["24", "12", "2026"]);
}

#[test]
fn names_with_digits_are_found_however_they_are_written() {
    for text in ["AA-10432", "aa10432", "AA 10432"] {
        let all = [words(text), joined(text)].concat();
        assert!(all.contains(&"aa10432".to_owned()), "{text}: {all:?}");
    }
    for text in ["ID.3", "ID 3", "id3"] {
        assert!([words(text), joined(text)].concat().contains(&"id3".to_owned()), "{text}");
    }
    assert!(joined("AB12 CDE").contains(&"ab12cde".to_owned()));
}

#[test]
fn punctuation_and_apostrophes_fall_away() {
    assert_eq!(
        words("What's the dealer’s part-exchange?"),
        ["what", "the", "dealer", "part", "exchange"]
    );
    assert!(words("… ?! ' . - ").is_empty());
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "[ -~äß٠-٩.,'/\u{300}سé🚗\n-]{0,80}") {
        for language in ["en", "de", "ar"] {
            prop_assert!(tokens(&text, language).len() <= 3 * text.chars().count());
        }
    }
}
