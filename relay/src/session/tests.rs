//! The session as a table of what follows from what: no socket, no store, no clock.

mod trouble;

use std::{sync::Arc, time::Duration};

use protocol::{
    ClientMessage, ClientMsgId, CloseReason, ConversationId, Epoch, FailureCode, Message, ReplyId,
    ServerMessage, SessionToken,
    client::{Hello, Resume},
    dealer::{Contact, DealerView, Notice, Theme},
    lead::LeadForm,
    limits::HELLO_TIMEOUT_MS,
    server::Resumed,
};

use super::{
    Session,
    bad::BadFrame,
    effect::Effect,
    event::{Ended, Event, Found, FoundConversation, FoundSite, Kept, Missed, Refusal},
    pace::Paces,
};
use crate::{
    clock::Timestamp,
    domain::dealer::{Dealer, file::DealerFile},
    domain::retention::Bounds,
    limits::{
        DEAD_AFTER, FRAME_BURST, HEARTBEAT, IDLE_CLOSE, MAX_BAD_FRAMES, MAX_SLOW_DOWNS,
        UNKEPT_RETRY,
    },
    random::SeededRandom,
};

const T0: Duration = Duration::from_secs(1_000);

fn dealer() -> Dealer {
    let file = include_str!("../../../examples/dealer.toml");
    let read = DealerFile::read("dealer.toml", file, &Bounds::default());
    read.unwrap_or_else(|problems| panic!("{problems}")).into_dealer(None, &SeededRandom::new(1))
}

pub(crate) fn view() -> DealerView {
    DealerView {
        name: "First Cars".to_owned(),
        assistant: "AI assistant of First Cars".to_owned(),
        privacy_url: "https://cars.example/privacy".to_owned(),
        notice: Notice {
            version: "v1".to_owned(),
            lang: "en".to_owned(),
            text: "An AI answers.".to_owned(),
            details: Vec::new(),
        },
        greeting: "Hello.".to_owned(),
        suggestions: Vec::new(),
        contact: Contact::default(),
        theme: Theme::default(),
        lead_form: LeadForm::default(),
    }
}

fn id(n: u8) -> ClientMsgId {
    ClientMsgId::from_bytes(&[n; 16])
}

fn reply(n: u8) -> ReplyId {
    ReplyId::from_bytes(&[n; 16])
}

fn conversation() -> ConversationId {
    ConversationId::from_bytes(&[5; 16])
}

fn hello(resume: Option<Resume>) -> Hello {
    let site_key = dealer().sites[0].key.clone();
    Hello { protocol: 1, site_key, resume, locale: "en".to_owned(), build: String::new() }
}

fn found(conversation: Option<FoundConversation>) -> Event {
    Event::Found(Found::Site(Box::new(FoundSite {
        dealer: Arc::new(dealer()),
        view: Arc::new(view()),
        epoch: Epoch::from_bytes(&[1; 16]),
        fresh_token: SessionToken::from_bytes(&[2; 32]),
        paces: Paces::per_minute(30),
        conversation,
    })))
}

fn open() -> Session {
    let mut session = Session::new(T0);
    session.handle(Event::Frame(ClientMessage::Hello(hello(None))), T0);
    session.handle(found(None), T0);
    session
}

fn say(n: u8) -> Event {
    Event::Frame(ClientMessage::Say { client_msg_id: id(n), text: format!("question {n}") })
}

fn recorded(n: u8, answer: Option<ReplyId>) -> Event {
    Event::Recorded {
        client_msg_id: id(n),
        outcome: Ok(Kept {
            conversation: conversation(),
            seq: u64::from(n),
            at: Timestamp::from_millis(1),
            expires_at: Timestamp::from_millis(2),
            reply: answer,
        }),
    }
}

