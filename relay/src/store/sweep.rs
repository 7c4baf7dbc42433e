//! Taking away what has expired, from everyone: one of the two files that cross dealers (D6).
//! What is due, one batch of it, and the scrub that makes it physically true. When: see
//! `crate::retention`.

use std::{collections::BTreeSet, sync::PoisonError};

use protocol::{ConversationId, DealerId};
use tokio_util::sync::CancellationToken;

use super::{
    Store, StoreError,
    db::{Conn, args},
    row, sql,
};
use crate::{
    clock::Timestamp,
    limits::{SWEEP_BATCH, SWEEP_BATCH_MESSAGES, VERIFY_BATCH},
};

/// A conversation that is past its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// Whose it is.
    pub dealer: DealerId,
    /// Which it is.
    pub conversation: ConversationId,
    /// When its last message came.
    pub last_at: Timestamp,
    /// When it expired.
    pub expires_at: Timestamp,
    /// How many messages go with it.
    pub messages: u64,
    /// How many leads go with it.
    pub leads: u64,
}

/// How many rows a sweep took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Conversations.
    pub conversations: u64,
    /// Messages.
    pub messages: u64,
    /// Leads.
    pub leads: u64,
    /// Records of consent.
    pub consents: u64,
    /// Replies, their snapshots included.
    pub replies: u64,
    /// Deliveries owed or done.
    pub outbox: u64,
    /// Dealers whose removal was finished.
    pub dealers: u64,
    /// Jobs of the writer.
    pub batches: u64,
    /// Conversations and dealers that are past their end and can't be taken: the disk is damaged.
    pub stuck: u64,
}

impl Swept {
    /// Adds the counts of another batch.
    pub fn add(&mut self, other: Self) {
        self.conversations += other.conversations;
        self.messages += other.messages;
        self.leads += other.leads;
        self.consents += other.consents;
        self.replies += other.replies;
        self.outbox += other.outbox;
        self.dealers += other.dealers;
        self.batches += other.batches;
        self.stuck += other.stuck;
    }

    /// The rows by table.
    pub fn tables(&self) -> [(&'static str, u64); 7] {
        [
            ("conversations", self.conversations),
            ("messages", self.messages),
            ("leads", self.leads),
            ("consents", self.consents),
            ("replies", self.replies),
            ("outbox", self.outbox),
            ("dealers", self.dealers),
        ]
    }
}

/// A place in the order of the sweep: expires at, id.
type Cursor = (i64, String);

/// Before everything.
const START: (i64, &str) = (i64::MIN, "");

/// Where a way through what is due stands.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    after: Cursor,
    /// How many conversations the next batch may take.
    limit: usize,
}

impl Default for Place {
    fn default() -> Self {
        Self { after: (START.0, START.1.to_owned()), limit: SWEEP_BATCH }
    }
}

/// What can't be taken, each told once.
#[derive(Debug, Default)]
struct Stuck(BTreeSet<String>);

impl Stuck {
    /// Takes note of a conversation or a dealer.
    fn note(&mut self, id: String, error: &StoreError) {
        if !self.0.contains(&id) {
            tracing::error!(id, %error, "Can't delete {id}, which is past its end: the disk is damaged; all others are deleted");
            self.0.insert(id);
        }
    }
}

/// dealer, id, last at, expires at, messages, leads.
type DueRow = (String, String, i64, i64, i64, i64);

impl Store {
    /// What the sweep would take at `now`, in its order: by the same query.
    pub async fn due(&self, now: Timestamp) -> Result<Vec<Due>, StoreError> {
        let limit = i64::try_from(SWEEP_BATCH).unwrap_or(i64::MAX);
        let mut all = Vec::new();
        let mut after: Cursor = (START.0, START.1.to_owned());
        loop {
            let args = args![now, after.0, &after.1, limit];
            let page: Vec<DueRow> = self.inner.readers.all(sql::DUE, args).await?;
            let Some(last) = page.last() else { return Ok(all) };
            after = (last.3, last.1.clone());
            for found in page {
                all.push(due(found)?);
            }
        }
    }

