//! What the relay says, applied so that saying it twice changes nothing.

use protocol::{
    AuthorKind, ClientMsgId, ConversationId, LeadId, Message, Offer, ReplyId, ServerMessage,
    server::{Resumed, Welcome},
};

use crate::{
    effect::{Effect, Tell},
    event::TimerId,
    limits::{MAX_REPLIES, STILL_WORKING_MS},
    model::{Body, Link, Note, NoteKind, Reply, Session},
    strings,
    update::Turn,
};

impl Turn<'_> {
    pub(super) fn frame(&mut self, message: ServerMessage) {
        if self.model.awaiting_pong {
            self.model.awaiting_pong = false;
            self.push(Effect::Cancel(TimerId::Pong));
        }
        let greeted = matches!(self.model.link, Link::Ready | Link::CatchingUp);
        match message {
            ServerMessage::Welcome(welcome) if self.model.link == Link::Greeting => {
                self.welcome(*welcome);
            }
            ServerMessage::Failed(failure) => self.failed(&failure),
            _ if !greeted => {}
            ServerMessage::History { messages, more } => self.history(messages, more),
            ServerMessage::Accepted {
                client_msg_id,
                seq,
                at,
                conversation,
                expires_at,
                reply_id,
            } => {
                self.model.expires_at = Some(expires_at);
                self.belongs_to(conversation);
                self.accepted(&client_msg_id, seq, at);
                if let Some(reply) = reply_id {
                    self.reply_begins(reply);
                }
                self.mind_the_gap(seq);
                self.flush();
            }
            ServerMessage::Delta { reply_id, offset, text } => self.delta(&reply_id, offset, &text),
            ServerMessage::Done { reply_id, message, expires_at } => {
                self.model.expires_at = Some(expires_at);
                self.done(&reply_id, message);
            }
            ServerMessage::LeadTaken { client_msg_id, lead } => {
                self.lead_taken(&client_msg_id, &lead);
            }
            ServerMessage::Pong => self.proved(),
            ServerMessage::Welcome(_) => {}
        }
    }

    fn welcome(&mut self, welcome: Welcome) {
        self.model.restarting = false;
        match welcome.resumed {
            Resumed::New => self.begin_new(&welcome),
            Resumed::Complete => self.go_on(&welcome),
            Resumed::Incomplete => {
                let replies = std::mem::take(&mut self.model.replies);
                self.clear(None);
                self.model.replies = replies;
                self.go_on(&welcome);
            }
        }
        // A form in which somebody writes is drawn anew only if it must be: that takes the focus from it.
        let same = self.model.dealer.as_ref().is_some_and(|known| {
            known.contact == welcome.dealer.contact && known.lead_form == welcome.dealer.lead_form
        });
        if !same {
            self.model.panel_version += 1;
        }
        self.model.dealer = Some(welcome.dealer);
        self.model.welcomed_at_ms = self.at.now_ms;
        self.model.expires_at = welcome.expires_at;
        // A reply that is no longer written is among the messages, or was never kept.
        self.model.replies.retain(|reply| welcome.reply.as_ref() == Some(&reply.id));
        self.history(welcome.messages, welcome.more);
        if let Some(reply) = welcome.reply {
            self.reply_begins(reply);
        }
    }

    /// There is nothing to resume. Where there had been something, the visitor is told.
    fn begin_new(&mut self, welcome: &Welcome) {
        let session = self.model.session.take();
        let was_used = session.as_ref().is_some_and(|session| session.used);
        let was_known = session.is_some_and(|session| session.conversation.is_some());
        if was_known || !self.model.messages.is_empty() {
            self.clear(Some(NoteKind::Ended));
        }
        if was_used {
            self.push(Effect::ForgetSession);
        }
        let epoch = welcome.epoch.clone();
        self.model.session = welcome.token.clone().map(|token| Session {
            token,
            epoch,
            conversation: None,
            used: false,
        });
    }

    /// The conversation goes on.
    fn go_on(&mut self, welcome: &Welcome) {
        if let Some(session) = &mut self.model.session {
            session.epoch = welcome.epoch.clone();
            session.used = true;
            if welcome.conversation.is_some() {
                session.conversation.clone_from(&welcome.conversation);
            }
            self.keep_session();
        }
    }

    fn history(&mut self, messages: Vec<Message>, more: bool) {
        for message in messages {
            self.place(message, false);
        }
        if more {
            self.model.link = Link::CatchingUp;
        } else if self.model.link != Link::Ready {
            self.ready();
        }
    }

    /// Puts a message in its place, once, and says it once.
    fn place(&mut self, message: Message, live: bool) {
        let is_new = self.model.messages.binary_search_by_key(&message.seq, |m| m.seq).is_err();
        if let Some(id) = &message.client_msg_id
            && self.take_pending(id).is_some()
        {
            self.keep_outbox();
        }
        if let Some(id) = &message.reply_id {
            self.model.replies.retain(|reply| reply.id != *id);
        }
        let words = self.model.options.strings;
        let stopped = message.reply_id.is_some() && message.reply_id == self.model.stopped;
        for text in self.model.announcer.placed(&message, live && is_new, stopped, words) {
            self.announce_reply(text);
        }
        if live && is_new && message.author_kind != AuthorKind::Visitor {
            self.happened("reply-received");
            self.model.missed = !self.model.follows;
            if !self.model.shown {
                self.model.unread += 1;
                self.push(Effect::Tell(Tell::Unread(self.model.unread)));
            }
        }
        self.model.place(message);
    }

    /// The relay names the conversation; another one than before means that that one is gone.
    fn belongs_to(&mut self, conversation: ConversationId) {
        self.proved();
        let known = self.model.session.as_ref().and_then(|session| session.conversation.clone());
        if known.as_ref() == Some(&conversation) {
            return;
        }
        if known.is_some() {
            self.clear(Some(NoteKind::Ended));
        }
        if let Some(session) = &mut self.model.session {
            session.conversation = Some(conversation);
            session.used = true;
            self.keep_session();
        }
        self.happened("conversation-started");
    }

    /// What was pending is a message now. Accepted twice: the second finds nothing pending.
    fn accepted(&mut self, id: &ClientMsgId, seq: u64, at: i64) {
        let Some(Body::Say(text)) = self.take_pending(id) else { return };
        self.model.place(Message {
            seq,
            author_kind: AuthorKind::Visitor,
            text,
            at,
            client_msg_id: Some(id.clone()),
            reply_id: None,
            finish: None,
            generator: None,
            sources: Vec::new(),
            offer: Offer::None,
        });
        self.happened("message-sent");
        self.keep_outbox();
    }

    /// A reply is followed from here on, unless it has ended already.
    fn reply_begins(&mut self, id: ReplyId) {
        if self.has_ended(&id) || self.model.replies.iter().any(|reply| reply.id == id) {
            return;
        }
        let assistant = self.model.assistant().to_owned();
        let words = self.model.options.strings;
        if let Some(text) = self.model.announcer.begins(&id, &assistant, words) {
            self.announce_reply(text);
        }
        if MAX_REPLIES <= self.model.replies.len() {
            self.model.replies.remove(0);
        }
        let grew_at_ms = self.at.now_ms;
        self.model.replies.push(Reply {
            id,
            text: String::new(),
            chars: 0,
            grew_at_ms,
            whole: false,
        });
        self.model.asked_again = None;
        self.model.list_version += 1;
        self.after(TimerId::StillWorking, STILL_WORKING_MS);
    }

    fn has_ended(&self, id: &ReplyId) -> bool {
        self.model.messages.iter().rev().any(|message| message.reply_id.as_ref() == Some(id))
    }

    /// More of a reply: what is known is skipped, and a gap is asked for.
    fn delta(&mut self, id: &ReplyId, offset: u64, text: &str) {
        if self.has_ended(id) {
            return;
        }
        if offset == 0 {
            self.reply_begins(id.clone());
        }
        let now_ms = self.at.now_ms;
        let Some(reply) = self.model.replies.iter_mut().find(|reply| reply.id == *id) else {
            return self.resync();
        };
        let Some(known) = reply.chars.checked_sub(offset) else { return self.resync() };
        let skip = usize::try_from(known).unwrap_or(usize::MAX);
        for c in text.chars().skip(skip) {
            reply.text.push(c);
            reply.chars += 1;
        }
        reply.grew_at_ms = now_ms;
        self.proved();
    }

    /// A reply has ended: its message is the whole of it.
    fn done(&mut self, id: &ReplyId, message: Message) {
        self.proved();
        self.model.replies.retain(|reply| reply.id != *id);
        self.model.asked_again = None;
        self.model.list_version += 1;
        if self.model.replies.is_empty() {
            self.push(Effect::Cancel(TimerId::StillWorking));
        }
        let seq = message.seq;
        self.place(message, true);
        self.mind_the_gap(seq);
        self.flush();
    }

    /// `seq` is gapless: where one is missing, something was missed.
    fn mind_the_gap(&mut self, seq: u64) {
        if self.model.link == Link::Ready && self.model.known_up_to() < seq {
            self.resync();
        }
    }

    fn lead_taken(&mut self, id: &ClientMsgId, lead: &LeadId) {
        self.proved();
        if self.take_pending(id).is_none() {
            return;
        }
        let after_seq = self.model.messages.last().map_or(0, |message| message.seq);
        let reference = lead.as_str().to_owned();
        self.lead_stands_taken(id, &reference);
        self.model.notes.push(Note { after_seq, kind: NoteKind::LeadTaken(reference) });
        let words = self.model.options.strings;
        let text = strings::fill(words.lead_taken, &[self.model.dealer_name()]);
        self.announce(text);
        self.happened("lead-sent");
        self.keep_outbox();
        self.flush();
    }
}
