//! The pure heart: one event in, the effects out, in order. No IO, no clock, no page.

mod frame;
mod link;
mod outbox;
mod page;
mod panel;
mod visitor;
mod wish;

use crate::{
    effect::{Effect, Target, Tell},
    event::{Event, Heard, Moment, TimerId},
    limits::STATUS_KEPT_MS,
    model::{Model, Note, NoteKind},
    screen,
};

/// Takes in one event and returns what must be done.
pub fn update(model: &mut Model, event: Event, at: Moment) -> Vec<Effect> {
    let mut turn = Turn { model, at, effects: Vec::new() };
    match event {
        Event::Visitor(act) => turn.visitor(act),
        Event::Link(Heard::Opened) => turn.opened(),
        Event::Link(Heard::Frame(message)) => turn.frame(message),
        Event::Link(Heard::Unreadable) => turn.resync(),
        Event::Link(Heard::Closed(code)) => turn.closed(code),
        Event::Timer(timer) => turn.timer(timer),
        Event::Page(page) => turn.page(page),
    }
    turn.effects
}

/// One event being handled.
struct Turn<'a> {
    model: &'a mut Model,
    at: Moment,
    effects: Vec<Effect>,
}

impl Turn<'_> {
    fn push(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    fn after(&mut self, timer: TimerId, delay_ms: u32) {
        self.push(Effect::After(timer, delay_ms));
    }

    /// Says it politely, if the chat is open: a closed one is silent (E-48).
    fn announce(&mut self, text: impl Into<String>) {
        if self.model.shown {
            self.push(Effect::Announce(text.into()));
            self.after(TimerId::Hush, STATUS_KEPT_MS);
        }
    }

    /// Says at once what went wrong and what to do (E-44).
    fn alert(&mut self, text: impl Into<String>) {
        if self.model.shown {
            self.push(Effect::Alert(text.into()));
            self.after(TimerId::Hush, STATUS_KEPT_MS);
        }
    }

    /// Says something of a reply, if the visitor wants to hear of them (E-45).
    fn announce_reply(&mut self, text: String) {
        if !self.model.quiet {
            self.announce(text);
        }
    }

    /// To the newest line, if the visitor was there: more came below it, or there is less room.
    fn follow(&mut self) {
        if self.model.follows && screen::has_rows(self.model) {
            self.push(Effect::ScrollDown);
        }
    }

    /// The focus goes to where the visitor writes. A finger's would raise the keyboard over what there is
    /// to read (E-15 allows both).
    fn focus_to_write(&mut self) {
        let target = if self.model.touch { Target::Title } else { Target::Composer };
        self.push(Effect::Focus(target));
    }

    fn happened(&mut self, name: &'static str) {
        self.push(Effect::Tell(Tell::Happened(name)));
    }

    fn keep_session(&mut self) {
        if let Some(kept) = self.model.kept_session() {
            self.push(Effect::KeepSession(kept));
        }
    }

    fn keep_outbox(&mut self) {
        if self.model.has_sent {
            let kept = self.model.kept_outbox();
            self.push(Effect::KeepOutbox(kept));
        }
    }

    /// Drops the transcript, and says why where there is a reason to. What waits stays.
    fn clear(&mut self, why: Option<NoteKind>) {
        let model = &mut *self.model;
        model.messages.clear();
        model.replies.clear();
        model.notes.clear();
        model.asked_again = None;
        model.expires_at = None;
        model.announcer.forget();
        model.generation += 1;
        model.list_version += 1;
        self.push(Effect::Cancel(TimerId::StillWorking));
        let words = self.model.options.strings;
        if let Some(kind) = why {
            let text = if kind == NoteKind::Full { words.full } else { words.ended };
            self.model.notes.push(Note { after_seq: 0, kind });
            self.announce(text);
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