pub(crate) fn answer(seq: u64) -> Message {
    Message {
        seq,
        author_kind: protocol::AuthorKind::Ai,
        text: "An answer.".to_owned(),
        at: 1,
        client_msg_id: None,
        reply_id: None,
        finish: Some(protocol::Finish::Complete),
        generator: None,
        sources: Vec::new(),
        offer: protocol::Offer::None,
    }
}

fn ended(n: u8, seq: u64) -> Event {
    let ended = Ended { message: answer(seq), expires_at: Timestamp::from_millis(2) };
    Event::Ended { reply: reply(n), kept: Ok(Box::new(ended)) }
}

/// The refusals and closes among effects, in words.
fn refusals(effects: &[Effect]) -> Vec<String> {
    effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Send(ServerMessage::Failed(failure)) => Some(format!("{:?}", failure.code)),
            Effect::Close(reason) => Some(format!("close {reason:?}")),
            _ => None,
        })
        .collect()
}

#[test]
fn a_socket_that_says_nothing_is_closed_when_its_time_is_up() {
    let mut session = Session::new(T0);
    let just_before = T0 + Duration::from_millis(HELLO_TIMEOUT_MS - 1);
    assert!(session.handle(Event::Tick, just_before).is_empty());
    let due = session.deadline().unwrap();
    assert_eq!(refusals(&session.handle(Event::Tick, due)), ["close HelloTimeout"]);
    assert!(session.deadline().is_none());
}

#[test]
fn nothing_but_hello_opens_a_session() {
    for event in [say(1), Event::BadFrame(BadFrame::Shape), Event::Frame(ClientMessage::Ping)] {
        let effects = Session::new(T0).handle(event, T0);
        assert_eq!(refusals(&effects), ["HelloRequired", "close Protocol"]);
    }
}

#[test]
fn a_version_that_nobody_speaks_is_refused_before_anything_is_read() {
    let mut session = Session::new(T0);
    let old = Hello { protocol: 0, ..hello(None) };
    let effects = session.handle(Event::Frame(ClientMessage::Hello(old)), T0);
    assert_eq!(refusals(&effects), ["UnsupportedVersion", "close UnsupportedVersion"]);
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Find(_))));
}

#[test]
fn an_unknown_site_is_final_and_a_store_that_can_not_read_is_not() {
    for (nothing, reason) in
        [(Found::NoSite, CloseReason::UnknownSite), (Found::Unavailable, CloseReason::Internal)]
    {
        let mut session = Session::new(T0);
        session.handle(Event::Frame(ClientMessage::Hello(hello(None))), T0);
        let effects = session.handle(Event::Found(nothing), T0);
        assert!(effects.iter().any(|e| matches!(e, Effect::Close(r) if *r == reason)));
    }
}

#[test]
fn a_place_from_another_incarnation_or_beyond_the_end_means_nothing() {
    let resume = |epoch: u8, after_seq| Resume {
        token: SessionToken::from_bytes(&[2; 32]),
        epoch: Epoch::from_bytes(&[epoch; 16]),
        after_seq,
        reply: None,
    };
    let place = |resume| super::greeting::place(&resume, &Epoch::from_bytes(&[1; 16]), 4);
    assert_eq!(place(resume(1, 4)), (Resumed::Complete, 4));
    assert_eq!(place(resume(1, 0)), (Resumed::Complete, 0));
    assert_eq!(place(resume(1, 5)), (Resumed::Incomplete, 0));
    assert_eq!(place(resume(9, 2)), (Resumed::Incomplete, 0));
}

#[test]
fn words_are_kept_before_they_are_acknowledged_and_followed_by_their_reply() {
    let mut session = open();
    let effects = session.handle(say(1), T0);
    assert!(matches!(effects.as_slice(), [Effect::Record { .. }]), "{effects:?}");
    let effects = session.handle(recorded(1, Some(reply(1))), T0);
    let [Effect::Send(ServerMessage::Accepted { seq: 1, .. }), Effect::Follow { offset: 0, .. }] =
        effects.as_slice()
    else {
        panic!("{effects:?}")
    };
}

