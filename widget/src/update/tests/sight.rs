//! What is in sight and where the focus is: the chat moves neither without a reason.

use protocol::{Finish, server::Resumed};

use super::cast::*;
use crate::{
    effect::{Effect, Target},
    event::{Event, Page, Visitor},
    screen,
};

fn scrolls(chat: &mut Chat) -> bool {
    let scrolls = chat.effects.contains(&Effect::ScrollDown);
    chat.effects.clear();
    scrolls
}

/// A chat with one answer, from which the visitor has scrolled up.
fn scrolled_up() -> Chat {
    let mut chat = Chat::ready();
    chat.say(1, "one");
    chat.accept(1, 1);
    chat.hear(done(1, 2, "An answer.", Finish::Complete));
    chat.tell(Event::Page(Page::Scrolled(false)));
    chat.effects.clear();
    chat
}

#[test]
fn the_notice_stays_in_sight_as_long_as_nothing_is_said() {
    let mut chat = Chat::ready();
    chat.tell(Event::Page(Page::Resized));
    chat.tell(Event::Page(Page::Shown(true)));
    chat.act(Visitor::OpenPerson);
    chat.act(Visitor::ClosePanel);
    assert!(!scrolls(&mut chat) && !screen::has_rows(&chat.model));
    chat.say(1, "one");
    assert!(scrolls(&mut chat));
}

#[test]
fn who_is_at_the_newest_line_stays_there_when_a_keyboard_comes() {
    let mut chat = scrolled_up();
    chat.tell(Event::Page(Page::Resized));
    chat.tell(Event::Page(Page::Shown(false)));
    assert!(!scrolls(&mut chat), "who reads further up is not moved");
    chat.tell(Event::Page(Page::Scrolled(true)));
    chat.tell(Event::Page(Page::Resized));
    assert!(scrolls(&mut chat));
    chat.tell(Event::Page(Page::Shown(false)));
    assert!(scrolls(&mut chat));
}

#[test]
fn what_comes_out_of_sight_is_marked_and_there_is_a_way_down() {
    let mut chat = scrolled_up();
    let words = chat.model.options.strings;
    assert_eq!(screen::way_down(&chat.model), Some(words.newest));
    chat.hear(done(2, 3, "Another.", Finish::Complete));
    assert_eq!(screen::way_down(&chat.model), Some(words.new_message));
    chat.act(Visitor::Down);
    assert_eq!(screen::way_down(&chat.model), None);
    assert!(chat.effects.contains(&Effect::Focus(Target::Composer)));
    assert!(scrolls(&mut chat));
    chat.tell(Event::Page(Page::Scrolled(false)));
    chat.hear(done(3, 4, "One more.", Finish::Complete));
    chat.tell(Event::Page(Page::Scrolled(true)));
    chat.tell(Event::Page(Page::Scrolled(false)));
    assert_eq!(screen::way_down(&chat.model), Some(words.newest), "it was seen meanwhile");
}

#[test]
fn the_focus_is_taken_only_from_within_the_frame() {
    let focuses = |chat: &Chat| chat.effects.iter().any(|e| matches!(e, Effect::Focus(_)));
    let mut chat = Chat::opened();
    chat.tell(Event::Page(Page::Shown(false)));
    chat.link_up(Resumed::New, Vec::new());
    assert!(!focuses(&chat), "on a next page it stays where the page has it");
    chat.tell(Event::Page(Page::Shown(true)));
    assert!(chat.effects.contains(&Effect::Focus(Target::Composer)));
    chat.effects.clear();
    chat.model.touch = true;
    chat.tell(Event::Page(Page::Shown(true)));
    assert!(chat.effects.contains(&Effect::Focus(Target::Title)));
}
