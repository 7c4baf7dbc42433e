//! Coming back: after a lost link, on another page, after the end of the conversation.

use protocol::{Finish, ServerMessage, client::ReplyPlace, server::Resumed};

use super::cast::*;
use crate::{
    effect::Effect,
    event::{Event, Heard, TimerId},
    model::{Link, NoteKind},
};

/// A chat with a question and its answer, which then lost its link and opens it again.
fn lost_after_an_answer() -> Chat {
    let mut chat = Chat::ready();
    chat.say(1, "Is it red?");
    chat.accept(1, 1);
    chat.hear(done(1, 2, "Yes.", Finish::Complete));
    chat.close(1006);
    chat.due(TimerId::Reconnect);
    chat.tell(Event::Link(Heard::Opened));
    chat
}

#[test]
fn a_chat_in_which_nothing_was_said_resumes_nothing_and_keeps_nothing() {
    let mut chat = Chat::ready();
    chat.act(crate::event::Visitor::Typed("a draft".to_owned()));
    assert!(!chat.keeps_session());
    assert!(chat.timer(TimerId::SaveDraft).is_none());
    chat.close(1006);
    chat.due(TimerId::Reconnect);
    chat.tell(Event::Link(Heard::Opened));
    assert!(chat.hello().resume.is_none());
}

#[test]
fn a_resume_names_the_last_message_before_the_first_gap() {
    let mut chat = lost_after_an_answer();
    let resume = chat.hello().resume.expect("something was said");
    assert_eq!((resume.after_seq, resume.reply), (2, None));
    chat.model.messages.push(answer(9, 9, "far ahead", Finish::Complete));
    assert_eq!(chat.model.known_up_to(), 2);
}

#[test]
fn a_complete_resume_adds_what_was_missed_and_nothing_twice() {
    let mut chat = lost_after_an_answer();
    let missed = vec![answer(1, 2, "Yes.", Finish::Complete), question(2, 3, "Really?")];
    chat.hear(welcome(Resumed::Complete, missed, None));
    assert_eq!(chat.texts(), ["Is it red?", "Yes.", "Really?"]);
    assert_eq!(chat.model.link, Link::Ready);
}

#[test]
fn an_incomplete_resume_replaces_all() {
    let mut chat = lost_after_an_answer();
    let all = vec![question(5, 1, "From the backup"), answer(5, 2, "Indeed.", Finish::Complete)];
    chat.hear(welcome(Resumed::Incomplete, all, None));
    assert_eq!(chat.texts(), ["From the backup", "Indeed."]);
    assert!(chat.model.notes.is_empty());
}

#[test]
fn a_new_conversation_after_an_earlier_one_clears_it_and_says_so() {
    let mut chat = lost_after_an_answer();
    chat.effects.clear();
    chat.hear(welcome(Resumed::New, Vec::new(), None));
    assert!(chat.texts().is_empty());
    assert_eq!(chat.model.notes[0].kind, NoteKind::Ended);
    assert!(chat.effects.contains(&Effect::ForgetSession));
    assert!(chat.spoken().iter().any(|text| text.contains("The earlier chat has ended")));
}

#[test]
fn history_in_parts_is_awaited_before_anything_waiting_is_sent() {
    let mut chat = Chat::ready();
    chat.say(1, "one");
    chat.close(1006);
    chat.due(TimerId::Reconnect);
    chat.tell(Event::Link(Heard::Opened));
    chat.effects.clear();
    let ServerMessage::Welcome(mut first) = welcome(Resumed::Complete, Vec::new(), None) else {
        panic!("a welcome is a welcome")
    };
    first.more = true;
    chat.hear(ServerMessage::Welcome(first));
    assert!(chat.said().is_empty());
    // The relay had kept it: what it names is not sent again.
    chat.hear(ServerMessage::History { messages: vec![question(1, 1, "one")], more: false });
    assert!(chat.said().is_empty());
    assert!(chat.model.outbox.is_empty());
    assert_eq!(chat.texts(), ["one"]);
}

#[test]
fn a_broken_reply_goes_on_at_the_place_where_it_broke() {
    let mut chat = Chat::ready();
    chat.say(1, "Tell me");
    chat.accept(1, 1);
    chat.hear(delta(1, 0, "Grüße "));
    chat.close(4103);
    chat.due(TimerId::Reconnect);
    chat.tell(Event::Link(Heard::Opened));
    let place = chat.hello().resume.and_then(|resume| resume.reply);
    assert_eq!(place, Some(ReplyPlace { id: reply_id(1), offset: 6 }));
    chat.hear(welcome(Resumed::Complete, Vec::new(), Some(reply_id(1))));
    chat.hear(delta(1, 6, "aus Leith"));
    assert_eq!(chat.model.replies[0].text, "Grüße aus Leith");
    chat.hear(done(1, 2, "Grüße aus Leith", Finish::Complete));
    assert_eq!(chat.texts(), ["Tell me", "Grüße aus Leith"]);
}

#[test]
fn a_restart_in_the_middle_of_a_reply_ends_it_honestly() {
    let mut chat = Chat::ready();
    chat.say(1, "Tell me");
    chat.accept(1, 1);
    chat.hear(delta(1, 0, "Half an"));
    chat.close(1006);
    chat.due(TimerId::Reconnect);
    chat.tell(Event::Link(Heard::Opened));
    chat.effects.clear();
    let cut = vec![answer(1, 2, "Half an", Finish::Interrupted)];
    chat.hear(welcome(Resumed::Complete, cut, None));
    assert!(chat.model.replies.is_empty());
    assert_eq!(chat.texts(), ["Tell me", "Half an"]);
    let spoken = chat.spoken();
    assert_eq!(spoken.iter().filter(|text| *text == "Half an").count(), 1);
    assert!(spoken.contains(&"The reply was cut off.".to_owned()));
}

#[test]
fn the_next_page_of_the_tab_resumes_with_what_was_kept() {
    let mut first = Chat::ready();
    first.say(1, "one");
    first.say(2, "two");
    assert!(first.keeps_session());
    let (session, outbox) = (kept_session(&first), first.model.kept_outbox());
    let mut next = Chat::opened_with(Some(session), Some(outbox));
    next.tell(Event::Link(Heard::Opened));
    let resume = next.hello().resume.expect("the tab had kept a session");
    assert_eq!((resume.after_seq, resume.token), (0, token()));
    next.hear(welcome(Resumed::Complete, vec![question(1, 1, "one")], None));
    assert_eq!(next.said(), [(msg_id(2), "two".to_owned())]);
}

#[test]
fn what_another_site_kept_in_the_tab_is_not_taken() {
    let mut first = Chat::ready();
    first.say(1, "one");
    let (mut session, mut outbox) = (kept_session(&first), first.model.kept_outbox());
    session.site = protocol::SiteKey::parse("site_meadow").expect("a good key");
    outbox.site = session.site.clone();
    let next = Chat::opened_with(Some(session), Some(outbox));
    assert!(next.model.session.is_none() && next.model.outbox.is_empty() && !next.model.has_sent);
}
