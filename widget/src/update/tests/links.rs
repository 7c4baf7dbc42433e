//! The link: lost, back, refused, asleep.

use protocol::{ClientMessage, CloseReason, FailureCode, server::Resumed};

use super::cast::*;
use crate::{
    effect::Effect,
    event::{Event, Heard, Page, TimerId, Visitor},
    limits::{BACKOFF_CAP_MS, GREETING_TIMEOUT_MS},
    model::Link,
    screen,
};

#[test]
fn each_close_code_is_obeyed() {
    for reason in CloseReason::ALL {
        let mut chat = Chat::ready();
        chat.close(reason.code());
        let expected = match reason {
            CloseReason::Idle => Link::Asleep,
            _ if 4100 <= reason.code() => Link::Waiting,
            _ => Link::Refused(reason.code()),
        };
        assert_eq!(chat.model.link, expected, "{reason:?}");
        assert_eq!(
            chat.timer(TimerId::Reconnect).is_some(),
            expected == Link::Waiting,
            "{reason:?}"
        );
        assert!(screen::status(&chat.model).is_some(), "{reason:?} is told in words");
    }
}

#[test]
fn a_refused_chat_comes_back_only_when_the_visitor_asks() {
    let mut chat = Chat::ready();
    chat.close(CloseReason::Flood.code());
    chat.effects.clear();
    chat.tell(Event::Page(Page::Awake));
    chat.due(TimerId::Reconnect);
    chat.say(1, "one");
    assert!(!chat.connects());
    assert!(screen::may_try_now(&chat.model));
    chat.act(Visitor::TryNow);
    assert!(chat.connects());
    assert_eq!(chat.model.outbox.len(), 1);
}

#[test]
fn a_page_that_is_out_of_date_or_of_no_site_offers_no_other_try() {
    for code in [FailureCode::UnsupportedVersion, FailureCode::UnknownSite] {
        let mut chat = Chat::opened();
        chat.tell(Event::Link(Heard::Opened));
        chat.hear(failed(code, None, None));
        assert!(matches!(chat.model.link, Link::Refused(_)));
        assert!(!screen::may_try_now(&chat.model));
        assert!(chat.effects.contains(&Effect::Disconnect));
    }
}

#[test]
fn an_idle_chat_wakes_when_the_visitor_writes() {
    let mut chat = Chat::ready();
    chat.close(CloseReason::Idle.code());
    chat.effects.clear();
    chat.act(Visitor::Typed("h".to_owned()));
    assert!(chat.connects());
}

#[test]
fn waits_grow_until_the_link_has_proved_itself() {
    let mut chat = Chat::ready();
    let mut waits = Vec::new();
    for _ in 0..9 {
        chat.close(1006);
        waits.push(chat.timer(TimerId::Reconnect).expect("a try is set"));
        chat.due(TimerId::Reconnect);
        // A welcome alone proves nothing: a relay may welcome and fall again and again.
        chat.link_up(Resumed::New, Vec::new());
    }
    assert!(waits.windows(2).all(|pair| pair[0] <= pair[1]));
    assert!(waits[8] <= BACKOFF_CAP_MS && 4 * waits[0] < waits[8]);
    chat.hear(protocol::ServerMessage::Pong);
    chat.close(1006);
    assert_eq!(chat.timer(TimerId::Reconnect), Some(waits[0]));
}

#[test]
fn a_restart_spreads_the_first_try_and_a_relay_that_is_not_back_yet_is_tried_as_ever() {
    let mut lost = Chat::ready();
    lost.close(1006);
    let usual = lost.timer(TimerId::Reconnect).expect("a try is set");
    for restarting in [
        |chat: &mut Chat| chat.close(CloseReason::Restarting.code()),
        |chat: &mut Chat| chat.hear(failed(FailureCode::Restarting, None, None)),
    ] {
        let mut chat = Chat::ready();
        restarting(&mut chat);
        assert_eq!(chat.timer(TimerId::Reconnect), Some(crate::backoff::restart_ms(1 << 31)));
        assert!(Some(2 * usual) < chat.timer(TimerId::Reconnect));
        chat.due(TimerId::Reconnect);
        chat.close(1006);
        assert_eq!(chat.timer(TimerId::Reconnect), Some(crate::backoff::delay_ms(1, 1 << 31)));
    }
}

