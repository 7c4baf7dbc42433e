//! Any change of what was hashed is seen.

use super::*;

const FACTS: MessageFacts<'_> = MessageFacts {
    dealer: "dlr_1",
    conversation: "cnv_1",
    seq: 1,
    author_kind: "visitor",
    client_msg_id: Some("a"),
    reply_id: None,
    body: b"words",
    at: 7,
    finish: None,
    generator: None,
    sources: None,
    offer: None,
};

#[test]
fn every_fact_and_every_message_before_changes_the_hash() {
    let first = FACTS.after(None);
    let others = [
        MessageFacts { dealer: "dlr_2", ..FACTS }.after(None),
        MessageFacts { conversation: "cnv_2", ..FACTS }.after(None),
        MessageFacts { seq: 2, ..FACTS }.after(None),
        MessageFacts { author_kind: "human", ..FACTS }.after(None),
        MessageFacts { client_msg_id: None, ..FACTS }.after(None),
        MessageFacts { client_msg_id: None, reply_id: Some("a"), ..FACTS }.after(None),
        MessageFacts { body: b"word", ..FACTS }.after(None),
        MessageFacts { at: 8, ..FACTS }.after(None),
        MessageFacts { finish: Some(""), ..FACTS }.after(None),
        MessageFacts { generator: Some(""), ..FACTS }.after(None),
        MessageFacts { sources: Some(""), ..FACTS }.after(None),
        MessageFacts { offer: Some(""), ..FACTS }.after(None),
        FACTS.after(Some(&first)),
    ];
    for (place, other) in others.iter().enumerate() {
        assert_ne!(*other, first, "{place}");
        assert!(!others[place + 1..].contains(other), "{place}");
    }
    assert_eq!(FACTS.after(None), first);
}

#[test]
fn a_text_is_hashed_as_the_database_holds_it() {
    assert_eq!(Digested::of("x").text("a\0b").end(), Digested::of("x").text("ab").end());
    assert_ne!(
        Digested::of("x").text("ab").text("c").end(),
        Digested::of("x").text("a").text("bc").end()
    );
}
