//! What follows where something goes wrong: the disk, the dealer, the client.

use super::*;

#[test]
fn a_reply_that_could_not_be_kept_is_asked_for_again_until_it_is() {
    let mut session = open();
    session.handle(recorded(1, Some(reply(1))), T0);
    let unkept = || Event::Ended { reply: reply(1), kept: Err(Refusal::StorageFull) };
    let words = Event::Words { reply: reply(1), offset: 0, text: "Twölf ".to_owned() };
    session.handle(words, T0);
    let effects = session.handle(unkept(), T0);
    assert_eq!(refusals(&effects), ["StorageFull"]);
    let named = |effect: &Effect| match effect {
        Effect::Send(ServerMessage::Failed(failure)) => failure.reply_id.clone(),
        _ => None,
    };
    assert_eq!(effects.iter().find_map(named), Some(reply(1)), "it is the reply that waits");
    let due = session.deadline().unwrap();
    assert_eq!(due, T0 + UNKEPT_RETRY);
    let again = session.handle(Event::Tick, due);
    let from = |r: &ReplyId, offset: u64| *r == reply(1) && offset == 6;
    assert!(matches!(again.as_slice(), [Effect::Follow { reply: r, offset }] if from(r, *offset)));
    assert!(session.handle(unkept(), due).is_empty(), "the visitor knows already");
    let effects = session.handle(ended(1, 2), due);
    let told = &effects[0];
    assert!(matches!(told, Effect::Send(ServerMessage::Done { .. })), "{told:?}");
}

#[test]
fn a_stop_meets_the_reply_that_it_names_or_the_one_that_is_being_written_and_no_other() {
    let mut session = open();
    let stop = |reply_id| Event::Frame(ClientMessage::Stop { reply_id });
    assert_eq!(refusals(&session.handle(stop(None), T0)), ["NoSuchReply"]);
    session.handle(recorded(1, Some(reply(1))), T0);
    session.handle(recorded(2, Some(reply(2))), T0);
    for (named, stopped) in [(None, 1), (Some(reply(1)), 1), (Some(reply(2)), 2)] {
        let effects = session.handle(stop(named), T0);
        assert!(matches!(effects.as_slice(), [Effect::StopReply(r)] if *r == reply(stopped)));
    }
    session.handle(ended(1, 3), T0);
    let late = session.handle(stop(Some(reply(1))), T0);
    assert_eq!(refusals(&late), ["NoSuchReply"], "the next one goes on");
}

#[test]
fn while_the_relay_stops_nothing_is_tried_again() {
    let mut session = open();
    session.handle(recorded(1, None), T0);
    session.handle(Event::Stopping, T0);
    let again = Event::Frame(ClientMessage::Retry { reply_id: reply(1) });
    assert_eq!(refusals(&session.handle(again, T0)), ["Restarting"]);
}

#[test]
fn a_conversation_that_ended_in_mid_reply_is_told_as_that_and_not_as_trouble() {
    let mut session = open();
    session.handle(recorded(1, Some(reply(1))), T0);
    let gone = Event::Ended { reply: reply(1), kept: Err(Refusal::ConversationEnded) };
    assert_eq!(refusals(&session.handle(gone, T0)), ["ConversationEnded"]);
    assert_eq!(session.deadline(), Some(T0 + HEARTBEAT));
}

#[test]
fn a_site_whose_dealer_is_gone_is_told_and_closed_for_good() {
    let mut session = open();
    session.handle(say(1), T0);
    let closed = Event::Recorded { client_msg_id: id(1), outcome: Err(Refusal::SiteClosed) };
    assert_eq!(refusals(&session.handle(closed, T0)), ["UnknownSite", "close UnknownSite"]);
}

#[test]
fn frames_of_a_newer_client_are_refused_and_end_no_chat() {
    let mut session = open();
    for _ in 0..2 * MAX_BAD_FRAMES {
        let effects = session.handle(Event::BadFrame(BadFrame::UnknownType), T0);
        assert_eq!(refusals(&effects), ["BadFrame"]);
    }
    assert!(matches!(session.handle(say(1), T0).as_slice(), [Effect::Record { .. }]));
}

#[test]
fn a_hello_of_another_version_or_without_a_key_is_told_why_whatever_else_it_says() {
    let cases = [
        (BadFrame::OtherVersion, ["UnsupportedVersion", "close UnsupportedVersion"]),
        (BadFrame::NoSiteKey, ["UnknownSite", "close UnknownSite"]),
    ];
    for (bad, told) in cases {
        assert_eq!(refusals(&Session::new(T0).handle(Event::BadFrame(bad), T0)), told);
    }
}

#[test]
fn a_hint_that_could_not_be_followed_makes_the_client_come_back() {
    let mut session = open();
    assert_eq!(refusals(&session.handle(Event::Unreadable, T0)), ["close Internal"]);
}