#[test]
fn a_relay_that_does_not_answer_is_left() {
    let mut chat = Chat::ready();
    chat.due(TimerId::Ping);
    assert!(chat.timer(TimerId::Pong).is_some());
    assert_eq!(chat.sent(), [ClientMessage::Ping]);
    chat.due(TimerId::Pong);
    assert_eq!(chat.model.link, Link::Waiting);
    assert!(chat.effects.contains(&Effect::Disconnect));
}

#[test]
fn any_frame_answers_a_ping() {
    let mut chat = Chat::ready();
    chat.due(TimerId::Ping);
    chat.hear(protocol::ServerMessage::Pong);
    chat.due(TimerId::Pong);
    assert_eq!(chat.model.link, Link::Ready);
}

#[test]
fn a_socket_that_never_greets_is_left() {
    let mut chat = Chat::opened();
    assert_eq!(chat.timer(TimerId::Greeting), Some(GREETING_TIMEOUT_MS));
    chat.due(TimerId::Greeting);
    assert_eq!(chat.model.link, Link::Waiting);
}

#[test]
fn waking_from_sleep_asks_at_once_and_a_waiting_chat_tries_at_once() {
    let mut chat = Chat::ready();
    chat.tell(Event::Page(Page::Awake));
    assert_eq!(chat.sent(), [ClientMessage::Ping]);
    chat.close(1006);
    chat.effects.clear();
    chat.tell(Event::Page(Page::Online));
    assert!(chat.connects());
}

#[test]
fn each_state_has_its_words() {
    let mut chat = Chat::opened();
    let words = chat.model.options.strings;
    assert_eq!(screen::status(&chat.model), Some(words.connecting));
    chat.link_up(Resumed::New, Vec::new());
    assert_eq!(screen::status(&chat.model), None);
    chat.close(CloseReason::Restarting.code());
    assert_eq!(screen::status(&chat.model), Some(words.restarting));
    chat.tell(Event::Page(Page::Offline));
    assert_eq!(screen::status(&chat.model), Some(words.offline));
    chat.tell(Event::Page(Page::Online));
    chat.close(1006);
    assert_eq!(screen::status(&chat.model), Some(words.reconnecting));
}

#[test]
fn a_loss_and_its_end_are_said_once_each() {
    let mut chat = Chat::ready();
    for _ in 0..3 {
        chat.close(1006);
        chat.due(TimerId::Reconnect);
    }
    assert_eq!(chat.happened("link-lost"), 1);
    assert_eq!(chat.spoken().len(), 1);
    chat.link_up(Resumed::New, Vec::new());
    assert_eq!(chat.happened("link-restored"), 1);
    assert_eq!(chat.spoken(), ["Connected again"]);
}

#[test]
fn a_close_that_comes_after_the_end_is_ignored() {
    let mut chat = Chat::ready();
    chat.close(1006);
    chat.effects.clear();
    chat.close(1006);
    assert!(chat.effects.is_empty());
}

#[test]
fn escape_closes_the_panel_first_and_a_page_of_its_own_stays() {
    let mut chat = Chat::ready();
    chat.act(Visitor::OpenPerson);
    chat.act(Visitor::Escape);
    assert_eq!(chat.model.panel, crate::model::Panel::Chat);
    chat.effects.clear();
    chat.act(Visitor::Escape);
    assert!(chat.effects.is_empty());
    chat.model.options.embedded = true;
    chat.act(Visitor::Escape);
    assert!(chat.effects == [Effect::Tell(crate::effect::Tell::Close)]);
}

#[test]
fn a_first_welcome_that_does_not_come_is_said_once() {
    let mut chat = Chat::opened();
    for _ in 0..4 {
        chat.close(1006);
        chat.due(TimerId::Reconnect);
    }
    let words = chat.model.options.strings;
    assert_eq!(chat.spoken(), [words.refused_link]);
    chat.link_up(Resumed::New, Vec::new());
    assert_eq!(chat.spoken(), [words.connected]);
}
