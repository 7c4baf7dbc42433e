//! Replies: words in order whatever comes twice or late, and what a screen reader hears of them.

use proptest::prelude::*;
use protocol::{
    ClientMessage, Failure, FailureCode::StorageFull, Finish, ServerMessage, server::Resumed,
};

use super::cast::*;
use crate::{
    effect::{Effect, Target},
    event::{Event, Page, TimerId, Visitor},
    limits::{STILL_WORKING_MS, STILL_WORKING_TIMES},
    markdown,
    model::{Link, Progress},
    screen,
};

fn asked() -> Chat {
    let mut chat = Chat::ready();
    chat.say(1, "Tell me");
    chat.accept(1, 1);
    chat
}

#[test]
fn a_delta_that_comes_twice_or_overlaps_adds_only_what_is_new() {
    let mut chat = asked();
    chat.hear(delta(1, 0, "Grüß"));
    chat.hear(delta(1, 0, "Grüß"));
    chat.hear(delta(1, 2, "üße"));
    chat.hear(delta(1, 1, "rü"));
    assert_eq!((chat.model.replies[0].text.as_str(), chat.model.replies[0].chars), ("Grüße", 5));
    assert_eq!(chat.model.link, Link::Ready);
}

#[test]
fn a_gap_in_a_reply_is_asked_for_and_never_shown() {
    let mut chat = asked();
    chat.hear(delta(1, 0, "One "));
    chat.hear(delta(1, 9, "three"));
    assert_eq!(chat.model.replies[0].text, "One ");
    assert_eq!(chat.model.link, Link::Waiting);
    chat.due(TimerId::Reconnect);
    chat.tell(Event::Link(crate::event::Heard::Opened));
    let place = chat.hello().resume.and_then(|resume| resume.reply);
    assert_eq!(place.map(|place| place.offset), Some(4));
}

#[test]
fn a_missing_message_is_asked_for() {
    let mut chat = asked();
    chat.hear(done(1, 4, "After two that were missed", Finish::Complete));
    assert_eq!(chat.model.link, Link::Waiting);
    assert_eq!(chat.model.known_up_to(), 1);
}

#[test]
fn a_late_delta_of_an_ended_reply_brings_nothing_back() {
    let mut chat = asked();
    chat.hear(done(1, 2, "All of it", Finish::Complete));
    chat.hear(delta(1, 0, "All"));
    chat.hear(delta(1, 3, " of it"));
    assert!(chat.model.replies.is_empty());
    assert_eq!(chat.texts(), ["Tell me", "All of it"]);
}

#[test]
fn the_end_that_comes_twice_is_one_message_and_one_announcement() {
    let mut chat = asked();
    chat.effects.clear();
    chat.hear(done(1, 2, "Yes.", Finish::Complete));
    chat.hear(done(1, 2, "Yes.", Finish::Complete));
    assert_eq!(chat.happened("reply-received"), 1);
    assert_eq!(chat.spoken(), ["Yes."]);
    assert_eq!(chat.texts(), ["Tell me", "Yes."]);
}

#[test]
fn stop_is_said_only_while_a_reply_is_written() {
    let mut chat = asked();
    chat.effects.clear();
    chat.act(Visitor::Stop);
    assert_eq!(chat.sent(), [ClientMessage::Stop { reply_id: Some(reply_id(1)) }]);
    assert!(screen::can_stop(&chat.model));
    chat.hear(done(1, 2, "Half", Finish::Interrupted));
    chat.effects.clear();
    chat.act(Visitor::Stop);
    assert!(chat.sent().is_empty());
}

#[test]
fn a_reply_that_waits_to_be_kept_can_not_be_stopped_and_blames_no_message() {
    let mut chat = asked();
    chat.hear(delta(1, 0, "All of it"));
    chat.say(2, "More");
    let waits = Failure { reply_id: Some(reply_id(1)), ..Failure::new(StorageFull, "full") };
    chat.hear(ServerMessage::Failed(waits));
    assert!(!screen::can_stop(&chat.model));
    assert_eq!(chat.model.outbox.len(), 1);
    assert!(chat.model.outbox[0].state == Progress::Sent, "it is on its way, and not refused");
    chat.hear(done(1, 3, "All of it", Finish::Complete));
    assert!(chat.model.replies.is_empty());
}

#[test]
fn the_last_reply_can_be_asked_for_again_once_if_it_did_not_end_well() {
    for (finish, can) in [
        (Finish::Complete, false),
        (Finish::Truncated, true),
        (Finish::Interrupted, true),
        (Finish::Failed, true),
    ] {
        let mut chat = asked();
        chat.hear(done(1, 2, "Half", finish));
        let offered = screen::rows(&chat.model)
            .iter()
            .any(|(_, row)| matches!(row, screen::Row::Message(_, true)));
        assert_eq!(offered, can, "{finish:?}");
    }
    let mut chat = asked();
    chat.hear(done(1, 2, "Half", Finish::Failed));
    chat.effects.clear();
    chat.act(Visitor::Again(reply_id(1)));
    chat.act(Visitor::Again(reply_id(1)));
    assert_eq!(chat.sent(), [ClientMessage::Retry { reply_id: reply_id(1) }]);
}

