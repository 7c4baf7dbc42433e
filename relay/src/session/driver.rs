//! Runs one session: waits for what may happen, asks the session what follows, does it.
//!
//! The one place where a session meets sockets, tables and clocks. One `select!` lists every
//! input; what must be undone is undone by `Drop` when the driver ends.

use std::{collections::VecDeque, sync::Arc};

use protocol::{
    ClientMsgId, CloseReason, LeadId, ReplyId, ServerMessage, SessionToken, client::Hello,
};
use tokio::{sync::watch, time::timeout};

use crate::{
    clock::Clock,
    limits::SEND_TIMEOUT,
    random::{self, Random},
    session::{
        Session,
        bad::BadFrame,
        beginnings::Beginnings,
        effect::Effect,
        event::{Event, Missed},
        link::{Gone, Inbound, Link},
        live::{Live, Place, Progress},
        pace::Paces,
        reply::Replier,
        thread::{Thread, Threads},
        views::Views,
    },
    telemetry::{self, names},
};

mod keep;
mod look;

/// What all sessions share.
pub struct Shared {
    /// Writes replies; knows the store.
    pub replier: Replier,
    /// Who is connected to what.
    pub threads: Threads,
    /// The replies that are about to begin.
    pub beginnings: Beginnings,
    /// What visitors are shown of the dealers.
    pub views: Views,
    /// How fast one dealer's visitors may be, all together.
    pub dealer_pace: DealerPace,
    /// How fast one visitor may be.
    pub paces: Paces,
    /// What the notice says of who gets the words.
    pub recipients: crate::domain::view::Recipients,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Random>,
}

/// How fast one dealer's visitors may be, all together (T07).
pub type DealerPace = governor::DefaultKeyedRateLimiter<protocol::DealerId>;

/// Runs one session until its socket is gone.
pub fn run<L: Link>(link: L, shared: Arc<Shared>) -> impl Future<Output = ()> + Send {
    let session = Session::new(shared.clock.uptime());
    // Boxed before the future is made: what a future is given and then moves weighs twice in it.
    drive(Box::new(Driver { link, session, shared, thread: None, follower: None }))
}

async fn drive<L: Link>(mut driver: Box<Driver<L>>) {
    let tasks = &driver.shared.replier.tasks;
    let (stopping, leaving) = (tasks.stopping(), tasks.leaving());
    let (mut told, mut sent_away) = (false, false);
    loop {
        let Some(deadline) = driver.session.deadline() else { return };
        let wait = deadline.saturating_sub(driver.shared.clock.uptime());
        let event = tokio::select! {
            biased;
            progress = next_words(driver.follower.as_mut()) => progress,
            tip = next_tip(driver.thread.as_mut()) => tip,
            inbound = driver.link.receive() => match inbound {
                Some(inbound) => decode(inbound),
                None => return,
            },
            () = stopping.cancelled(), if !told => {
                told = true;
                Event::Stopping
            }
            () = leaving.cancelled(), if !sent_away => {
                sent_away = true;
                Event::Leaving
            }
            () = tokio::time::sleep(wait) => Event::Tick,
        };
        if driver.on_event(event).await.is_err() {
            return;
        }
    }
}

/// A session, its socket, and what it listens to.
struct Driver<L> {
    link: L,
    session: Session,
    shared: Arc<Shared>,
    /// The conversation that the session belongs to, and its hints.
    thread: Option<Connected>,
    /// The reply that is being passed on.
    follower: Option<Follower>,
}

/// A conversation that the session is connected to.
struct Connected {
    thread: Arc<Thread>,
    tips: watch::Receiver<u64>,
}

/// A reply that is being passed on, from a place on.
struct Follower {
    live: Arc<Live>,
    progress: watch::Receiver<Progress>,
    place: Place,
}

impl<L: Link> Driver<L> {
    /// Does what follows from an event, and from the events that this brings about.
    async fn on_event(&mut self, event: Event) -> Result<(), Gone> {
        if matches!(event, Event::Ended { .. }) {
            // An end is heard once; the next reply is followed anew.
            self.follower = None;
        }
        let mut events = VecDeque::from([event]);
        while let Some(event) = events.pop_front() {
            let now = self.shared.clock.uptime();
            for effect in self.session.handle(event, now) {
                // Boxed, so that what is done now and then does not weigh on each idle session.
                events.extend(Box::pin(self.perform(effect)).await?);
            }
        }
        Ok(())
    }