    /// Deletes all that is past its end at `now`, in batches, and the dealers whose removal has
    /// begun; stops between two batches when it is cancelled. What can't be deleted, since the disk
    /// is damaged, keeps nothing else alive: it is stepped past, told and counted.
    pub(crate) async fn take_due(
        &self,
        now: Timestamp,
        stopping: &CancellationToken,
    ) -> Result<Swept, StoreError> {
        let mut stuck = Stuck::default();
        let removing = self.hide_removing(&mut stuck).await?;
        let mut swept = Swept::default();
        let mut place = Place::default();
        while !stopping.is_cancelled() {
            match self.sweep_batch(now, place.clone()).await {
                Ok((batch, next)) => {
                    swept.add(batch);
                    let Some(next) = next else { break };
                    place = next;
                }
                Err(error) if error.is_damage() => {
                    place = self.narrow(now, place, &error, &mut stuck).await?;
                }
                Err(error) => return Err(error),
            }
        }
        for dealer in removing {
            let id = dealer.clone();
            let gone = self.inner.writer.write(move |conn| Box::pin(delete_dealer(conn, id))).await;
            match gone {
                Ok(gone) => swept.dealers += gone,
                Err(error) if error.is_damage() => stuck.note(dealer, &error),
                Err(error) => return Err(error),
            }
        }
        swept.stuck = stuck.0.len() as u64;
        Ok(swept)
    }

    /// Deletes one batch of what is past its end at `now`, in one short job of the writer; answers
    /// where the next begins, `None` where there is no more.
    pub(crate) async fn sweep_batch(
        &self,
        now: Timestamp,
        place: Place,
    ) -> Result<(Swept, Option<Place>), StoreError> {
        self.inner.writer.write(move |conn| Box::pin(sweep_batch(conn, now, place))).await
    }

    /// Where the sweep goes on after a batch that damage kept: at half of it, down to the one
    /// conversation that can't be taken, and past that one.
    async fn narrow(
        &self,
        now: Timestamp,
        place: Place,
        error: &StoreError,
        stuck: &mut Stuck,
    ) -> Result<Place, StoreError> {
        if 1 < place.limit {
            return Ok(Place { limit: place.limit / 2, ..place });
        }
        let args = args![now, place.after.0, &place.after.1];
        let next: Option<Cursor> = self.inner.readers.optional(sql::NEXT_DUE, args).await?;
        let after = next.ok_or_else(|| error.clone())?;
        stuck.note(after.1.clone(), error);
        Ok(Place { after, ..place })
    }

    /// How many conversations the sweep leaves alone since their index and their row differ on
    /// whether they are over: one of the two is damaged.
    pub(crate) async fn disputed(&self, now: Timestamp) -> Result<u64, StoreError> {
        let row: Option<(i64,)> = self.inner.readers.optional(sql::DISPUTED, args![now]).await?;
        Ok(row.map_or(0, |(count,)| row::seq(count)))
    }

