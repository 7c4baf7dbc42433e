//! A tab: a visitor behind a bad network who comes back until it has what it wants. Several of
//! them may hold one conversation.

use std::{collections::BTreeMap, net::SocketAddr, time::Duration};

use anyhow::Context;
use protocol::{AuthorKind, ClientMsgId, Finish, Message, SessionToken, server::Resumed};
use relay::{
    clock::SystemClock,
    lifecycle::Tasks,
    random::OsRandom,
    store::{Role, Store, StoreOptions},
};
use tokio::time::timeout;

use crate::{
    measure::{Durations, Stopwatch},
    process::Forecourt,
    visitor::{Visitor, socket::Lost},
};

/// How long to wait before the next knock: a tab of a test has no manners, but no busy loop either.
const KNOCK: Duration = Duration::from_millis(5);

/// How long a tab waits for what must come. Longer means that the relay forgot it.
const PATIENCE: Duration = Duration::from_secs(10);

/// The most connections for one wish; beyond, something keeps the tab from it for ever.
const CONNECTIONS_MAX: u32 = 400;

/// What a tab wants before it is content.
pub struct Wish {
    /// What it says until it is acknowledged.
    pub says: Option<(ClientMsgId, String)>,
    /// How many messages the conversation must have, none of them missing.
    pub n_messages: usize,
}

/// A tab, and what went wrong with it.
pub struct Tab {
    /// Who looks at it.
    pub visitor: Visitor,
    door: SocketAddr,
    origin: String,
    connected: bool,
    /// Waits in which nothing came: no handshake, no welcome, no acknowledgement, no frame.
    pub silences: u64,
    /// Times that it came back to a conversation and was not told that nothing is missing.
    pub incomplete: u64,
    /// Connections that were cut after their welcome while a reply was being written.
    pub mid_reply: u64,
    /// From the first byte of a connection to the welcome.
    pub resumes: Durations,
}

impl Tab {
    /// A tab that reaches the relay by this door.
    pub fn new(door: SocketAddr, relay: &Forecourt) -> anyhow::Result<Self> {
        Ok(Self {
            visitor: Forecourt::stranger()?,
            door,
            origin: relay.origin(),
            connected: false,
            silences: 0,
            incomplete: 0,
            mid_reply: 0,
            resumes: Durations::default(),
        })
    }

    /// Another tab of the same conversation.
    pub fn beside(&self, door: SocketAddr) -> anyhow::Result<Self> {
        let mut visitor = Forecourt::stranger()?;
        visitor.token.clone_from(&self.visitor.token);
        visitor.epoch.clone_from(&self.visitor.epoch);
        Ok(Self {
            visitor,
            door,
            origin: self.origin.clone(),
            connected: false,
            silences: 0,
            incomplete: 0,
            mid_reply: 0,
            resumes: Durations::default(),
        })
    }

    /// Whether a conversation is known that must be found again.
    fn has_conversation(&self) -> bool {
        !self.visitor.accepted.is_empty() || !self.visitor.messages.is_empty()
    }

    /// Comes back until the wish is fulfilled.
    pub async fn until(&mut self, wish: Wish) -> anyhow::Result<()> {
        for _ in 0..CONNECTIONS_MAX {
            // A cut is what the test is about; what the visitor was told wrongly is kept.
            let Err(error) = self.hold(&wish).await else { return Ok(()) };
            let mid_reply = self.connected && self.visitor.live.is_some() && error.is::<Lost>();
            self.mid_reply += u64::from(mid_reply);
            self.cut();
            tokio::time::sleep(KNOCK).await;
        }
        anyhow::bail!("cut {CONNECTIONS_MAX} times, and never got what it wanted")
    }

    /// Leaves without a word.
    pub fn cut(&mut self) {
        self.visitor.cut();
        self.connected = false;
    }

    /// Connects, if it is not connected, and finds its conversation again.
    pub async fn connect(&mut self) -> anyhow::Result<()> {
        if self.connected {
            return Ok(());
        }
        let watch = Stopwatch::start();
        let had = self.has_conversation();
        let Self { visitor, silences, .. } = self;
        in_time(silences, visitor.connect(self.door, &self.origin)).await?;
        let resumed = in_time(silences, visitor.hello()).await?;
        self.incomplete += u64::from(had && resumed != Resumed::Complete);
        self.resumes.push(watch.elapsed());
        self.connected = true;
        Ok(())
    }

    /// Holds one connection until the wish is fulfilled or it breaks.
    async fn hold(&mut self, wish: &Wish) -> anyhow::Result<()> {
        self.connect().await?;
        if let Some((id, text)) = &wish.says
            && !self.visitor.accepted.contains_key(id)
        {
            in_time(&mut self.silences, self.visitor.say_as(id.clone(), text)).await?;
        }
        while self.visitor.messages.len() < wish.n_messages {
            in_time(&mut self.silences, self.visitor.frame()).await?;
        }
        Ok(())
    }
}

/// What comes, if it comes in time; a wait in vain is counted.
async fn in_time<T>(
    silences: &mut u64,
    wanted: impl Future<Output = anyhow::Result<T>>,
) -> anyhow::Result<T> {
    let Ok(came) = timeout(PATIENCE, wanted).await else {
        *silences += 1;
        anyhow::bail!("nothing came")
    };
    came
}

/// What two looks at one conversation differ in: messages that are missing or other than they are.
pub fn differences(wanted: &BTreeMap<u64, Message>, seen: &BTreeMap<u64, Message>) -> u64 {
    let differs = |(seq, message): &(&u64, &Message)| seen.get(seq) != Some(*message);
    let extra = seen.keys().filter(|seq| !wanted.contains_key(seq)).count() as u64;
    wanted.iter().filter(differs).count() as u64 + extra
}

/// How many answers did not come to a good end.
pub fn n_broken(messages: &BTreeMap<u64, Message>) -> u64 {
    let broken = |message: &&Message| {
        message.author_kind == AuthorKind::Ai && message.finish != Some(Finish::Complete)
    };
    messages.values().filter(broken).count() as u64
}

/// The relay's own database, read beside it or after it.
pub async fn database(data: &std::path::Path) -> anyhow::Result<Store> {
    let clock = std::sync::Arc::new(SystemClock::default());
    let options =
        StoreOptions::new(data.to_owned(), Role::Tool, clock, std::sync::Arc::new(OsRandom));
    super::on_a_thread(move || async move { Ok(Store::open(options, &Tasks::new()).await?) }).await
}

/// A conversation as it stands in the database.
pub async fn on_disk(
    store: &Store,
    token: Option<&SessionToken>,
) -> anyhow::Result<BTreeMap<u64, Message>> {
    let site = Forecourt::stranger()?.greeting().site_key;
    let dealer = store.dealer_by_site(&site).context("the demo has its dealer")?;
    let rows = store.dealer(&dealer.id);
    let token = token.context("nobody got a token")?;
    let found = rows.resume(token).await?.context("no conversation in the database")?;
    let limit = u32::try_from(protocol::limits::MAX_MESSAGES)?;
    let messages = rows.history(&found.id, 0, limit).await?;
    Ok(messages.into_iter().map(|message| (message.seq, message)).collect())
}
