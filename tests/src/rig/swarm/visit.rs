//! One visitor of a crowd: comes, says what it has to say, stays, and comes back when it is told.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use protocol::{
    AuthorKind, ClientMessage, ClientMsgId, FailureCode,
    limits::{MAX_MESSAGES, PING_INTERVAL_MS},
    server::Resumed,
};
use relay::random::{self, OsRandom};
use tokio::{sync::watch, time::sleep};

use super::plan::{Group, Order, Record, Report, Said};
use crate::{
    measure::{Stopwatch, wall_ns},
    rig::ledger::mark,
    visitor::{
        Heard, Visitor, fresh_id,
        socket::{Lost, turned_away},
    },
};

/// How long a visitor waits that could not reach the relay at all, or was turned away bare.
const UNREACHED: Duration = Duration::from_secs(1);

/// How long a visitor waits who was refused and not told how long.
const REFUSED_MS: u64 = 1_000;

/// How many complaints are kept: more of them say no more.
const COMPLAINTS: usize = 20;

/// What all visitors count together.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) here: AtomicU64,
    pub(super) quiet: AtomicU64,
    pub(super) acknowledged: AtomicU64,
    pub(super) complete: AtomicU64,
    pub(super) incomplete: AtomicU64,
    pub(super) turned_away: AtomicU64,
    pub(super) turned_away_bare: AtomicU64,
    pub(super) unreached: AtomicU64,
    pub(super) lost: AtomicU64,
    words: Mutex<(BTreeMap<String, u64>, Vec<String>)>,
}

impl Tally {
    /// How it stands.
    pub(super) fn report(&self) -> Report {
        let words = self.words.lock().unwrap_or_else(PoisonError::into_inner);
        Report {
            here: self.here.load(Relaxed),
            quiet: self.quiet.load(Relaxed),
            acknowledged: self.acknowledged.load(Relaxed),
            complete: self.complete.load(Relaxed),
            incomplete: self.incomplete.load(Relaxed),
            turned_away: self.turned_away.load(Relaxed),
            turned_away_bare: self.turned_away_bare.load(Relaxed),
            unreached: self.unreached.load(Relaxed),
            lost: self.lost.load(Relaxed),
            refused: words.0.clone(),
            complaints: words.1.clone(),
        }
    }

    fn refused(&self, code: FailureCode) {
        let word = serde_json::to_value(code).ok();
        let word = word.and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default();
        *self.words.lock().unwrap_or_else(PoisonError::into_inner).0.entry(word).or_default() += 1;
    }

    fn complain(&self, error: &anyhow::Error) {
        let complaints = &mut self.words.lock().unwrap_or_else(PoisonError::into_inner).1;
        if complaints.len() < COMPLAINTS {
            complaints.push(format!("{error:#}"));
        }
    }
}

/// A visitor and what it writes down.
pub(super) struct Visit {
    pub(super) relay: SocketAddr,
    pub(super) group: Arc<Group>,
    pub(super) tally: Arc<Tally>,
    pub(super) orders: watch::Receiver<Order>,
    pub(super) visitor: Visitor,
    pub(super) record: Record,
    pub(super) before: Vec<Record>,
    /// What is still to be said.
    pub(super) turns_left: Option<u64>,
    pub(super) pending: ClientMsgId,
    pub(super) is_quiet: bool,
}

impl Visit {
    /// Its whole life, from its first coming on.
    pub(super) async fn live(mut self, arrive_after: Duration) -> Vec<Record> {
        self.unless_ordered(sleep(arrive_after)).await;
        while self.order() != Order::Finish {
            if self.order() == Order::Leave {
                self.until_called().await;
                continue;
            }
            if let Err(wait) = self.come().await {
                self.unless_ordered(sleep(wait)).await;
                continue;
            }
            self.tally.here.fetch_add(1, Relaxed);
            let is_lost = self.stay().await.is_err();
            self.visitor.cut();
            // The next order is given when nobody is here; what was ordered before is done.
            self.orders.mark_unchanged();
            self.tally.here.fetch_sub(1, Relaxed);
            if is_lost {
                self.tally.lost.fetch_add(1, Relaxed);
                self.until_called().await;
            }
        }
        self.close_book();
        self.before
    }

