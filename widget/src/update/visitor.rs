//! What the visitor does.

use protocol::{ClientMessage, ClientMsgId, ReplyId, mask::masked};

use crate::{
    effect::{Effect, Target, Tell},
    event::{TimerId, Visitor},
    limits::SAVE_DRAFT_MS,
    model::{Body, Link, Panel, Progress},
    screen::{self, Counter},
    strings,
    update::Turn,
};

impl Turn<'_> {
    pub(super) fn visitor(&mut self, act: Visitor) {
        match act {
            Visitor::Typed(text) => self.typed(text),
            Visitor::Submit(id) => self.submit(id),
            Visitor::Suggest(index, id) => self.suggest(index, id),
            Visitor::Stop => self.stop(),
            Visitor::Down => self.down(),
            Visitor::Again(reply) => self.again(reply),
            Visitor::Resend(id) => self.resend(&id),
            Visitor::Edit(id) => self.edit(&id),
            Visitor::TryNow => self.try_now(),
            Visitor::Close => self.push(Effect::Tell(Tell::Close)),
            Visitor::Escape if self.model.panel != Panel::Chat => self.close_panel(),
            Visitor::Escape if self.model.options.embedded => self.push(Effect::Tell(Tell::Close)),
            Visitor::Escape => {}
            Visitor::OpenPerson => self.open_panel(Panel::Person),
            Visitor::OpenLead => self.open_panel(Panel::Lead),
            Visitor::OpenForm(kind) => self.open_form(kind),
            Visitor::Choose(kind) => self.choose(kind),
            Visitor::ClosePanel => self.close_panel(),
            Visitor::Field(kind, text) => {
                self.model.lead.fields.set(kind, Some(text));
                self.keep_later();
            }
            Visitor::Half(kind) => self.review_half(kind),
            Visitor::Tick(index, given) => self.tick(index, given),
            Visitor::Announced(on) => {
                self.model.quiet = !on;
                self.keep_outbox();
            }
            Visitor::Whole(on) => {
                self.model.whole = on;
                self.keep_outbox();
            }
            Visitor::Review => self.review(),
            Visitor::Amend => self.amend(),
            Visitor::SendLead(id) => self.send_lead(id),
        }
    }

    /// The button goes with the reply, so the focus goes on.
    fn stop(&mut self) {
        let Some(reply) = self.model.replies.first() else { return };
        if screen::can_stop(self.model) {
            let reply = reply.id.clone();
            self.model.stopped = Some(reply.clone());
            self.push(Effect::Send(ClientMessage::Stop { reply_id: Some(reply) }));
            self.focus_to_write();
        }
    }

    fn down(&mut self) {
        self.model.follows = true;
        self.model.missed = false;
        self.follow();
        self.focus_to_write();
    }

    /// For the tab's next page, once something was sent (B-02).
    pub(super) fn keep_later(&mut self) {
        if self.model.has_sent {
            self.after(TimerId::SaveDraft, SAVE_DRAFT_MS);
        }
    }

    /// The draft is kept in the model at once, and for the tab's next page once something was sent.
    fn typed(&mut self, text: String) {
        self.model.draft = text;
        self.keep_later();
        if self.model.link == Link::Asleep {
            self.connect();
        }
    }

    fn submit(&mut self, id: ClientMsgId) {
        if !screen::can_send(self.model) {
            if let Counter::Over(chars) = screen::counter(self.model) {
                let chars = strings::number(chars as u64);
                self.alert(strings::fill(self.model.options.strings.over, &[&chars]));
            }
            return;
        }
        // Before it leaves the browser (B-55).
        let text = masked(self.model.draft.trim()).into_owned();
        if self.say(id, text) {
            self.model.draft.clear();
            self.keep_outbox();
            self.push(Effect::Focus(Target::Composer));
        }
    }

    fn suggest(&mut self, index: usize, id: ClientMsgId) {
        let suggestions = self.model.dealer.as_ref().map(|dealer| &dealer.suggestions);
        let Some(text) = suggestions.and_then(|all| all.get(index)).cloned() else { return };
        if screen::suggests(self.model) && self.say(id, text) {
            self.keep_outbox();
            self.focus_to_write();
        }
    }

    fn say(&mut self, id: ClientMsgId, text: String) -> bool {
        let taken = self.enqueue(id, Body::Say(text));
        if taken {
            self.model.follows = true;
            self.follow();
            self.wake();
            self.flush();
        }
        taken
    }

    fn again(&mut self, reply: ReplyId) {
        if self.model.link == Link::Ready && self.model.asked_again.is_none() {
            self.model.asked_again = Some(reply.clone());
            self.model.list_version += 1;
            self.push(Effect::Send(ClientMessage::Retry { reply_id: reply }));
            self.push(Effect::Focus(Target::Title));
        }
    }

    fn resend(&mut self, id: &ClientMsgId) {
        let found = self.model.outbox.iter_mut().find(|pending| pending.id == *id);
        let Some(pending) = found.filter(|p| matches!(p.state, Progress::Refused(_))) else {
            return;
        };
        pending.state = Progress::Waiting;
        self.model.list_version += 1;
        self.wake();
        self.flush();
        self.push(Effect::Focus(Target::Composer));
    }

    /// A refused message comes back to the composer, before what stands there.
    fn edit(&mut self, id: &ClientMsgId) {
        let found = self.model.outbox.iter().find(|pending| pending.id == *id);
        let Some(pending) = found.filter(|p| matches!(p.state, Progress::Refused(_))) else {
            return;
        };
        if let Body::Lead(_) = pending.body {
            return self.open_panel(Panel::Lead);
        }
        if let Some(Body::Say(mut text)) = self.take_pending(id) {
            if !self.model.draft.is_empty() {
                text.push('\n');
                text.push_str(&self.model.draft);
            }
            self.model.draft = text;
            self.keep_outbox();
            self.push(Effect::Focus(Target::Composer));
        }
    }

    fn try_now(&mut self) {
        if matches!(self.model.link, Link::Waiting | Link::Refused(_) | Link::Asleep | Link::Idle) {
            self.model.attempt = 0;
            self.connect();
            self.push(Effect::Focus(Target::Composer));
        }
    }
}
