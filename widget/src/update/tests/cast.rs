//! The cast: a chat with everything that it asked to be done, and the words of its relay.

use protocol::{
    AuthorKind, ClientMessage, ClientMsgId, ConversationId, Epoch, Failure, FailureCode, Finish,
    Message, Offer, ReplyId, ServerMessage, SessionToken,
    client::Hello,
    dealer::{Contact, DealerView, Notice, Theme},
    lead::{Channel, ConsentOption, FieldKind, FormField, LeadForm},
    server::{Resumed, Welcome},
};

use crate::{
    effect::{Effect, Tell},
    event::{Event, Heard, Moment, Page, TimerId, Visitor},
    kept::{KeptOutbox, KeptSession},
    model::Model,
    options::Options,
    strings::english,
    update::update,
};

/// A chat, and all that it asked for since the last look.
pub(crate) struct Chat {
    pub(crate) model: Model,
    pub(crate) effects: Vec<Effect>,
    pub(crate) now_ms: i64,
}

impl Chat {
    /// A page that stands alone and has just been opened.
    pub(crate) fn opened() -> Self {
        Self::opened_with(None, None)
    }

    /// The same, with what the tab had kept.
    pub(crate) fn opened_with(session: Option<KeptSession>, outbox: Option<KeptOutbox>) -> Self {
        let socket = "wss://relay.example/v1/chat";
        let options = Options::read("site_harbour", socket, "en", None, english());
        let model = Model::new(options.expect("the attributes are good"));
        let mut chat = Self { model, effects: Vec::new(), now_ms: 0 };
        let outbox = outbox.map(Box::new);
        let mounted = Page::Mounted { session, outbox, online: true, calm: false, touch: false };
        chat.tell(Event::Page(mounted));
        chat
    }

    /// A chat that was welcomed as new.
    pub(crate) fn ready() -> Self {
        let mut chat = Self::opened();
        chat.link_up(Resumed::New, Vec::new());
        chat.effects.clear();
        chat
    }

    pub(crate) fn tell(&mut self, event: Event) {
        let at = Moment { now_ms: self.now_ms, random: 1 << 31 };
        self.effects.extend(update(&mut self.model, event, at));
    }

    pub(crate) fn hear(&mut self, message: ServerMessage) {
        self.tell(Event::Link(Heard::Frame(message)));
    }

    pub(crate) fn act(&mut self, act: Visitor) {
        self.tell(Event::Visitor(act));
    }

    pub(crate) fn due(&mut self, timer: TimerId) {
        self.tell(Event::Timer(timer));
    }

    pub(crate) fn close(&mut self, code: u16) {
        self.tell(Event::Link(Heard::Closed(code)));
    }

    /// The socket opens and the relay welcomes with these messages.
    pub(crate) fn link_up(&mut self, resumed: Resumed, messages: Vec<Message>) {
        self.tell(Event::Link(Heard::Opened));
        self.hear(welcome(resumed, messages, None));
    }

    /// Types and sends; the message has the id number `n`.
    pub(crate) fn say(&mut self, n: u8, text: &str) {
        self.act(Visitor::Typed(text.to_owned()));
        self.act(Visitor::Submit(msg_id(n)));
    }

    pub(crate) fn accept(&mut self, n: u8, seq: u64) {
        self.hear(accepted(n, seq, Some(reply_id(n))));
    }

    /// What was sent since the last look.
    pub(crate) fn sent(&mut self) -> Vec<ClientMessage> {
        let sent = self.effects.iter().filter_map(|effect| match effect {
            Effect::Send(message) => Some(message.clone()),
            _ => None,
        });
        let sent = sent.collect();
        self.effects.clear();
        sent
    }

    /// The texts of the messages that were sent since the last look, with their ids.
    pub(crate) fn said(&mut self) -> Vec<(ClientMsgId, String)> {
        let said = self.sent().into_iter().filter_map(|message| match message {
            ClientMessage::Say { client_msg_id, text } => Some((client_msg_id, text)),
            _ => None,
        });
        said.collect()
    }

    pub(crate) fn hello(&mut self) -> Hello {
        let hello = self.sent().into_iter().find_map(|message| match message {
            ClientMessage::Hello(hello) => Some(hello),
            _ => None,
        });
        hello.expect("a hello was sent")
    }

    /// What a screen reader was told since the last look.
    pub(crate) fn spoken(&mut self) -> Vec<String> {
        let spoken = self.effects.iter().filter_map(|effect| match effect {
            Effect::Announce(text) | Effect::Alert(text) => Some(text.clone()),
            _ => None,
        });
        let spoken = spoken.collect();
        self.effects.clear();
        spoken
    }

