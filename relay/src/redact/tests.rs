//! Tests of the redactor: what goes in each mode, what stays, and what is the same twice.

use proptest::prelude::*;

use super::*;

fn redacted(mode: Redaction, text: &str) -> String {
    Redactor::new(mode).said(text).text().to_owned()
}

#[test]
fn each_mode_takes_out_what_it_says() {
    let text = "I'm Sam Miller, 12 Quay Street, Harbourtown HB1 1AA, born 12/03/1985, jo@example.org, \
                07700 900123, reg AB12 CDE, postcode EH1 1YZ, card 4111 1111 1111 1111.";
    for (mode, expected) in [
        (Redaction::Off, text.replace("4111 1111 1111 1111", "[CARD]")),
        (
            Redaction::Balanced,
            "I'm Sam Miller, [ADDRESS_1], born [BIRTH_DATE_1], [EMAIL_1], [PHONE_1], reg AB12 CDE, \
             postcode EH1 1YZ, card [CARD]."
                .to_owned(),
        ),
        (
            Redaction::Strict,
            "I'm [NAME_1], [ADDRESS_1], born [BIRTH_DATE_1], [EMAIL_1], [PHONE_1], reg [PLATE_1], \
             postcode [POSTCODE_1], card [CARD]."
                .to_owned(),
        ),
    ] {
        assert_eq!(redacted(mode, text), expected);
    }
}

#[test]
fn a_value_has_the_same_placeholder_through_all_turns_of_a_prompt() {
    let mut redactor = Redactor::new(Redaction::Balanced);
    let turns = [
        (Role::User, redactor.said("Call 07700 900123 or 0131 496 0123")),
        (Role::Assistant, redactor.answered("We will call 07700 900123.")),
        (Role::User, redactor.said("Rather +44 (0)131 496-0123")),
    ];
    let (prompt, originals) = redactor.prompt(Clean::ours("Be short."), turns.to_vec());
    let said: Vec<&str> = prompt.messages().iter().map(PromptMessage::text).collect();
    assert_eq!(
        said,
        ["Call [PHONE_1] or [PHONE_2]", "We will call [PHONE_1].", "Rather [PHONE_2]"]
    );
    let mut restorer = Restorer::new(originals);
    let seen = restorer.push("I have [PHONE_2] and [PHONE_3]".to_owned());
    assert_eq!(seen, "I have 0131 496 0123 and [PHONE_3]");
}

#[test]
fn what_was_masked_for_good_never_comes_back() {
    let mut redactor = Redactor::new(Redaction::Strict);
    let asked = redactor.said("My card is 4111 1111 1111 1111, passport 123456789");
    assert_eq!(asked.text(), "My card is [CARD], passport [ID]");
    let (_, originals) = redactor.prompt(Clean::default(), vec![(Role::User, asked)]);
    let mut restorer = Restorer::new(originals);
    let answer = "I can't keep [CARD] or [CARD_1] or [ID]";
    assert_eq!(restorer.push(answer.to_owned()), answer);
}

#[test]
fn prices_cars_and_years_stay() {
    for text in [
        "£12,995 for 45,000 miles",
        "Stock AA-10432, 1.5 litre, 2019",
        "AB12 CDE @ 9 am",
        "0.9 litres in 2021 for 15 000 km",
        "a@b",
        "Open 09.00 - 12.30 / 13.30 - 18.00 from 01.02.2026",
        "VIN 0FAHP3K29CL123456, order no. 00451287690",
    ] {
        assert_eq!(redacted(Redaction::Balanced, text), text);
    }
}

#[test]
fn nothing_of_a_value_is_printed() {
    let mut redactor = Redactor::new(Redaction::Balanced);
    let asked = redactor.said("jo@example.org");
    let printed = format!("{redactor:?} {asked:?}");
    let (prompt, originals) = redactor.prompt(Clean::default(), vec![(Role::User, asked)]);
    let restorer = Restorer::new(originals.clone());
    assert!(!format!("{printed} {prompt:?} {originals:?} {restorer:?}").contains("example"));
}

/// Pieces of which texts are made that come near to what is looked for.
const PIECES: [&str; 44] = [
    "jo",
    "@",
    ".",
    "example",
    "org",
    " at ",
    " dot ",
    "[at]",
    "(",
    ")",
    "+44",
    "0",
    "07700",
    " 900123",
    "-",
    "/",
    " ",
    "\n",
    "born ",
    "on ",
    "12",
    "March",
    "1985",
    "EH1",
    "1YZ",
    "Street",
    "house no",
    "AB12",
    "CDE",
    "reg ",
    "My name is ",
    "I'm ",
    "Sam",
    "von",
    "اسمي ",
    "٠٧",
    "𝟕",
    "\u{200b}",
    "\u{200f}",
    "[",
    "]",
    "[EMAIL_1]",
    "passport ",
    "4111111111111111",
];

proptest! {
    #[test]
    fn no_text_makes_it_panic_and_what_is_redacted_stays_so(text in "[ -~äß٠-٩+@.\u{a0}\u{200b}-\u{200f}🚗𝟎-𝟗०-९\n]{0,120}") {
        for mode in Redaction::ALL {
            let once = redacted(mode, &text);
            prop_assert_eq!(redacted(mode, &once), once);
        }
    }

    #[test]
    fn the_same_for_texts_in_any_script(text in ".{0,200}") {
        for mode in Redaction::ALL {
            let once = redacted(mode, &text);
            prop_assert_eq!(redacted(mode, &once), once);
        }
        let mut originals = Originals::default();
        originals.placeholder(kind::Kind::Email, &text);
        prop_assert_eq!(Restorer::new(originals).push("[EMAIL_1]".to_owned()), text);
    }

    #[test]
    fn the_same_for_texts_that_come_near(pieces in prop::collection::vec(prop::sample::select(PIECES.to_vec()), 0..40)) {
        for mode in Redaction::ALL {
            let once = redacted(mode, &pieces.concat());
            prop_assert_eq!(redacted(mode, &once), once);
        }
    }

    #[test]
    fn whatever_is_taken_out_of_a_text_comes_back(pieces in prop::collection::vec(prop::sample::select(PIECES.to_vec()), 0..40)) {
        // Without links, and without what is masked for good or looks like a placeholder.
        let text = pieces.concat().replace("://", "").replace(['[', ']'], "");
        let text = clean::visible(&text).into_owned();
        let mut redactor = Redactor::new(Redaction::Strict);
        let asked = redactor.said(&text);
        if ["[CARD]", "[ID]", "[BANK]", "[IBAN]"].iter().any(|mask| asked.text().contains(mask)) {
            return Ok(());
        }
        let mut restorer = Restorer::new(redactor.prompt(Clean::default(), Vec::new()).1);
        let mut back = restorer.push(asked.text().to_owned());
        back.push_str(&restorer.finish());
        // The first spelling of a value stands for its others.
        let letters = |text: &str| text.to_lowercase().chars().filter(|c| c.is_alphabetic()).collect::<String>();
        prop_assert_eq!(letters(&back), letters(&text));
    }
}