    /// What keeps the sweep from deleting all that is past its end, if anything: the clock, or what
    /// became of the last sweep.
    pub fn retention_trouble(&self) -> Option<String> {
        let halted = self.clock_doubt().map(|doubt| format!("halted: {doubt}"));
        halted.or_else(|| self.inner.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    /// Keeps what became of a sweep; `None`: it took all.
    pub(crate) fn tell_retention(&self, trouble: Option<String>) {
        *self.inner.trouble.lock().unwrap_or_else(PoisonError::into_inner) = trouble;
    }

    /// Copies the log to the database and cuts it, so that no deleted text is left in it. False: a
    /// reader holds it open, and another try is due.
    pub(crate) async fn cut_log(&self) -> Result<bool, StoreError> {
        self.inner.writer.alone(|conn| Box::pin(conn.cut_log())).await
    }

    /// Gives some free pages back to the disk; answers how many are left.
    pub(crate) async fn vacuum(&self) -> Result<i64, StoreError> {
        self.inner.writer.alone(|conn| Box::pin(conn.vacuum())).await
    }

    /// Begins the removal of a dealer: from now on neither it nor any of its rows is found. The
    /// rows go in batches like expired ones; [`Store::finish_removals`] does the rest.
    pub async fn remove_dealer(&self, id: &DealerId) -> Result<Swept, StoreError> {
        match self.begin_removal(id, true).await {
            // One row that can't be changed keeps nobody: the others are hidden one by one.
            Err(error) if error.is_damage() => self.begin_removal(id, false).await?,
            begun => begun?,
        }
        self.finish_removals().await
    }

    async fn begin_removal(&self, id: &DealerId, hides: bool) -> Result<(), StoreError> {
        let (dealer, now) = (id.clone(), self.inner.clock.now());
        self.change_dealers(move |conn| {
            Box::pin(async move {
                let id = dealer.as_str();
                if conn.execute(sql::MARK_REMOVING, args![id, now]).await? == 0 {
                    return Err(StoreError::NoSuchDealer(dealer));
                }
                conn.execute(sql::DELETE_SITES, args![id]).await?;
                if hides {
                    conn.execute(sql::EXPIRE_DEALER, args![id]).await?;
                }
                Ok(())
            })
        })
        .await
    }

    /// Deletes the rows of all dealers whose removal has begun, also one that a crash cut short.
    pub async fn finish_removals(&self) -> Result<Swept, StoreError> {
        // All that expired in 1970 belongs to dealers that are being removed.
        self.take_due(Timestamp::from_millis(0), &CancellationToken::new()).await
    }

    /// Hides the rows of all dealers whose removal has begun; answers the dealers.
    async fn hide_removing(&self, stuck: &mut Stuck) -> Result<Vec<String>, StoreError> {
        let found: Result<Vec<(String,)>, StoreError> =
            self.inner.readers.all(sql::REMOVING, args![]).await;
        let removing = match found {
            Ok(found) => found.into_iter().map(|(dealer,)| dealer).collect(),
            // No removal goes on, and everything else does; it is told already.
            Err(error) if error.is_damage() => Vec::new(),
            Err(error) => return Err(error),
        };
        for dealer in &removing {
            match self.run(sql::EXPIRE_DEALER, dealer).await {
                Err(error) if error.is_damage() => self.hide_each(dealer, stuck).await?,
                hidden => hidden?,
            }
        }
        Ok(removing)
    }

    /// The same, conversation by conversation, for a dealer one of whose rows is damaged.
    async fn hide_each(&self, dealer: &str, stuck: &mut Stuck) -> Result<(), StoreError> {
        let mut after = String::new();
        loop {
            let args = args![dealer, &after, VERIFY_BATCH];
            let page: Vec<(String,)> = self.inner.readers.all(sql::OF_DEALER, args).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after.clone_from(&last.0);
            for (id,) in page {
                match self.run(sql::EXPIRE_CONVERSATION, &id).await {
                    Err(error) if error.is_damage() => stuck.note(id, &error),
                    hidden => hidden?,
                }
            }
        }
    }

    /// Runs a change that takes an id, by itself.
    async fn run(&self, change: &'static str, id: &str) -> Result<(), StoreError> {
        let id = id.to_owned();
        let done = self.inner.writer.write(move |conn| {
            Box::pin(async move { conn.execute(change, args![&id]).await.map(drop) })
        });
        done.await
    }
}

async fn sweep_batch(
    conn: &mut Conn,
    now: Timestamp,
    place: Place,
) -> Result<(Swept, Option<Place>), StoreError> {
    let Place { after, limit } = place;
    let n_rows = i64::try_from(limit).unwrap_or(i64::MAX);
    let args = args![now, after.0, &after.1, n_rows];
    let found: Vec<DueRow> = conn.all(sql::DUE, args).await?;
    let Some((up_to, whole)) = cut(&found) else { return Ok((Swept::default(), None)) };
    let args = args![now, after.0, &after.1, up_to.0, &up_to.1];
    let swept = Swept {
        outbox: conn.execute(sql::SWEEP_OUTBOX, args).await?,
        consents: conn.execute(sql::SWEEP_CONSENTS, args).await?,
        leads: conn.execute(sql::SWEEP_LEADS, args).await?,
        replies: conn.execute(sql::SWEEP_REPLIES, args).await?,
        messages: conn.execute(sql::SWEEP_MESSAGES, args).await?,
        conversations: conn.execute(sql::SWEEP_CONVERSATIONS, args).await?,
        batches: 1,
        ..Swept::default()
    };
    let more = !whole || found.len() == limit;
    let next = || Place { after: up_to, limit: (limit * 2).min(SWEEP_BATCH) };
    Ok((swept, more.then(next)))
}

/// The last conversation of a batch, such that it holds few enough messages, and whether that is
/// all that was found. The first is always taken: a batch makes progress.
fn cut(found: &[DueRow]) -> Option<(Cursor, bool)> {
    let mut messages = 0;
    let mut taken = 0;
    for one in found {
        messages += one.4;
        if 0 < taken && SWEEP_BATCH_MESSAGES < messages {
            break;
        }
        taken += 1;
    }
    let last = found[..taken].last()?;
    Some(((last.3, last.1.clone()), taken == found.len()))
}

/// Deletes the last rows of a dealer; answers whether it is gone, which it isn't as long as one of
/// its conversations can't be deleted.
async fn delete_dealer(conn: &mut Conn, dealer: String) -> Result<u64, StoreError> {
    conn.execute(sql::DELETE_DOCUMENTS, args![&dealer]).await?;
    conn.execute(sql::DELETE_USAGE, args![&dealer]).await?;
    conn.execute(sql::DELETE_DEALER, args![&dealer]).await
}

fn due(found: DueRow) -> Result<Due, StoreError> {
    let (dealer, id, last_at, expires_at, messages, leads) = found;
    Ok(Due {
        dealer: DealerId::parse(&dealer)
            .map_err(|_| row::inconsistent("conversations", "dealer_id", &id))?,
        conversation: row::conversation_id(&id)?,
        last_at: row::at(last_at),
        expires_at: row::at(expires_at),
        messages: row::seq(messages),
        leads: row::seq(leads),
    })
}