    fn order(&self) -> Order {
        *self.orders.borrow()
    }

    /// Waits until something else is ordered than when it last looked, then as long as it is told.
    async fn until_called(&mut self) {
        if self.order() != Order::Finish && self.orders.changed().await.is_err() {
            return;
        }
        let order = *self.orders.borrow_and_update();
        if let Order::Return(within_ms) = order {
            let wait = Duration::from_millis(random::below(&OsRandom, within_ms));
            self.unless_ordered(sleep(wait)).await;
        }
    }

    /// Does something until it is done or something is ordered.
    async fn unless_ordered<T>(&mut self, what: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            done = what => Some(done),
            _ = self.orders.changed() => None,
        }
    }

    /// Connects and greets, or says how long to wait before another try.
    async fn come(&mut self) -> Result<(), Duration> {
        let origin = format!("http://{}", self.relay);
        if let Err(error) = self.visitor.connect(self.relay, &origin).await {
            return Err(match turned_away(&error) {
                Some(Some(seconds)) => {
                    self.tally.turned_away.fetch_add(1, Relaxed);
                    Duration::from_secs(seconds)
                }
                Some(None) => {
                    self.tally.turned_away_bare.fetch_add(1, Relaxed);
                    UNREACHED
                }
                None => {
                    self.tally.unreached.fetch_add(1, Relaxed);
                    UNREACHED
                }
            });
        }
        match self.visitor.hello().await {
            Ok(resumed) => {
                self.note_greeting(resumed);
                Ok(())
            }
            Err(error) => {
                self.visitor.cut();
                self.judge(&error);
                self.tally.unreached.fetch_add(1, Relaxed);
                Err(UNREACHED)
            }
        }
    }

    /// Whoever holds words that were acknowledged must get all of them.
    fn note_greeting(&mut self, resumed: Resumed) {
        self.record.greeted.push((wall_ns(), resumed));
        let has_words = self.record.said.iter().any(|said| said.accepted.is_some());
        match (has_words, resumed) {
            (_, Resumed::Complete) => self.tally.complete.fetch_add(1, Relaxed),
            (true, _) => self.tally.incomplete.fetch_add(1, Relaxed),
            (false, _) => 0,
        };
    }

    /// Stays as long as the socket holds and nothing is ordered.
    async fn stay(&mut self) -> Result<(), Lost> {
        self.checked(|visit| Box::pin(visit.visitor.settled())).await?;
        let mut ping_in = Duration::from_millis(random::below(&OsRandom, PING_INTERVAL_MS));
        loop {
            if matches!(self.order(), Order::Leave | Order::Finish) {
                return Ok(());
            }
            if self.turns_left == Some(0) {
                if !std::mem::replace(&mut self.is_quiet, true) {
                    self.tally.quiet.fetch_add(1, Relaxed);
                }
                self.listen(ping_in).await?;
                ping_in = Duration::from_millis(PING_INTERVAL_MS);
                let ping = ClientMessage::Ping;
                self.checked(move |visit| Box::pin(async move { visit.visitor.send(&ping).await }))
                    .await?;
            } else if MAX_MESSAGES <= self.visitor.messages.len() as u64 + 4 {
                self.begin_anew();
                return Ok(());
            } else {
                self.turn().await?;
                self.listen(Duration::from_millis(self.group.pause_ms)).await?;
            }
        }
    }

    /// Says the next thing and waits for its answer. A refusal ends the turn, too.
    async fn turn(&mut self) -> Result<(), Lost> {
        let id = self.pending.clone();
        let mut text = format!("How long is the warranty? {}", mark(&id));
        while text.len() < self.group.chars {
            text.push_str(" I ask for a friend.");
        }
        let sent_ns = wall_ns();
        match self.record.said.last_mut().filter(|said| said.id == id) {
            Some(again) => again.sent_ns = sent_ns,
            None => self.record.said.push(Said { id: id.clone(), sent_ns, accepted: None }),
        }
        let n_failures = self.visitor.failures.len();
        match self.visitor.say_as(id, &text).await {
            Ok(seq) => self.note_acceptance(seq),
            Err(_) if n_failures < self.visitor.failures.len() => {
                let failures: Vec<_> = self.visitor.failures.drain(n_failures..).collect();
                for failure in failures {
                    self.tally.refused(failure.code);
                    // Who is too fast goes on at its pace; what the relay can't do now is waited for.
                    if failure.code != FailureCode::SlowDown {
                        let wait_ms = failure.retry_after_ms.unwrap_or(REFUSED_MS);
                        let wait_ms = wait_ms + random::below(&OsRandom, wait_ms);
                        self.listen(Duration::from_millis(wait_ms)).await?;
                    }
                }
                return Ok(());
            }
            Err(error) => return Err(self.judge(&error)),
        }
        self.checked(|visit| Box::pin(visit.visitor.settled())).await
    }

    fn note_acceptance(&mut self, seq: u64) {
        if let Some(said) = self.record.said.last_mut() {
            if said.accepted.is_some_and(|(before, _)| before != seq) {
                self.record.contradictions += 1;
            }
            said.accepted = Some((seq, wall_ns()));
        }
        self.tally.acknowledged.fetch_add(1, Relaxed);
        self.pending = fresh_id();
        self.turns_left = self.turns_left.map(|left| left.saturating_sub(1));
    }

    /// Hears what comes for a while, or until something is ordered.
    async fn listen(&mut self, time: Duration) -> Result<(), Lost> {
        let watch = Stopwatch::start();
        while let Some(left) = time.checked_sub(watch.elapsed()).filter(|left| !left.is_zero()) {
            tokio::select! {
                heard = self.visitor.next() => match heard {
                    Ok(Heard::Frame(_)) => {}
                    Ok(Heard::Closed(code)) => return Err(Lost(code)),
                    Err(error) => return Err(self.judge(&error)),
                },
                _ = self.orders.changed() => return Ok(()),
                () = sleep(left) => return Ok(()),
            }
        }
        Ok(())
    }

    async fn checked<T>(
        &mut self,
        what: impl for<'a> FnOnce(
            &'a mut Self,
        ) -> futures_util::future::BoxFuture<'a, anyhow::Result<T>>,
    ) -> Result<T, Lost> {
        match what(self).await {
            Ok(done) => Ok(done),
            Err(error) => Err(self.judge(&error)),
        }
    }

    /// A lost socket is no fault; all else is.
    fn judge(&self, error: &anyhow::Error) -> Lost {
        if let Some(Lost(code)) = error.downcast_ref::<Lost>() {
            return Lost(*code);
        }
        self.tally.complain(error);
        Lost(None)
    }

    /// The next conversation, when one is full.
    fn begin_anew(&mut self) {
        self.close_book();
        let Ok(mut fresh) = super::newcomer(&self.record.site) else { return };
        fresh.from = self.visitor.from;
        self.visitor = fresh;
        self.pending = fresh_id();
    }

    /// Puts the ledger of this conversation aside.
    fn close_book(&mut self) {
        let received = self.visitor.messages.values().map(|message| {
            let reply = message.reply_id.as_ref().map(ToString::to_string);
            let own = message.client_msg_id.as_ref().map(ToString::to_string);
            let id = if message.author_kind == AuthorKind::Visitor { own } else { reply };
            (message.seq, id.unwrap_or_default())
        });
        self.record.received = received.collect();
        self.record.conversation = self.visitor.conversation.as_ref().map(ToString::to_string);
        let next = Record { site: self.record.site.clone(), ..Record::default() };
        self.before.push(std::mem::replace(&mut self.record, next));
    }
}
