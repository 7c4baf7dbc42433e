//! Keys open what they sealed, where they sealed it, and nothing else.

use super::*;
use crate::{crypt::Column, random::SeededRandom};

fn key(seed: u64) -> Key {
    Key::draw(&SeededRandom::new(seed))
}

fn at<T>(row: &str, column: Column, work: impl FnOnce(&Place<'_>) -> T) -> T {
    let (dealer, conversation) =
        (DealerId::from_bytes(&[1; 16]), ConversationId::from_bytes(&[2; 16]));
    work(&Place { dealer: &dealer, conversation: &conversation, column, row })
}

fn sealed(text: &str) -> Vec<u8> {
    let random = SeededRandom::new(9);
    at("1", Column::MessageBody, |place| key(1).seal(&random, place, text).as_bytes().to_vec())
}

fn opened(key: &Key, sealed: &[u8]) -> Result<String, CryptError> {
    at("1", Column::MessageBody, |place| key.open(place, sealed))
}

#[test]
fn what_was_sealed_opens_again_and_is_nowhere_in_clear() {
    for text in ["", "Grüße, \u{1F697}", "\0", "canary canary"] {
        let sealed = sealed(text);
        assert_eq!(opened(&key(1), &sealed).as_deref(), Ok(text));
        assert_eq!(sealed.len(), 1 + NONCE_BYTES + text.len() + 16);
        assert!(text.is_empty() || !sealed.windows(text.len()).any(|part| part == text.as_bytes()));
    }
}

#[test]
fn the_same_words_are_sealed_differently_each_time() {
    let random = SeededRandom::new(3);
    let seal = || at("1", Column::MessageBody, |place| key(1).seal(&random, place, "yes"));
    assert_ne!(seal(), seal());
}

#[test]
fn it_opens_at_its_own_place_and_with_its_own_key_only() {
    let bytes = sealed("words");
    for (row, column) in [("2", Column::MessageBody), ("1", Column::ReplySnapshot)] {
        let moved = at(row, column, |place| key(1).open(place, &bytes));
        assert_eq!(moved, Err(CryptError::Damaged));
    }
    assert_eq!(opened(&key(2), &bytes), Err(CryptError::Damaged));
}

#[test]
fn no_flipped_bit_opens_and_no_cut_text() {
    let bytes = sealed("words");
    for bit in 8..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(opened(&key(1), &flipped), Err(CryptError::Damaged), "bit {bit}");
    }
    for len in 1..bytes.len() {
        assert_eq!(opened(&key(1), &bytes[..len]), Err(CryptError::Damaged), "{len} bytes");
    }
}

#[test]
fn what_is_in_clear_or_of_another_format_is_never_opened() {
    assert_eq!(opened(&key(1), b""), Err(CryptError::Empty));
    for format in [0, 1, 3, 0xff] {
        let found = opened(&key(1), &[&[format], b"words in clear".as_slice()].concat());
        assert_eq!(found, Err(CryptError::UnknownFormat(format)));
    }
}

#[test]
fn a_key_is_unwrapped_for_what_it_was_wrapped_for_only() {
    let (outer, inner, random) = (key(1), key(2), SeededRandom::new(4));
    let (ours, theirs) = (DealerId::from_bytes(&[1; 16]), DealerId::from_bytes(&[3; 16]));
    let conversation = ConversationId::from_bytes(&[2; 16]);
    let wrapped = outer.wrap(&random, &inner, For::Conversation(&ours, &conversation));
    let unwrapped = |what| outer.unwrap_key(wrapped.as_bytes(), what).map(|key| *key.expose());
    assert_eq!(unwrapped(For::Conversation(&ours, &conversation)), Ok(*inner.expose()));
    assert!(unwrapped(For::Conversation(&theirs, &conversation)).is_err());
    assert!(unwrapped(For::Dealer(&ours, conversation.as_str())).is_err());
    assert!(
        key(5).unwrap_key(wrapped.as_bytes(), For::Conversation(&ours, &conversation)).is_err()
    );
}

#[test]
fn neither_a_key_nor_a_sealed_text_is_ever_printed() {
    let random = SeededRandom::new(4);
    let sealed = at("1", Column::MessageBody, |place| key(1).seal(&random, place, "canary"));
    assert_eq!(format!("{:?} {sealed:?}", key(1)), "Key Sealed(47 bytes)");
}