    /// Does one thing; some bring news.
    async fn perform(&mut self, effect: Effect) -> Result<Option<Event>, Gone> {
        match effect {
            Effect::Send(message) => self.send(&message).await.map(|()| None),
            Effect::Find(hello) => Ok(Some(self.find(*hello).await)),
            Effect::Record { client_msg_id, text } => {
                Ok(Some(self.record(client_msg_id, text).await))
            }
            Effect::TakeLead { client_msg_id, lead, consents } => {
                Ok(Some(self.take_lead(client_msg_id, *lead, consents).await))
            }
            Effect::Retry(reply) => Ok(Some(self.retry(reply).await)),
            Effect::Follow { reply, offset } => Ok(self.follow(&reply, offset).await),
            Effect::StopReply(reply) => {
                if let Some(live) = self.live(&reply) {
                    live.stop.cancel();
                }
                Ok(None)
            }
            Effect::CatchUp(seq) => Ok(self.catch_up(seq).await),
            Effect::LookOn(seq) => Ok(self.look_on(seq).await),
            Effect::Heartbeat => self.link.ping().await.map(|()| None),
            Effect::Close(reason) => {
                self.link.close(reason).await;
                Err(Gone)
            }
        }
    }

    /// Writes a frame; a client that doesn't read is let go, and may resume (D12).
    async fn send(&mut self, message: &ServerMessage) -> Result<(), Gone> {
        if let ServerMessage::Failed(failure) = message {
            let code = telemetry::word(failure.code);
            metrics::counter!(names::REFUSALS, "code" => code).increment(1);
        }
        let Ok(text) = serde_json::to_string(message) else { return Err(Gone) };
        if let Ok(sent) = timeout(SEND_TIMEOUT, self.link.send(text)).await {
            return sent;
        }
        self.link.close(CloseReason::SlowClient).await;
        Err(Gone)
    }

    /// Connects the session to its conversation.
    fn connect(&mut self, id: &protocol::ConversationId) -> &Arc<Thread> {
        let connected = match self.thread.take() {
            Some(connected) if connected.thread.id == *id => connected,
            _ => {
                let thread = self.shared.threads.of(id);
                let is_deaf = self.shared.replier.planted.is("lost-wake-up");
                let tips = if is_deaf { watch::channel(0).1 } else { thread.tips() };
                Connected { thread, tips }
            }
        };
        &self.thread.insert(connected).thread
    }

    fn live(&self, reply: &ReplyId) -> Option<Arc<Live>> {
        self.thread.as_ref()?.thread.reply(reply)
    }
}

/// Draws ids.
impl Shared {
    fn fresh_token(&self) -> SessionToken {
        SessionToken::from_bytes(&random::bytes(&*self.random))
    }

    fn fresh_message(&self) -> ClientMsgId {
        ClientMsgId::from_bytes(&random::bytes(&*self.random))
    }

    fn fresh_reply(&self) -> ReplyId {
        ReplyId::from_bytes(&random::bytes(&*self.random))
    }

    fn fresh_lead(&self) -> LeadId {
        LeadId::from_bytes(&random::bytes(&*self.random))
    }
}

/// Reads a frame.
fn decode(inbound: Inbound) -> Event {
    match inbound {
        Inbound::Text(text) => Event::read(&text),
        Inbound::Binary => Event::BadFrame(BadFrame::Binary),
        Inbound::Alive => Event::Heard,
    }
}

/// The next words of the reply that is being passed on, or its end. Safe to drop.
async fn next_words(follower: Option<&mut Follower>) -> Event {
    let Some(follower) = follower else { return std::future::pending().await };
    loop {
        // Register for the next change before looking, so that none falls in between.
        let ended = follower.progress.borrow_and_update().ended.clone();
        let reply = follower.live.id.clone();
        if let Some((text, next)) = follower.live.beyond(follower.place) {
            let offset = std::mem::replace(&mut follower.place, next).chars;
            return Event::Words { reply, offset, text };
        }
        if let Some(kept) = ended {
            return Event::Ended { reply, kept };
        }
        if follower.progress.changed().await.is_err() {
            return std::future::pending().await;
        }
    }
}

/// The next message from another tab, or that the conversation was deleted. Safe to drop.
async fn next_tip(connected: Option<&mut Connected>) -> Event {
    let Some(connected) = connected else { return std::future::pending().await };
    tokio::select! {
        biased;
        () = connected.thread.erased() => Event::Erased,
        changed = connected.tips.changed() => match changed {
            Ok(()) => Event::Tip(*connected.tips.borrow_and_update()),
            Err(_) => std::future::pending().await,
        },
    }
}
