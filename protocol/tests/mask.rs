//! Numbers that have no business in a chat are masked, and nothing else is (B-52, B-55, A-T5o).

use proptest::prelude::*;
use protocol::mask::masked;

/// Numbers that are given out for tests or fit their check digits and are nobody's.
const SECRETS: [(&str, &str); 40] = [
    ("4111111111111111", "[CARD]"),
    ("4111 1111 1111 1111", "[CARD]"),
    ("4111-1111-1111-1111", "[CARD]"),
    ("4111.1111.1111.1111", "[CARD]"),
    ("5555555555554444", "[CARD]"),
    ("2223 0000 4841 0010", "[CARD]"),
    ("3782 822463 10005", "[CARD]"),
    ("378282246310005", "[CARD]"),
    ("3056 930902 5904", "[CARD]"),
    ("6011111111111117", "[CARD]"),
    ("4111  1111  1111  1111", "[CARD]"),
    ("6759 6498 2643 8453", "[CARD]"),
    ("٤١١١ ١١١١ ١١١١ ١١١١", "[CARD]"),
    ("４１１１１１１１１１１１１１１１", "[CARD]"),
    ("4111\u{200b}1111\u{200b}1111\u{200b}1111", "[CARD]"),
    ("4111\u{a0}1111\u{a0}1111\u{a0}1111", "[CARD]"),
    ("4111–1111–1111–1111", "[CARD]"),
    ("GB82 WEST 1234 5698 7654 32", "[IBAN]"),
    ("GB82WEST12345698765432", "[IBAN]"),
    ("gb82 west 1234 5698 7654 32", "[IBAN]"),
    ("DE89 3704 0044 0532 0130 00", "[IBAN]"),
    ("FR14 2004 1010 0505 0001 3M02 606", "[IBAN]"),
    ("IE29 AIBK 9311 5212 3456 78", "[IBAN]"),
    ("NO93 8601 1117 947", "[IBAN]"),
    ("SA03 8000 0000 6080 1016 7519", "[IBAN]"),
    ("12-34-56 12345678", "[BANK]"),
    ("12-34-56, account 12345678", "[BANK]"),
    ("12‑34‑56 / 12345678", "[BANK]"),
    ("AB 12 34 56 C", "[ID]"),
    ("AB123456C", "[ID]"),
    ("QQ 12 34 56 A", "[ID]"),
    ("ab123456d", "[ID]"),
    ("JG-10-37-59-A", "[ID]"),
    ("MORGA657054SM9IJ", "[ID]"),
    ("MORGA 657054 SM9IJ", "[ID]"),
    ("MORGA657054SM9IJ 35", "[ID]"),
    ("morga657054sm9ij", "[ID]"),
    ("FO999 512315 A99AB", "[ID]"),
    ("O9999 962200 J99ZZ", "[ID]"),
    ("MORGA 607054 SM9IJ 12", "[ID]"),
];

/// What stands before and after.
const CONTEXTS: [(&str, &str); 9] = [
    ("", ""),
    ("My number is ", "."),
    ("(", ")"),
    ("1. ", "\nThanks!"),
    ("بطاقتي ", "، شكرا"),
    ("هل تقبل ", "؟"),
    ("", "؛"),
    ("我的卡号是", "。"),
    ("„", "“ – ok?"),
];

#[test]
fn numbers_of_cards_accounts_and_papers_are_masked_wherever_they_stand() {
    for (secret, mask) in SECRETS {
        for (before, after) in CONTEXTS {
            let text = format!("{before}{secret}{after}");
            assert_eq!(masked(&text), format!("{before}{mask}{after}"), "{text}");
        }
    }
}

#[test]
fn some_numbers_are_known_by_the_words_before_them() {
    for (text, wanted) in [
        ("sort code 123456", "sort code [BANK]"),
        ("Sort code: 12 34 56, account number: 12345678", "Sort code: [BANK]"),
        ("account number 12345678", "account number [BANK]"),
        ("a/c no. 12345678 please", "a/c no. [BANK] please"),
        ("My passport number is 123456789", "My passport number is [ID]"),
        ("Reisepass C01X00T47", "Reisepass [ID]"),
        ("Reisepassnummer: C01234567", "Reisepassnummer: [ID]"),
        ("Passport: AB1234567", "Passport: [ID]"),
        ("رقم جواز السفر: A12345678", "رقم جواز السفر: [ID]"),
    ] {
        assert_eq!(masked(text), wanted, "{text}");
    }
}

#[test]
fn what_stands_around_several_numbers_stays_as_it_is() {
    let text =
        "Card 4111 1111 1111 1111, or IBAN DE89370400440532013000 – für „Jo“ 🚗, NI AB123456C";
    let wanted = "Card [CARD], or IBAN [IBAN] – für „Jo“ 🚗, NI [ID]";
    assert_eq!(masked(text), wanted);
}