#[test]
fn what_was_not_kept_is_never_acknowledged() {
    for refusal in [
        Refusal::ConversationEnded,
        Refusal::ConversationFull,
        Refusal::StorageFull,
        Refusal::StorageUnavailable,
        Refusal::TooManyUnanswered,
        Refusal::DealerTooFast(5),
    ] {
        let mut session = open();
        session.handle(say(1), T0);
        let refused = Event::Recorded { client_msg_id: id(1), outcome: Err(refusal) };
        let effects = session.handle(refused, T0);
        let [Effect::Send(ServerMessage::Failed(failure))] = effects.as_slice() else {
            panic!("{refusal:?}: {effects:?}")
        };
        assert_eq!(failure.client_msg_id, Some(id(1)), "{refusal:?} names the message");
    }
}

#[test]
fn replies_are_followed_one_after_another() {
    let mut session = open();
    session.handle(recorded(1, Some(reply(1))), T0);
    let effects = session.handle(recorded(2, Some(reply(2))), T0);
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Follow { .. })));
    let effects = session.handle(ended(1, 3), T0);
    assert!(effects.iter().any(|e| matches!(e, Effect::Follow { reply: r, .. } if *r == reply(2))));
}

#[test]
fn a_tip_beyond_what_is_known_is_caught_up_with_and_one_within_is_not() {
    let mut session = open();
    session.handle(recorded(1, None), T0);
    assert!(matches!(session.handle(Event::Tip(1), T0).as_slice(), [Effect::LookOn(1)]));
    assert!(matches!(session.handle(Event::Tip(3), T0).as_slice(), [Effect::CatchUp(1)]));
    let missed = Missed { messages: vec![answer(2), answer(3)], running: vec![reply(7)] };
    let effects = session.handle(Event::Missed(missed), T0);
    assert!(matches!(effects[0], Effect::Send(ServerMessage::History { .. })));
    assert!(matches!(&effects[1], Effect::Follow { reply: r, .. } if *r == reply(7)));
    assert!(session.handle(Event::Tip(3), T0).is_empty());
}

#[test]
fn after_the_last_reply_that_was_awaited_the_session_looks_on_for_more() {
    let mut session = open();
    session.handle(recorded(1, Some(reply(1))), T0);
    assert!(session.handle(Event::Tip(1), T0).is_empty(), "one is awaited");
    let effects = session.handle(ended(1, 2), T0);
    assert!(matches!(effects.last(), Some(Effect::LookOn(2))), "{effects:?}");
    let more = Missed { messages: Vec::new(), running: vec![reply(2)] };
    let effects = session.handle(Event::Missed(more), T0);
    let [Effect::Follow { reply: next, offset: 0 }] = effects.as_slice() else {
        panic!("a frame without messages, or nothing: {effects:?}")
    };
    assert_eq!(*next, reply(2));
}

#[test]
fn replies_of_two_tabs_are_passed_on_in_the_order_in_which_they_are_written() {
    let mut session = open();
    session.handle(recorded(1, Some(reply(1))), T0);
    // The other tab's question came between this tab's, and is heard of only now.
    session.handle(recorded(3, Some(reply(3))), T0);
    let running = vec![reply(1), reply(2), reply(3)];
    session.handle(Event::Missed(Missed { messages: Vec::new(), running }), T0);
    for (done, next) in [(1, 2), (2, 3)] {
        let effects = session.handle(ended(done, 4), T0);
        let follows =
            |e: &Effect| matches!(e, Effect::Follow { reply: r, .. } if *r == reply(next));
        assert!(effects.iter().any(follows), "{done}: {effects:?}");
    }
}

#[test]
fn who_comes_back_where_nothing_seems_to_be_written_looks_on_too() {
    let mut session = Session::new(T0);
    session.handle(Event::Frame(ClientMessage::Hello(hello(None))), T0);
    let effects = session.handle(
        found(Some(FoundConversation {
            id: conversation(),
            resumed: Resumed::Complete,
            messages: vec![answer(1)],
            last_seq: 1,
            running: None,
            expires_at: Timestamp::from_millis(2),
        })),
        T0,
    );
    assert!(matches!(effects.as_slice(), [Effect::Send(_), Effect::LookOn(1)]), "{effects:?}");
}

