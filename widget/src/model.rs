//! All that the chat knows: plain data, no web types, no decisions.

use protocol::{
    ClientMsgId, ConversationId, Epoch, FailureCode, Message, ReplyId, SessionToken,
    client::{Hello, ReplyPlace, Resume},
    dealer::DealerView,
};

use crate::{
    announce::Announcer,
    kept::{KeptItem, KeptLead, KeptOutbox, KeptSession},
    lead::LeadDraft,
    options::Options,
};

/// The state of the chat.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own; none excludes another"
)]
pub struct Model {
    /// What the page said at the start.
    pub options: Options,
    /// The socket, as far as it has come.
    pub link: Link,
    /// Tries since the link last proved itself; a welcome alone proves nothing.
    pub attempt: u32,
    /// Whether there was a welcome on this page: "connecting" or "reconnecting".
    pub was_ready: bool,
    /// Whether the relay said that it restarts.
    pub restarting: bool,
    /// Whether the loss of the link was said, so that its return is said too.
    pub loss_said: bool,
    /// Whether a `ping` waits for its answer.
    pub awaiting_pong: bool,
    /// What the browser says of its network; a hint for words, never a reason not to try.
    pub online: bool,
    /// What proves that this tab holds the conversation.
    pub session: Option<Session>,
    /// Who answers, after the first welcome.
    pub dealer: Option<DealerView>,
    /// When that welcome came, by the visitor's clock.
    pub welcomed_at_ms: i64,
    /// Whether that was so short before the panel opened that "open now" still holds.
    pub knows_open: bool,
    /// When the conversation will be deleted if nothing more is said.
    pub expires_at: Option<i64>,
    /// What is kept at the relay, by `seq`. Invariant: sorted, no `seq` twice.
    pub messages: Vec<Message>,
    /// Replies that are being written, oldest first; bounded by `MAX_REPLIES`.
    pub replies: Vec<Reply>,
    /// A reply that was asked for again and has not begun.
    pub asked_again: Option<ReplyId>,
    /// What is not acknowledged, oldest first; bounded by `MAX_OUTBOX`. At most one is `Sent`.
    pub outbox: Vec<Pending>,
    /// Whether the relay asked to wait before the next message.
    pub held: bool,
    /// Lines of the chat itself between the messages.
    pub notes: Vec<Note>,
    /// What stands in the composer.
    pub draft: String,
    /// Whether the visitor has sent something: before that nothing is stored (D2).
    pub has_sent: bool,
    /// What covers the transcript.
    pub panel: Panel,
    /// The reply that the visitor has stopped last.
    pub stopped: Option<ReplyId>,
    /// Whether the newest lines are in sight: then they stay so.
    pub follows: bool,
    /// Whether something came while they were not.
    pub missed: bool,
    /// Whether replies are not announced (E-45).
    pub quiet: bool,
    /// Whether replies are shown only when they are whole (E-45).
    pub whole: bool,
    /// The form.
    pub lead: LeadDraft,
    /// What a screen reader hears of replies.
    pub announcer: Announcer,
    /// Whether the visitor sees the chat.
    pub shown: bool,
    /// Replies that came unseen.
    pub unread: u32,
    /// Whether text should appear in blocks (E-14).
    pub calm: bool,
    /// Whether a finger is the pointer.
    pub touch: bool,
    /// Counts the transcripts that this page has shown: a new one has the same `seq`s again.
    pub generation: u32,
    /// Counts what changed in the list of messages, so that the view needs not compare them all.
    pub list_version: u32,
    /// Counts what changed in the panel's shape; typing changes nothing of it.
    pub panel_version: u32,
}

impl Model {
    /// A chat that nothing has happened to.
    pub fn new(options: Options) -> Self {
        Self {
            shown: !options.embedded,
            options,
            link: Link::Idle,
            attempt: 0,
            was_ready: false,
            restarting: false,
            loss_said: false,
            awaiting_pong: false,
            online: true,
            session: None,
            dealer: None,
            welcomed_at_ms: 0,
            knows_open: false,
            expires_at: None,
            messages: Vec::new(),
            replies: Vec::new(),
            asked_again: None,
            outbox: Vec::new(),
            held: false,
            notes: Vec::new(),
            draft: String::new(),
            has_sent: false,
            panel: Panel::Chat,
            stopped: None,
            follows: true,
            missed: false,
            quiet: false,
            whole: false,
            lead: LeadDraft::default(),
            announcer: Announcer::default(),
            unread: 0,
            calm: false,
            touch: false,
            generation: 0,
            list_version: 0,
            panel_version: 0,
        }
    }

    /// The name of the assistant, as far as it is known.
    pub fn assistant(&self) -> &str {
        self.dealer.as_ref().map_or(self.options.strings.ai, |dealer| &dealer.assistant)
    }

    /// The name of the dealer, as far as it is known.
    pub fn dealer_name(&self) -> &str {
        self.dealer.as_ref().map_or("", |dealer| &dealer.name)
    }