#[test]
fn what_people_say_of_cars_stays() {
    for text in [
        "It has about 112300 miles",
        "quite 112300 miles, under 110300 miles",
        "It was at 120000 a year ago",
        "I can come on 14-03-26 a.m.",
        "km 185000 a 7500 euro",
        "Golf with A/C, stock 20231145",
        "What sort of 125000 mile service?",
        "any sort of £125000 Porsche",
        "MOT until 22-11-26, stock 20231145",
        "Honda Passport, stock 20231145",
        "Your account manager quoted 20231145",
        "+4915112345678",
        "+378282246310005",
        "A Golf from 2017 2018 2019 2020?",
        "Is the Qashqai with 22,100 miles still £12,995?",
        "Call me on 07700 900123 or +44 20 7946 0958",
        "Tel. 030/1234567-8, +49 (0)30 12345678",
        "AB12 CDE, VIN WBA8E9C50GK644112, stock AA-10432",
        "VIN VF15RFL0H51234567 from 2019-03-14",
        "Stock 20231145 is 4 x 4, 1.5 litre, 148 bhp",
        "2019 1200 4500 1300",
        "We came on 22-11-26 at 10:30 with 3 people",
        "Order 4111 1111 1111 1112",
        "4111111111111111a",
        "x4111111111111111",
        "My account is not open yet, I have 1500 pounds",
        "The sort of car: 3-5 doors",
        "GB82 WEST 1234 5698 7654 33",
        "https://harbour.example/stock/4111111111111112",
        "0123456789012345678901234567890123456789",
        "",
    ] {
        assert_eq!(masked(text), text);
    }
}

/// Sentences of a dealer's stock, each with figures of its own.
fn stock_sentence() -> impl Strategy<Value = String> {
    let parts = (
        prop::sample::select(vec![
            "Nissan Qashqai",
            "VW Golf",
            "Škoda Octavia",
            "BMW 320d",
            "Fiat 500",
        ]),
        2008..2027_u32,
        500..140_000_u32,
        900..60_000_u32,
        "[A-Z]{2}[0-9]{2} [A-Z]{3}",
        "[A-Z]{2}-[0-9]{5,6}",
        "[A-HJ-NPR-Z]{3}[A-HJ-NPR-Z0-9]{6}[0-9]{8}",
        "07[0-9]{3} [0-9]{6}",
    );
    parts.prop_map(|(car, year, miles, price, plate, stock, vin, phone)| {
        let day = format!("{:02}-{:02}-{:02}", miles % 28 + 1, miles % 12 + 1, year % 100);
        let number = 20_000_000 + u64::from(miles) * 7;
        let forms = [
            format!("{car} {year}, {miles} miles, £{price}, {plate}, stock {stock}, VIN {vin}"),
            format!("Call {phone} about the {car}, Mon-Fri 08:30-18:00, built {day}"),
            format!("It has about {miles} miles, quite {miles} after a year, at {price} a month"),
            format!("{car} with A/C, stock {number}, MOT until {day}, sort of {price}"),
            format!(
                "From {year} {} {} {}, {miles} km a {price} euro",
                year - 1,
                year - 2,
                year - 3
            ),
            format!("+49151{number}, +44{}, 0044 7{}", 7_000_000_000 + number, number * 9),
            format!("On {day} a visit, {day} at {price}; passport blue {stock}"),
        ];
        forms.join(". ")
    })
}

/// Pieces of which such numbers and the words for them are made.
const PIECES: [&str; 14] = [
    "account",
    "account number",
    "sort code",
    "passport",
    "12-34-56",
    "12345678",
    "123456789",
    " ",
    ", ",
    "a",
    "4111 1111",
    "1111 1111",
    "GB82WEST12345698765432",
    "AB123456C",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn no_sentence_of_a_dealers_stock_is_masked(text in stock_sentence()) {
        prop_assert_eq!(masked(&text), text.as_str());
    }

    #[test]
    fn no_text_makes_it_panic_and_what_is_masked_stays_so(
        noise in "[ 0-9A-Da-dW٠-٩.,–\u{200b}\u{a0}🚗\n-]{0,60}",
        pieces in prop::collection::vec(prop::sample::select(PIECES.to_vec()), 0..12),
        secret in prop::sample::select(SECRETS.to_vec()),
    ) {
        let pieces = pieces.join(" ");
        for text in [noise.clone(), pieces.clone(), format!("{noise} {} {pieces}", secret.0)] {
            let once = masked(&text).into_owned();
            prop_assert_eq!(masked(&once), once.as_str());
            prop_assert!(once.chars().count() <= text.chars().count());
        }
    }
}