#[test]
fn a_stopping_relay_passes_on_what_runs_and_begins_nothing_new() {
    let mut session = open();
    session.handle(recorded(1, Some(reply(1))), T0);
    assert!(session.handle(Event::Stopping, T0).is_empty());
    assert_eq!(refusals(&session.handle(say(2), T0)), ["Restarting"]);
    assert!(session.handle(Event::Leaving, T0).is_empty());
    assert_eq!(refusals(&session.handle(ended(1, 2), T0)), ["close Restarting"]);
    let mut idle = open();
    assert!(idle.handle(Event::Stopping, T0).is_empty(), "there is no other relay to go to yet");
    assert_eq!(refusals(&idle.handle(Event::Leaving, T0)), ["close Restarting"]);
}

#[test]
fn a_silent_socket_is_pinged_then_given_up() {
    let mut session = open();
    let due = session.deadline().unwrap();
    assert_eq!(due, T0 + HEARTBEAT);
    assert!(matches!(session.handle(Event::Tick, due).as_slice(), [Effect::Heartbeat]));
    session.handle(Event::Heard, due);
    assert!(session.handle(Event::Tick, due + HEARTBEAT / 2).is_empty());
    assert_eq!(refusals(&session.handle(Event::Tick, due + DEAD_AFTER)), ["close SlowClient"]);
}

#[test]
fn a_chat_in_which_nobody_speaks_is_closed_and_may_be_opened_again() {
    let mut session = open();
    let (closed, at) = loop {
        let now = session.deadline().unwrap();
        let closed = refusals(&session.handle(Event::Tick, now));
        if !closed.is_empty() {
            break (closed, now);
        }
        session.handle(Event::Heard, now);
    };
    assert_eq!(closed, ["close Idle"]);
    assert_eq!(at, T0 + IDLE_CLOSE);
}

#[test]
fn bad_frames_are_refused_one_by_one_and_then_the_socket_is_closed() {
    let mut session = open();
    let mut seen = Vec::new();
    for _ in 0..MAX_BAD_FRAMES {
        seen.extend(refusals(&session.handle(Event::BadFrame(BadFrame::Binary), T0)));
    }
    assert_eq!(seen.len(), MAX_BAD_FRAMES as usize + 1);
    assert_eq!(seen.last().map(String::as_str), Some("close Protocol"));
}

#[test]
fn a_flood_of_pings_is_closed_before_the_greeting_and_after_it() {
    for mut session in [Session::new(T0), open()] {
        let closed = (0..=FRAME_BURST + MAX_SLOW_DOWNS)
            .map(|_| refusals(&session.handle(Event::Heard, T0)))
            .find(|effects| !effects.is_empty());
        assert_eq!(closed, Some(vec!["close Flood".to_owned()]));
    }
    // One sign of life for each of our own pings is nothing to complain about.
    let mut session = open();
    for n in 1..=100 {
        assert!(session.handle(Event::Heard, T0 + HEARTBEAT * n).is_empty());
    }
}

#[test]
fn a_hasty_visitor_is_told_how_long_to_wait_and_waiting_helps() {
    let mut session = open();
    let mut wait = None;
    for n in 0..=u8::MAX {
        let effects = session.handle(say(n), T0);
        if let [Effect::Send(ServerMessage::Failed(failure))] = effects.as_slice() {
            assert_eq!(failure.code, FailureCode::SlowDown);
            wait = failure.retry_after_ms;
            break;
        }
    }
    let later = T0 + Duration::from_millis(wait.unwrap());
    assert!(matches!(session.handle(say(99), later).as_slice(), [Effect::Record { .. }]));
}