#[test]
fn a_screen_reader_hears_that_a_reply_begins_then_waits_then_all_of_it() {
    let mut chat = Chat::ready();
    chat.say(1, "Tell me");
    chat.accept(1, 1);
    for _ in 0..STILL_WORKING_TIMES + 2 {
        chat.now_ms += i64::from(STILL_WORKING_MS);
        chat.due(TimerId::StillWorking);
    }
    chat.hear(delta(1, 0, "Two cars"));
    chat.hear(done(1, 2, "Two **cars**:\n- [Golf](https://c.example)\n- Polo", Finish::Complete));
    let mut expected = vec!["AI assistant is replying"];
    expected.extend(vec!["Still working"; usize::from(STILL_WORKING_TIMES)]);
    expected.push("Two cars:\nGolf.\nPolo.");
    assert_eq!(chat.spoken(), expected);
}

#[test]
fn a_reply_that_grows_is_not_said_to_be_still_worked_on() {
    let mut chat = asked();
    chat.effects.clear();
    chat.now_ms = 10_000;
    chat.hear(delta(1, 0, "Two cars"));
    chat.now_ms = 15_000;
    chat.due(TimerId::StillWorking);
    assert_eq!(chat.timer(TimerId::StillWorking), Some(10_000));
    assert!(chat.spoken().is_empty());
}

#[test]
fn a_hidden_chat_is_silent_and_counts_what_came() {
    let mut chat = asked();
    chat.tell(Event::Page(Page::Hidden));
    chat.effects.clear();
    chat.hear(done(1, 2, "Yes.", Finish::Complete));
    assert_eq!(chat.model.unread, 1);
    assert!(chat.spoken().is_empty());
    chat.tell(Event::Page(Page::Shown(true)));
    assert_eq!(chat.model.unread, 0);
}

#[test]
fn the_history_of_an_earlier_page_is_shown_and_not_read_out() {
    let mut chat = Chat::ready();
    chat.say(1, "Tell me");
    let session = kept_session(&chat);
    let mut next = Chat::opened_with(Some(session), None);
    let old = vec![question(1, 1, "Tell me"), answer(1, 2, "Long ago.", Finish::Complete)];
    next.link_up(Resumed::Complete, old);
    assert_eq!(next.texts().len(), 2);
    assert!(next.spoken().is_empty());
}

#[test]
fn with_less_motion_wanted_only_whole_sentences_are_shown() {
    let mut chat = asked();
    chat.model.calm = true;
    chat.hear(delta(1, 0, "From £12.995. Then mo"));
    assert_eq!(screen::visible(&chat.model, &chat.model.replies[0]), "From £12.995. ");
}

proptest! {
    #[test]
    fn however_a_reply_is_cut_and_repeated_its_text_is_the_same_and_said_once(
        text in "[a-zäöü€🙂 .,\n*-]{1,120}",
        cuts in proptest::collection::vec((0usize..120, 1usize..40), 0..40),
    ) {
        let mut chat = asked();
        chat.effects.clear();
        let chars: Vec<char> = text.chars().collect();
        let mut known = 0;
        for (from, len) in cuts {
            // A relay repeats, but never leaves a gap.
            let from = from.min(known);
            let to = (from + len).min(chars.len());
            let piece: String = chars[from..to].iter().collect();
            chat.hear(delta(1, from as u64, &piece));
            known = known.max(to);
        }
        let rest: String = chars[known..].iter().collect();
        chat.hear(delta(1, known as u64, &rest));
        prop_assert_eq!(&chat.model.replies[0].text, &text);
        prop_assert!(chat.spoken().is_empty());
        chat.hear(done(1, 2, &text, Finish::Complete));
        prop_assert_eq!(chat.spoken().concat(), markdown::plain_text(&markdown::parse(&text)));
    }
}

#[test]
fn a_reply_that_the_visitor_stopped_is_said_to_be_stopped_and_the_focus_goes_on() {
    let mut chat = asked();
    chat.hear(delta(1, 0, "Two"));
    chat.effects.clear();
    chat.act(Visitor::Stop);
    assert!(chat.effects.contains(&Effect::Focus(Target::Composer)));
    assert_eq!(chat.sent(), [ClientMessage::Stop { reply_id: Some(reply_id(1)) }]);
    chat.hear(done(1, 2, "Two", Finish::Interrupted));
    assert_eq!(chat.spoken(), ["Two", "Reply stopped."]);
    chat.say(2, "More");
    chat.accept(2, 3);
    chat.effects.clear();
    chat.hear(done(2, 4, "Three", Finish::Interrupted));
    assert_eq!(chat.spoken(), ["Three", "The reply was cut off."]);
}

#[test]
fn a_visitor_who_wants_no_announcements_hears_none_of_replies() {
    let mut chat = Chat::ready();
    chat.act(Visitor::Announced(false));
    chat.say(1, "Tell me");
    chat.accept(1, 1);
    chat.hear(done(1, 2, "Yes.", Finish::Complete));
    assert!(chat.spoken().is_empty());
    chat.close(1006);
    assert_eq!(chat.spoken().len(), 1, "a lost link is said all the same");
    let next = Chat::opened_with(None, Some(chat.model.kept_outbox()));
    assert!(next.model.quiet);
}

#[test]
fn a_visitor_who_wants_whole_replies_sees_nothing_of_them_before_their_end() {
    let mut chat = asked();
    chat.act(Visitor::Whole(true));
    chat.hear(delta(1, 0, "One sentence. Ano"));
    assert_eq!(screen::visible(&chat.model, &chat.model.replies[0]), "");
}
