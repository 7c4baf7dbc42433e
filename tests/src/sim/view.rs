//! What one tab was promised and what it shows, held against what is kept.

use std::sync::Arc;

use protocol::{ConversationId, Message, ServerMessage, SessionToken, server::Resumed};
use relay::store::NO_GENERATOR;
use widget::model::{Link, Model};

use super::{World, tag::Tag};

/// How late expiry may be (I8).
const LATE_MS: i64 = 3_600_000;

/// What one tab was promised and what it shows.
#[derive(Default)]
pub struct View {
    /// At the last `hello`: the conversation, how many of its messages had been acknowledged to
    /// anybody, and the incarnation of the database.
    greeted: Option<(ConversationId, usize, u64)>,
    /// Whether that `hello` was answered by a conversation.
    is_welcomed: bool,
    /// How much of which transcript was compared: messages, and the widget's own count.
    compared: (usize, u32),
}

impl View {
    /// The page is another.
    pub fn forget(&mut self) {
        *self = Self::default();
    }

    /// The tab says `hello`.
    pub fn greets(&mut self, world: &World, model: &Model) {
        let session = model.session.as_ref().filter(|session| session.used);
        let conversation = session.and_then(|session| session.conversation.clone());
        self.is_welcomed = false;
        self.greeted = conversation.map(|conversation| {
            let promised = |check: &mut super::check::Check| {
                check.promised(&conversation).map_or(0, |promised| promised.acks.len())
            };
            let n_acks = world.with_check(promised);
            (conversation, n_acks, world.era())
        });
    }

    /// The welcome named a conversation.
    pub fn welcomed(&mut self, is_welcome: bool) {
        self.is_welcomed |= is_welcome;
    }

    /// Takes note of what a frame promises, and of whose words are in it.
    pub fn before(
        &mut self,
        world: &Arc<World>,
        (number, tag): (usize, Tag),
        era: u64,
        token: Option<&SessionToken>,
        message: &ServerMessage,
    ) {
        let is_own = |text: &str| text.is_empty() || Tag::of(text) == Some(tag);
        // Where nothing could be read, the relay answers in words of its own.
        let by_relay = |m: &Message| m.generator.as_deref() == Some(NO_GENERATOR);
        let is_own_message = |m: &Message| is_own(&m.text) || by_relay(m);
        let all_own = |messages: &[Message]| messages.iter().all(is_own_message);
        let own = match message {
            ServerMessage::Welcome(welcome) => all_own(&welcome.messages),
            ServerMessage::History { messages, .. } => all_own(messages),
            ServerMessage::Delta { offset: 0, text, .. } => is_own(text),
            ServerMessage::Done { message, .. } => is_own_message(message),
            _ => true,
        };
        if !own {
            world.breach(7, || format!("tab {number} of {tag} is shown the words of others"));
        }
        match message {
            // What an earlier incarnation had promised is not held against a restored one.
            _ if era != world.era() => {}
            ServerMessage::Accepted {
                client_msg_id: id, seq, conversation, expires_at, ..
            } => {
                let noted =
                    world.with_check(|check| check.acked(conversation, id, *seq, *expires_at));
                if let Some(what) = noted {
                    world.breach(3, || what);
                }
            }
            ServerMessage::LeadTaken { client_msg_id, lead } => {
                let Some(token) = token else { return };
                let noted = world.with_check(|check| check.lead_taken(client_msg_id, token, lead));
                if let Some(what) = noted {
                    world.breach(3, || what);
                }
            }
            ServerMessage::Welcome(welcome) => {
                self.on_welcome(world, number, welcome.resumed, welcome.expires_at);
            }
            _ => {}
        }
    }

    /// A conversation with acknowledged words is found again until it is due, and not much longer.
    fn on_welcome(
        &self,
        world: &Arc<World>,
        number: usize,
        resumed: Resumed,
        expires_at: Option<i64>,
    ) {
        let now = world.wall().millis();
        if !world.is_clock_sure() {
            return;
        }
        if expires_at.is_some_and(|end| end + LATE_MS < now) {
            world.breach(8, || format!("tab {number} is shown what expired long ago"));
        }
        let Some((conversation, n_acks, era)) = &self.greeted else { return };
        if resumed != Resumed::New || *era != world.era() || *n_acks == 0 {
            return;
        }
        let promised = world.with_check(|check| check.promised(conversation).cloned());
        if promised.is_some_and(|promised| now < promised.expires_at) {
            world.breach(1, || {
                format!("tab {number} does not find {conversation} again, where {n_acks} messages were acknowledged")
            });
        }
    }

    /// Compares what the tab shows now.
    pub fn after(&mut self, world: &Arc<World>, number: usize, model: &Model) {
        if model.link != Link::Ready {
            return;
        }
        if std::mem::take(&mut self.is_welcomed) {
            self.holds_what_was_promised(world, number, model);
        }
        let shown = (model.messages.len(), model.generation);
        if shown != std::mem::replace(&mut self.compared, shown) {
            compare(world, number, model);
        }
    }

    /// Whatever was acknowledged before a `hello` is there after its welcome (I1).
    fn holds_what_was_promised(&self, world: &Arc<World>, number: usize, model: &Model) {
        let Some((conversation, n_acks, era)) = &self.greeted else { return };
        let session = model.session.as_ref();
        let same = session.and_then(|s| s.conversation.as_ref()) == Some(conversation);
        if !same || *era != world.era() {
            return;
        }
        let promised = world.with_check(|check| check.promised(conversation).cloned());
        for (id, seq) in promised.iter().flat_map(|promised| promised.acks.iter().take(*n_acks)) {
            let is_it = |m: &Message| m.seq == *seq && m.client_msg_id.as_ref() == Some(id);
            if !model.messages.iter().any(is_it) {
                return world.breach(1, || {
                    format!("{id} was acknowledged as {seq}, and tab {number} does not show it after its resume")
                });
            }
        }
    }
}

/// What a tab shows is a prefix of what is kept, byte by byte (I2, I4).
fn compare(world: &Arc<World>, number: usize, model: &Model) {
    let Some(session) = &model.session else { return };
    let Some(conversation) = &session.conversation else { return };
    if session.epoch != world.epoch() {
        return;
    }
    let differs = world.with_disk(|disk| {
        let talk = disk.book.talk(conversation)?;
        if talk.messages.starts_with(&model.messages) {
            return None;
        }
        let seqs: Vec<u64> = model.messages.iter().map(|message| message.seq).collect();
        Some((talk.messages.len(), seqs))
    });
    if let Some((kept, seqs)) = differs {
        world.breach(4, || {
            format!("tab {number} shows {seqs:?} of {kept} messages of {conversation}, no prefix")
        });
    }
}

/// Whether a tab that is connected shows all that is kept (I10).
pub fn shows_all(world: &Arc<World>, model: &Model) -> bool {
    let conversation = model.session.as_ref().and_then(|session| session.conversation.as_ref());
    let Some(conversation) = conversation.filter(|_| model.link == Link::Ready) else {
        return true;
    };
    world.with_disk(|disk| {
        let kept = disk.book.talk(conversation);
        kept.is_none_or(|talk| talk.messages.len() == model.messages.len())
    })
}
