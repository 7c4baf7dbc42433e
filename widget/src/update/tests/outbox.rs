//! What the visitor sends: in order, once, never lost.

use protocol::{CloseReason, FailureCode, Finish, limits::MAX_TEXT_CHARS, server::Resumed};

use super::cast::*;
use crate::{
    effect::Effect,
    event::{Event, Heard, Page, TimerId, Visitor},
    limits::MAX_OUTBOX,
    model::{Link, NoteKind, Progress},
};

#[test]
fn messages_written_without_a_link_wait_and_go_out_in_order_one_by_one() {
    let mut chat = Chat::ready();
    chat.close(1006);
    for (n, text) in [(1, "one"), (2, "two"), (3, "three")] {
        chat.say(n, text);
    }
    assert!(chat.said().is_empty());
    chat.link_up(Resumed::New, Vec::new());
    assert_eq!(chat.said(), [(msg_id(1), "one".to_owned())]);
    chat.accept(1, 1);
    assert_eq!(chat.said(), [(msg_id(2), "two".to_owned())]);
    chat.accept(2, 2);
    assert_eq!(chat.said(), [(msg_id(3), "three".to_owned())]);
    chat.accept(3, 3);
    assert!(chat.said().is_empty() && chat.model.outbox.is_empty());
    assert_eq!(chat.texts(), ["one", "two", "three"]);
}

#[test]
fn a_message_that_was_not_acknowledged_is_sent_again_under_the_same_id() {
    let mut chat = Chat::ready();
    chat.say(1, "one");
    assert_eq!(chat.said(), [(msg_id(1), "one".to_owned())]);
    for _ in 0..3 {
        chat.close(1006);
        chat.due(TimerId::Reconnect);
        chat.link_up(Resumed::Complete, Vec::new());
        assert_eq!(chat.said(), [(msg_id(1), "one".to_owned())]);
    }
}

#[test]
fn the_number_of_a_card_never_leaves_the_browser() {
    let mut chat = Chat::ready();
    chat.say(1, "My card is 4111 1111 1111 1111, is that all?");
    let sent = "My card is [CARD], is that all?";
    assert_eq!(chat.said(), [(msg_id(1), sent.to_owned())]);
    chat.accept(1, 1);
    assert_eq!(chat.texts(), [sent]);
}

#[test]
fn an_acknowledgement_that_comes_twice_changes_nothing() {
    let mut chat = Chat::ready();
    chat.say(1, "one");
    chat.accept(1, 1);
    let started = chat.happened("conversation-started");
    chat.accept(1, 1);
    assert_eq!(chat.texts(), ["one"]);
    assert_eq!(chat.model.replies.len(), 1);
    assert_eq!((started, chat.happened("conversation-started")), (1, 1));
    assert_eq!(chat.happened("message-sent"), 1);
}

#[test]
fn slow_down_waits_as_long_as_asked_and_then_sends_by_itself() {
    let mut chat = Chat::ready();
    chat.say(1, "one");
    chat.effects.clear();
    chat.hear(failed(FailureCode::SlowDown, Some(1), Some(1_234)));
    assert_eq!(chat.timer(TimerId::Resend), Some(1_234));
    chat.say(2, "two");
    assert!(chat.said().is_empty());
    chat.due(TimerId::Resend);
    assert_eq!(chat.said(), [(msg_id(1), "one".to_owned())]);
}

#[test]
fn a_message_that_is_too_long_is_refused_where_it_stands_and_can_be_edited() {
    let mut chat = Chat::ready();
    chat.say(1, "one");
    chat.say(2, "two");
    chat.effects.clear();
    chat.hear(failed(FailureCode::TextTooLong, Some(1), None));
    assert_eq!(chat.model.outbox[0].state, Progress::Refused(FailureCode::TextTooLong));
    assert_eq!(chat.said(), [(msg_id(2), "two".to_owned())], "what waits behind it goes on");
    chat.act(Visitor::Typed("a draft".to_owned()));
    chat.act(Visitor::Edit(msg_id(1)));
    assert_eq!(chat.model.draft, "one\na draft");
    assert_eq!(chat.model.outbox.len(), 1);
}

#[test]
fn a_full_disk_is_told_and_the_visitor_can_send_again() {
    let mut chat = Chat::ready();
    chat.say(1, "one");
    chat.effects.clear();
    chat.hear(failed(FailureCode::StorageFull, None, None));
    assert!(chat.spoken().iter().any(|text| text.contains("cannot be kept")));
    chat.act(Visitor::Resend(msg_id(1)));
    assert_eq!(chat.said(), [(msg_id(1), "one".to_owned())]);
}

#[test]
fn what_was_on_its_way_when_the_chat_was_deleted_is_never_sent_again() {
    let mut chat = Chat::ready();
    chat.say(1, "one");
    chat.accept(1, 1);
    chat.say(2, "two");
    assert_eq!(chat.said().len(), 2);
    chat.effects.clear();
    chat.close(CloseReason::Erased.code());
    assert!(chat.model.messages.is_empty() && chat.model.outbox.is_empty());
    assert!(chat.model.notes.iter().any(|note| note.kind == NoteKind::Ended));
    assert!(chat.effects.contains(&Effect::ForgetSession));
    let kept = |effect: &Effect| matches!(effect, Effect::KeepOutbox(outbox) if outbox.is_empty());
    assert!(chat.effects.iter().any(kept), "the storage is emptied, too");
    chat.effects.clear();
    chat.due(TimerId::Reconnect);
    chat.link_up(Resumed::New, Vec::new());
    assert!(chat.said().is_empty());
}

