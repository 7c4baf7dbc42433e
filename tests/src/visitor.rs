//! A visitor over a real socket, who keeps what a widget would show.

mod lead;
pub mod socket;

use std::{
    collections::{BTreeMap, BTreeSet},
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use anyhow::{Context, bail};
use futures_util::SinkExt;
use protocol::{
    ClientMessage, ClientMsgId, ConversationId, Epoch, Failure, FailureCode, Message,
    PROTOCOL_VERSION, ReplyId, ServerMessage, SessionToken, SiteKey,
    client::{Hello, ReplyPlace, Resume},
    dealer::DealerView,
    server::{Resumed, Welcome},
};
use relay::random::{self, OsRandom};
use tokio_tungstenite::tungstenite;

use socket::{Lost, Stream, next_message, own_message};

/// How long a visitor waits for a frame before the test fails: never reached when all is well.
const PATIENCE: Duration = Duration::from_secs(30);

/// What came: a frame, or the end with its close code.
#[derive(Debug)]
pub enum Heard {
    /// A frame.
    Frame(ServerMessage),
    /// The socket is closed.
    Closed(Option<u16>),
}

/// A visitor, and all that it was told.
pub struct Visitor {
    site: SiteKey,
    stream: Option<Stream>,
    /// The address that it comes from, where that matters.
    pub from: Option<Ipv4Addr>,
    /// The language it asks for.
    pub locale: String,
    /// The build of its client.
    pub build: String,
    /// Who answers.
    pub dealer: Option<DealerView>,
    /// What proves that it holds the conversation.
    pub token: Option<SessionToken>,
    /// The incarnation of the database that it knows.
    pub epoch: Option<Epoch>,
    /// The conversation.
    pub conversation: Option<ConversationId>,
    /// The transcript, by `seq`.
    pub messages: BTreeMap<u64, Message>,
    /// The reply that is being written, as far as it came.
    pub live: Option<(ReplyId, String)>,
    /// The replies that this visitor knows to be on their way.
    owed: BTreeSet<ReplyId>,
    /// What was said and is not acknowledged yet.
    said: BTreeMap<ClientMsgId, String>,
    /// What was acknowledged, by the visitor's own ids.
    pub accepted: BTreeMap<ClientMsgId, u64>,
    /// What was refused.
    pub failures: Vec<Failure>,
    /// How many characters of replies came again that had come already.
    pub repeated_chars: u64,
    /// What it was told that no widget could show.
    pub wrongs: Vec<String>,
}

impl Visitor {
    /// A visitor who has not connected yet.
    pub fn new(site: SiteKey) -> Self {
        Self {
            site,
            stream: None,
            from: None,
            locale: "en-GB".to_owned(),
            build: "0.1.0".to_owned(),
            dealer: None,
            token: None,
            epoch: None,
            conversation: None,
            messages: BTreeMap::new(),
            live: None,
            owed: BTreeSet::new(),
            said: BTreeMap::new(),
            accepted: BTreeMap::new(),
            failures: Vec::new(),
            repeated_chars: 0,
            wrongs: Vec::new(),
        }
    }

    /// Opens a socket as the chat page would.
    pub async fn connect(&mut self, relay: SocketAddr, origin: &str) -> anyhow::Result<()> {
        self.stream = Some(socket::open(relay, origin, self.from).await?);
        Ok(())
    }

    /// Drops the socket without a word, as a lost network does.
    pub fn cut(&mut self) {
        self.stream = None;
    }

    /// Says `hello`, resuming if there is something to resume, and waits for the whole welcome.
    pub async fn hello(&mut self) -> anyhow::Result<Resumed> {
        let hello = self.greeting();
        self.send(&ClientMessage::Hello(hello)).await?;
        let ServerMessage::Welcome(welcome) = self.frame().await? else {
            bail!("the first frame was no welcome; refused: {:?}", self.failures)
        };
        let mut more = welcome.more;
        while more {
            let ServerMessage::History { more: again, .. } = self.frame().await? else {
                bail!("a welcome with `more` must be followed by history")
            };
            more = again;
        }
        Ok(welcome.resumed)
    }

    /// The `hello` that this visitor would say now.
    pub fn greeting(&self) -> Hello {
        let resume = self.token.clone().zip(self.epoch.clone()).map(|(token, epoch)| Resume {
            token,
            epoch,
            // The last message with none missing before it.
            after_seq: (1..).zip(self.messages.keys()).take_while(|(n, seq)| n == *seq).count()
                as u64,
            reply: self.live.as_ref().map(|(id, text)| ReplyPlace {
                id: id.clone(),
                offset: text.chars().count() as u64,
            }),
        });
        Hello {
            protocol: PROTOCOL_VERSION,
            site_key: self.site.clone(),
            resume,
            locale: self.locale.clone(),
            build: self.build.clone(),
        }
    }

    /// Says something and waits until it is acknowledged.
    pub async fn say(&mut self, text: &str) -> anyhow::Result<u64> {
        self.say_as(fresh_id(), text).await
    }

    /// The same under an id of the test's choice.
    pub async fn say_as(&mut self, id: ClientMsgId, text: &str) -> anyhow::Result<u64> {
        self.send_say(&id, text).await?;
        loop {
            match self.frame().await? {
                ServerMessage::Accepted { client_msg_id, seq, .. } if client_msg_id == id => {
                    return Ok(seq);
                }
                ServerMessage::Failed(failure) if failure.client_msg_id.as_ref() == Some(&id) => {
                    bail!("refused: {failure:?}")
                }
                _ => {}
            }
        }
    }

    /// Says something without waiting.
    pub async fn send_say(&mut self, id: &ClientMsgId, text: &str) -> anyhow::Result<()> {
        self.said.insert(id.clone(), text.to_owned());
        let say = ClientMessage::Say { client_msg_id: id.clone(), text: text.to_owned() };
        self.send(&say).await
    }

    /// Waits for the end of the reply that is being written.
    pub async fn reply(&mut self) -> anyhow::Result<Message> {
        loop {
            if let ServerMessage::Done { message, .. } = self.frame().await? {
                return Ok(message);
            }
        }
    }

    /// Waits until no reply is on its way; at once where none is.
    pub async fn settled(&mut self) -> anyhow::Result<()> {
        while !self.owed.is_empty() {
            self.frame().await?;
        }
        Ok(())
    }

    /// Says something and waits for the answer.
    pub async fn ask(&mut self, text: &str) -> anyhow::Result<Message> {
        self.say(text).await?;
        self.reply().await
    }

    /// Waits until at least so many words of the reply have come.
    pub async fn hear_chars(&mut self, n_chars: usize) -> anyhow::Result<()> {
        while self.live.as_ref().is_none_or(|(_, text)| text.chars().count() < n_chars) {
            if let ServerMessage::Done { .. } = self.frame().await? {
                bail!("the reply ended before {n_chars} characters had come")
            }
        }
        Ok(())
    }

    /// Sends a frame.
    pub async fn send(&mut self, message: &ClientMessage) -> anyhow::Result<()> {
        self.send_text(serde_json::to_string(message)?).await
    }

    /// Sends any text.
    pub async fn send_text(&mut self, text: String) -> anyhow::Result<()> {
        self.send_raw(tungstenite::Message::Text(text.into())).await
    }

    /// Sends anything.
    pub async fn send_raw(&mut self, message: tungstenite::Message) -> anyhow::Result<()> {
        let stream = self.stream.as_mut().context("not connected")?;
        let sent = stream.send(message).await;
        sent.map_err(|error| anyhow::Error::new(Lost(None)).context(error))
    }

    /// The next frame; fails if the socket closes instead.
    pub async fn frame(&mut self) -> anyhow::Result<ServerMessage> {
        match self.heard().await? {
            Heard::Frame(message) => Ok(message),
            Heard::Closed(code) => bail!(Lost(code)),
        }
    }

    /// The close code with which the socket ends; frames before it are taken in.
    pub async fn closed(&mut self) -> anyhow::Result<Option<u16>> {
        loop {
            if let Heard::Closed(code) = self.heard().await? {
                return Ok(code);
            }
        }
    }

    /// The next thing that comes.
    pub async fn heard(&mut self) -> anyhow::Result<Heard> {
        let heard = tokio::time::timeout(PATIENCE, self.next()).await;
        heard.context("no frame came for so long that none will")?
    }

    /// The next thing that comes, however long it takes. Safe to drop.
    pub async fn next(&mut self) -> anyhow::Result<Heard> {
        let stream = self.stream.as_mut().context("not connected")?;
        match next_message(stream).await {
            Some(tungstenite::Message::Text(text)) => {
                let read = serde_json::from_str(&text)
                    .with_context(|| format!("a frame that no widget could read: {text}"));
                let taken = read.and_then(|message| {
                    self.take_in(&message)?;
                    Ok(Heard::Frame(message))
                });
                taken.inspect_err(|wrong| self.wrongs.push(wrong.to_string()))
            }
            Some(tungstenite::Message::Close(frame)) => {
                Ok(Heard::Closed(frame.map(|frame| frame.code.into())))
            }
            _ => Ok(Heard::Closed(None)),
        }
    }

    /// Keeps what a widget would keep; fails on what a widget could not show.
    fn take_in(&mut self, message: &ServerMessage) -> anyhow::Result<()> {
        match message {
            ServerMessage::Welcome(welcome) => self.on_welcome(welcome),
            ServerMessage::History { messages, .. } => self.keep(messages),
            ServerMessage::Accepted { client_msg_id, seq, at, conversation, reply_id, .. } => {
                self.owed.extend(reply_id.clone());
                self.conversation = Some(conversation.clone());
                if let Some(text) = self.said.remove(client_msg_id) {
                    let own = own_message(client_msg_id.clone(), *seq, *at, text);
                    self.messages.entry(*seq).or_insert(own);
                }
                let before = self.accepted.insert(client_msg_id.clone(), *seq);
                if before.is_some_and(|before| before != *seq) {
                    bail!("one message, two places: {before:?} and {seq}")
                }
            }
            ServerMessage::Delta { reply_id, offset, text } => {
                self.on_delta(reply_id, *offset, text)?;
            }
            ServerMessage::Done { reply_id, message, .. } => {
                self.owed.remove(reply_id);
                let streamed = self.live.take_if(|(id, _)| id == reply_id);
                if streamed.is_some_and(|(_, text)| !message.text.starts_with(&text)) {
                    bail!("what was kept of {reply_id} is not what was streamed")
                }
                self.keep(std::slice::from_ref(message));
            }
            ServerMessage::Failed(failure) => {
                if failure.client_msg_id.is_none() && is_of_storage(failure.code) {
                    // A reply that can't be kept: on this socket nothing more comes of it.
                    self.owed.clear();
                }
                self.failures.push(failure.clone());
            }
            ServerMessage::LeadTaken { .. } | ServerMessage::Pong => {}
        }
        Ok(())
    }

    fn on_welcome(&mut self, welcome: &Welcome) {
        if welcome.resumed != Resumed::Complete {
            self.messages.clear();
            self.live = None;
        }
        if welcome.token.is_some() {
            self.token.clone_from(&welcome.token);
        }
        self.owed = welcome.reply.iter().cloned().collect();
        self.epoch = Some(welcome.epoch.clone());
        self.conversation.clone_from(&welcome.conversation);
        self.dealer = Some(welcome.dealer.clone());
        self.keep(&welcome.messages);
    }

    fn on_delta(&mut self, reply: &ReplyId, offset: u64, text: &str) -> anyhow::Result<()> {
        let (id, live) = self.live.get_or_insert_with(|| (reply.clone(), String::new()));
        if id != reply {
            (*id, *live) = (reply.clone(), String::new());
        }
        let known = live.chars().count() as u64;
        if known < offset {
            bail!("words of {reply} are missing between {known} and {offset}")
        }
        self.repeated_chars += (known - offset).min(text.chars().count() as u64);
        let skip = usize::try_from(known - offset)?;
        live.extend(text.chars().skip(skip));
        Ok(())
    }

    fn keep(&mut self, messages: &[Message]) {
        for message in messages {
            self.owed.retain(|reply| message.reply_id.as_ref() != Some(reply));
            if message.reply_id.is_some()
                && message.reply_id.as_ref() == self.live.as_ref().map(|(id, _)| id)
            {
                self.live = None;
            }
            self.messages.insert(message.seq, message.clone());
        }
    }

    /// The transcript in words.
    pub fn transcript(&self) -> Vec<String> {
        self.messages.values().map(|message| message.text.clone()).collect()
    }
}

fn is_of_storage(code: FailureCode) -> bool {
    matches!(code, FailureCode::StorageFull | FailureCode::StorageUnavailable)
}

/// A fresh id, as the widget draws one.
pub fn fresh_id() -> ClientMsgId {
    ClientMsgId::from_bytes(&random::bytes(&OsRandom))
}
