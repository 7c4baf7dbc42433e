//! Tests of passages.

use proptest::prelude::*;

use super::*;

fn document(title: &str, text: &str) -> Document {
    Document { name: "a.md".into(), title: title.into(), url: None, text: text.into() }
}

fn found(text: &str) -> Vec<(String, String)> {
    split(&document("Doc", text)).into_iter().map(|piece| (piece.title(), piece.text)).collect()
}

fn owned(title: &str, text: &str) -> (String, String) {
    (title.into(), text.into())
}

#[test]
fn a_section_is_a_passage_with_its_path() {
    assert_eq!(
        found("# Doc\nIntro.\n\n## Part\n- one\n- two"),
        [owned("Doc", "Intro."), owned("Doc › Part", "- one\n- two")]
    );
}

#[test]
fn questions_and_answers_are_passages_of_their_own() {
    let text = "Intro.\n\nQ: Do you deliver?\nA: Yes, up to 50 miles.\nMore is extra.\n\nQ: Two\nQ: in a row?\nA: One answer.";
    assert_eq!(
        found(text),
        [
            owned("Doc", "Intro."),
            owned("Doc › Do you deliver?", "Yes, up to 50 miles.\nMore is extra."),
            owned("Doc › Two in a row?", "One answer."),
        ]
    );
}

#[test]
fn a_long_section_is_cut_at_paragraphs_and_loses_nothing() {
    let text = "This paragraph has some words in it.\n\n".repeat(40);
    let found = found(&text);
    assert!(1 < found.len());
    let all: Vec<&str> = found.iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!(all.join("\n\n"), text.trim_end());
    assert!(found.iter().all(|(_, text)| text.chars().count() <= PASSAGE_CHARS));
}

#[test]
fn sentences_end_where_sentences_end() {
    assert_eq!(
        sentences("Open at 9. Closed on 1. January. See z. B. there! Why? Yes"),
        ["Open at 9. Closed on 1. January. ", "See z. B. there! ", "Why? ", "Yes",]
    );
}

proptest! {
    #[test]
    fn no_word_is_lost_and_no_passage_is_too_long(text in "([a-z]{1,12}[.!]? ?\n{0,2}){0,400}") {
        let pieces = split(&document("", &text));
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>().concat();
        let all: String = pieces.iter().map(|piece| piece.text.as_str()).collect::<Vec<_>>().join(" ");
        prop_assert_eq!(words(&all), words(&text));
        prop_assert!(pieces.iter().all(|piece| piece.text.chars().count() <= PASSAGE_CHARS));
    }
}