    pub(crate) fn happened(&self, name: &'static str) -> usize {
        self.effects.iter().filter(|e| **e == Effect::Tell(Tell::Happened(name))).count()
    }

    pub(crate) fn timer(&self, wanted: TimerId) -> Option<u32> {
        self.effects.iter().rev().find_map(|effect| match effect {
            Effect::After(timer, delay_ms) if *timer == wanted => Some(*delay_ms),
            _ => None,
        })
    }

    pub(crate) fn connects(&self) -> bool {
        self.effects.contains(&Effect::Connect)
    }

    pub(crate) fn texts(&self) -> Vec<&str> {
        self.model.messages.iter().map(|message| message.text.as_str()).collect()
    }

    pub(crate) fn keeps_session(&self) -> bool {
        self.effects.iter().any(|effect| matches!(effect, Effect::KeepSession(_)))
    }
}

pub(crate) fn msg_id(n: u8) -> ClientMsgId {
    ClientMsgId::from_bytes(&[n; 16])
}

pub(crate) fn reply_id(n: u8) -> ReplyId {
    ReplyId::from_bytes(&[n; 16])
}

pub(crate) fn epoch() -> Epoch {
    Epoch::from_bytes(&[1; 16])
}

pub(crate) fn conversation() -> ConversationId {
    ConversationId::from_bytes(&[1; 16])
}

pub(crate) fn token() -> SessionToken {
    SessionToken::from_bytes(&[1; 32])
}

pub(crate) fn kept_session(chat: &Chat) -> KeptSession {
    chat.model.kept_session().expect("there is a session")
}

pub(crate) fn welcome(
    resumed: Resumed,
    messages: Vec<Message>,
    reply: Option<ReplyId>,
) -> ServerMessage {
    let new = resumed == Resumed::New;
    ServerMessage::Welcome(Box::new(Welcome {
        protocol: 1,
        epoch: epoch(),
        resumed,
        token: new.then(token),
        conversation: (!new).then(conversation),
        messages,
        more: false,
        reply,
        dealer: dealer(),
        expires_at: None,
    }))
}

pub(crate) fn accepted(n: u8, seq: u64, reply: Option<ReplyId>) -> ServerMessage {
    ServerMessage::Accepted {
        client_msg_id: msg_id(n),
        seq,
        at: 0,
        conversation: conversation(),
        expires_at: 1,
        reply_id: reply,
    }
}

pub(crate) fn delta(n: u8, offset: u64, text: &str) -> ServerMessage {
    ServerMessage::Delta { reply_id: reply_id(n), offset, text: text.to_owned() }
}

pub(crate) fn done(n: u8, seq: u64, text: &str, finish: Finish) -> ServerMessage {
    let message = answer(n, seq, text, finish);
    ServerMessage::Done { reply_id: reply_id(n), message, expires_at: 2 }
}

pub(crate) fn answer(n: u8, seq: u64, text: &str, finish: Finish) -> Message {
    Message {
        author_kind: AuthorKind::Ai,
        client_msg_id: None,
        reply_id: Some(reply_id(n)),
        finish: Some(finish),
        ..question(n, seq, text)
    }
}

pub(crate) fn question(n: u8, seq: u64, text: &str) -> Message {
    Message {
        seq,
        author_kind: AuthorKind::Visitor,
        text: text.to_owned(),
        at: 0,
        client_msg_id: Some(msg_id(n)),
        reply_id: None,
        finish: None,
        generator: None,
        sources: Vec::new(),
        offer: Offer::None,
    }
}

pub(crate) fn failed(code: FailureCode, n: Option<u8>, after_ms: Option<u64>) -> ServerMessage {
    let mut failure = Failure::new(code, "for a developer");
    failure.client_msg_id = n.map(msg_id);
    failure.retry_after_ms = after_ms;
    ServerMessage::Failed(failure)
}

fn dealer() -> DealerView {
    let field = |kind, required| FormField { kind, required };
    let option = ConsentOption {
        channel: Channel::Email,
        text: "E-mail me offers".to_owned(),
        version: "v1".to_owned(),
    };
    DealerView {
        name: "Harbour Cars".to_owned(),
        assistant: "AI assistant".to_owned(),
        privacy_url: "https://harbour.example/privacy".to_owned(),
        notice: Notice {
            version: "n1".to_owned(),
            lang: "en".to_owned(),
            text: "This is an AI.".to_owned(),
            details: Vec::new(),
        },
        greeting: "Hello".to_owned(),
        suggestions: vec!["When are you open?".to_owned()],
        contact: Contact::default(),
        theme: Theme::default(),
        lead_form: LeadForm {
            fields: vec![field(FieldKind::Name, true), field(FieldKind::Email, false)],
            consents: vec![option],
            ..LeadForm::default()
        },
    }
}