    /// The last `seq` before the first gap: all up to here is known.
    pub fn known_up_to(&self) -> u64 {
        let mut up_to = 0;
        for message in &self.messages {
            if message.seq != up_to + 1 {
                break;
            }
            up_to = message.seq;
        }
        up_to
    }

    /// The first frame, with the place to resume from.
    pub fn hello(&self) -> Hello {
        let resume = self.session.as_ref().filter(|session| session.used).map(|session| Resume {
            token: session.token.clone(),
            epoch: session.epoch.clone(),
            after_seq: self.known_up_to(),
            reply: self
                .replies
                .first()
                .map(|reply| ReplyPlace { id: reply.id.clone(), offset: reply.chars }),
        });
        Hello {
            protocol: protocol::PROTOCOL_VERSION,
            site_key: self.options.site.clone(),
            resume,
            locale: self.options.locale.clone(),
            build: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }

    /// Puts a message in its place; the same `seq` again replaces what stood there.
    pub fn place(&mut self, message: Message) {
        self.list_version += 1;
        match self.messages.binary_search_by_key(&message.seq, |m| m.seq) {
            Ok(at) => self.messages[at] = message,
            Err(at) => self.messages.insert(at, message),
        }
    }

    /// The session in the shape in which it is kept.
    pub fn kept_session(&self) -> Option<KeptSession> {
        self.session.as_ref().map(|session| KeptSession {
            site: self.options.site.clone(),
            token: session.token.clone(),
            epoch: session.epoch.clone(),
            conversation: session.conversation.clone(),
        })
    }

    /// What is not sent yet, in the shape in which it is kept.
    pub fn kept_outbox(&self) -> KeptOutbox {
        let waiting = self.outbox.iter().map(|pending| {
            let (text, lead) = match pending.body.clone() {
                Body::Say(text) => (Some(text), None),
                Body::Lead(lead) => (None, Some(*lead)),
            };
            let refused = match pending.state {
                Progress::Refused(code) => Some(code),
                Progress::Waiting | Progress::Sent => None,
            };
            KeptItem { id: pending.id.clone(), text, lead, refused }
        });
        KeptOutbox {
            site: self.options.site.clone(),
            draft: self.draft.clone(),
            waiting: waiting.collect(),
            form: self.lead.typed(),
            quiet: self.quiet,
            whole: self.whole,
        }
    }
}

/// How far the socket has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// Nobody has asked for it yet.
    Idle,
    /// The socket is being opened.
    Connecting,
    /// `hello` is said.
    Greeting,
    /// Welcomed, and more of the history is to come.
    CatchingUp,
    /// Welcomed, all of the history is here.
    Ready,
    /// A timer runs until the next try.
    Waiting,
    /// The relay closed a quiet socket; the visitor's next act opens it.
    Asleep,
    /// The relay said not to come back, with this code.
    Refused(u16),
}

/// The right to a conversation.
#[derive(Clone, PartialEq, Eq)]
pub struct Session {
    /// What proves that this browser holds the conversation.
    pub token: SessionToken,
    /// The incarnation of the database.
    pub epoch: Epoch,
    /// The conversation, once the relay has named it.
    pub conversation: Option<ConversationId>,
    /// Whether something was said under it: before that there is nothing to resume.
    pub used: bool,
}

/// A reply that is being written. No `Debug`: it holds the words.
#[derive(Clone, PartialEq, Eq)]
pub struct Reply {
    /// Which one.
    pub id: ReplyId,
    /// The words so far.
    pub text: String,
    /// Their number in Unicode scalar values: the offset that the relay counts in.
    pub chars: u64,
    /// When it began, or last grew.
    pub grew_at_ms: i64,
    /// Whether all of it is there, though the relay could not keep it yet.
    pub whole: bool,
}

/// Something of the visitor's that is not acknowledged. No `Debug`: it holds the words.
#[derive(Clone, PartialEq, Eq)]
pub struct Pending {
    /// The same for each try, so that a retry is no double.
    pub id: ClientMsgId,
    /// What it is.
    pub body: Body,
    /// How far it has come.
    pub state: Progress,
}

/// What is sent.
#[derive(Clone, PartialEq, Eq)]
pub enum Body {
    /// A message.
    Say(String),
    /// Details.
    Lead(Box<KeptLead>),
}

/// How far something has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// It waits for its turn.
    Waiting,
    /// It was sent on this socket and is not acknowledged.
    Sent,
    /// The relay refused it; the visitor decides.
    Refused(FailureCode),
}

/// A line of the chat itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The message that it follows; 0 for the top.
    pub after_seq: u64,
    /// What it says.
    pub kind: NoteKind,
}

/// What a note says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoteKind {
    /// The earlier conversation has ended.
    Ended,
    /// The earlier conversation was full.
    Full,
    /// Details were taken, under this reference.
    LeadTaken(String),
}

/// What covers the transcript.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Panel {
    /// Nothing.
    Chat,
    /// The form.
    Lead,
    /// The dealer's contact and the form.
    Person,
}