#[test]
fn an_ended_conversation_gives_way_to_a_new_one_with_what_waits() {
    for (code, note) in [
        (FailureCode::ConversationEnded, NoteKind::Ended),
        (FailureCode::ConversationFull, NoteKind::Full),
    ] {
        let mut chat = Chat::ready();
        chat.say(1, "old");
        chat.accept(1, 1);
        chat.hear(done(1, 2, "old answer", Finish::Complete));
        chat.say(2, "new");
        chat.effects.clear();
        chat.hear(failed(code, Some(2), None));
        assert!(chat.effects.contains(&Effect::ForgetSession) && chat.texts().is_empty());
        assert_eq!(chat.model.notes[0].kind, note);
        chat.due(TimerId::Reconnect);
        chat.tell(Event::Link(Heard::Opened));
        assert!(chat.hello().resume.is_none());
        chat.hear(welcome(Resumed::New, Vec::new(), None));
        assert_eq!(chat.said(), [(msg_id(2), "new".to_owned())]);
    }
}

#[test]
fn a_draft_survives_everything_but_being_sent() {
    let mut chat = Chat::ready();
    chat.say(1, "one");
    chat.act(Visitor::Typed("half a sen".to_owned()));
    assert!(chat.timer(TimerId::SaveDraft).is_some());
    chat.accept(1, 1);
    chat.close(4103);
    chat.act(Visitor::OpenPerson);
    chat.act(Visitor::Escape);
    chat.due(TimerId::Reconnect);
    chat.link_up(Resumed::New, Vec::new());
    assert_eq!(chat.model.draft, "half a sen");
    chat.effects.clear();
    chat.due(TimerId::SaveDraft);
    let kept = chat.effects.iter().any(|effect| match effect {
        Effect::KeepOutbox(outbox) => outbox.draft == "half a sen",
        _ => false,
    });
    assert!(kept);
}

#[test]
fn nothing_empty_and_nothing_beyond_the_limit_is_sent() {
    let mut chat = Chat::ready();
    for text in [String::new(), " \n ".to_owned(), "x".repeat(MAX_TEXT_CHARS + 1)] {
        chat.say(1, &text);
        assert!(chat.said().is_empty());
        assert_eq!(chat.model.draft, text);
    }
    chat.say(1, &"ä".repeat(MAX_TEXT_CHARS));
    assert_eq!(chat.said().len(), 1);
}

#[test]
fn what_does_not_fit_the_outbox_stays_in_the_composer() {
    let mut chat = Chat::ready();
    chat.close(1006);
    for n in 0..=u8::try_from(MAX_OUTBOX).expect("a small number") {
        chat.say(n, "again");
    }
    assert_eq!(chat.model.outbox.len(), MAX_OUTBOX);
    assert_eq!(chat.model.draft, "again");
}

#[test]
fn a_suggestion_is_sent_with_one_press_and_only_before_the_first_message() {
    let mut chat = Chat::ready();
    chat.act(Visitor::Suggest(0, msg_id(1)));
    assert_eq!(chat.said(), [(msg_id(1), "When are you open?".to_owned())]);
    chat.act(Visitor::Suggest(0, msg_id(2)));
    chat.act(Visitor::Suggest(7, msg_id(3)));
    assert_eq!(chat.model.outbox.len(), 1);
}

#[test]
fn a_session_is_kept_only_once_something_is_sent() {
    let mut chat = Chat::ready();
    chat.tell(Event::Page(Page::Awake));
    assert!(!chat.keeps_session());
    chat.say(1, "one");
    assert!(chat.keeps_session());
    assert_eq!(chat.model.link, Link::Ready);
}

#[test]
fn a_refused_message_is_not_sent_again_by_the_next_page() {
    let mut chat = Chat::ready();
    chat.say(1, "one");
    chat.hear(failed(FailureCode::TextTooLong, Some(1), None));
    let mut next = Chat::opened_with(None, Some(chat.model.kept_outbox()));
    next.link_up(Resumed::New, Vec::new());
    assert!(next.said().is_empty());
    assert_eq!(next.model.outbox[0].state, Progress::Refused(FailureCode::TextTooLong));
}

#[test]
fn enter_beyond_the_limit_says_why_nothing_is_sent() {
    let mut chat = Chat::ready();
    chat.say(1, &"x".repeat(MAX_TEXT_CHARS + 2));
    assert_eq!(chat.spoken(), ["Characters too many: 2"]);
}

#[test]
fn a_page_that_goes_keeps_the_last_letter_but_nothing_before_something_was_sent() {
    let kept = |chat: &Chat| {
        chat.effects.iter().any(|effect| match effect {
            Effect::KeepOutbox(outbox) => outbox.draft == "half",
            _ => false,
        })
    };
    let mut chat = Chat::ready();
    chat.act(Visitor::Typed("half".to_owned()));
    chat.tell(Event::Page(Page::Leaving));
    assert!(!kept(&chat));
    chat.say(1, "one");
    chat.act(Visitor::Typed("half".to_owned()));
    chat.tell(Event::Page(Page::Leaving));
    assert!(kept(&chat));
}
