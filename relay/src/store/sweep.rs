//! Taking away what has expired, from everyone: one of the two files that cross dealers (D6).
//! What is due, one batch of it, and the scrub that makes it physically true. When: see
//! `crate::retention`.

mod batch;
mod lease;
mod overdue;
mod registers;
mod removal;

use std::collections::BTreeSet;

pub(super) use lease::Runner;

use protocol::{ConversationId, DealerId};
use tokio_util::sync::CancellationToken;

use super::{Store, StoreError, db::args, hold::refuse_held, keys::Gone, row, sql};
use crate::{clock::Timestamp, limits::SWEEP_BATCH};

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
    /// Keyed hashes of addresses and numbers.
    pub contacts: u64,
    /// Records of consent.
    pub consents: u64,
    /// Replies, their snapshots included.
    pub replies: u64,
    /// Deliveries owed or done.
    pub outbox: u64,
    /// Dealers whose removal was finished.
    pub dealers: u64,
    /// Requests of the register.
    pub requests: u64,
    /// Notices, told or not.
    pub notices: u64,
    /// Jobs of the writer.
    pub batches: u64,
    /// Conversations and dealers that are past their end and can't be taken: the disk is damaged.
    pub stuck: u64,
    /// Conversations that are past their end and held for a legal reason; as of now, not added up.
    pub held: u64,
}

impl Swept {
    /// Adds the counts of another batch.
    pub fn add(&mut self, other: Self) {
        self.conversations += other.conversations;
        self.messages += other.messages;
        self.leads += other.leads;
        self.contacts += other.contacts;
        self.consents += other.consents;
        self.replies += other.replies;
        self.outbox += other.outbox;
        self.dealers += other.dealers;
        self.requests += other.requests;
        self.notices += other.notices;
        self.batches += other.batches;
        self.stuck += other.stuck;
    }

    /// The rows by table.
    pub fn tables(&self) -> [(&'static str, u64); 10] {
        [
            ("conversations", self.conversations),
            ("messages", self.messages),
            ("leads", self.leads),
            ("contacts", self.contacts),
            ("consents", self.consents),
            ("replies", self.replies),
            ("outbox", self.outbox),
            ("dealers", self.dealers),
            ("requests", self.requests),
            ("notices", self.notices),
        ]
    }
}

/// A place in the order of the sweep: expires at, id.
type Cursor = (i64, String);

/// When a conversation has expired whose dealer is being removed.
const REMOVED: i64 = 0;

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
struct Stuck {
    told: BTreeSet<String>,
    /// Those of them that have lost their key.
    keyless: BTreeSet<String>,
}

impl Stuck {
    /// Takes note of a conversation or a dealer.
    fn note(&mut self, id: String, error: &StoreError) {
        if !self.told.contains(&id) {
            tracing::error!(id, %error, "Can't delete {id}, which is past its end: the disk is damaged; all others are deleted");
            self.told.insert(id);
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
        let taken = self.take_all(now, stopping).await;
        let given_back = self.give_lease_back().await;
        taken.and_then(|swept| given_back.map(|()| swept))
    }

    async fn take_all(
        &self,
        now: Timestamp,
        stopping: &CancellationToken,
    ) -> Result<Swept, StoreError> {
        let mut stuck = Stuck::default();
        self.remove_ended(now).await?;
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
        swept.requests = self.take_rows(sql::SWEEP_REQUESTS, "requests", now, &mut stuck).await?;
        swept.notices = self.take_rows(sql::SWEEP_NOTICES, "notices", now, &mut stuck).await?;
        for dealer in removing {
            let id = dealer.clone();
            let job =
                self.inner.writer.write_apart(move |conn| Box::pin(removal::delete(conn, id)));
            let gone = job.await;
            match gone {
                Ok(gone) => swept.dealers += gone,
                Err(error) if error.is_damage() => stuck.note(dealer, &error),
                Err(error) => return Err(error),
            }
        }
        swept.stuck = stuck.told.len() as u64;
        self.keep_stuck(stuck.keyless);
        Ok(swept)
    }

    /// Deletes one batch of what is past its end at `now`, in one short job of the writer; answers
    /// where the next begins, `None` where there is no more.
    pub(crate) async fn sweep_batch(
        &self,
        now: Timestamp,
        place: Place,
    ) -> Result<(Swept, Option<Place>), StoreError> {
        let (keys, at) = (self.inner.keys.clone(), self.deleted_at(now));
        let (runner, wall) = (self.inner.runner.clone(), self.inner.clock.now());
        let job = self.inner.writer.write_apart(move |conn| {
            Box::pin(async move {
                let found = batch::next(conn, now, &place).await?;
                let Some((up_to, taken)) = batch::cut(&found) else {
                    return Ok((Swept::default(), None));
                };
                runner.take(conn, wall).await?;
                let sizes = batch::measure(conn, taken).await?;
                let swept = batch::delete(conn, now, &place, &up_to).await?;
                batch::destroy(conn, &keys, taken, &sizes, at).await?;
                let more = taken.len() < found.len() || found.len() == place.limit;
                let limit = (place.limit * 2).min(SWEEP_BATCH);
                Ok((swept, more.then_some(Place { after: up_to, limit })))
            })
        });
        job.await
    }

    /// When what is due at `now` is deleted: the rows of a dealer that is being removed are due since
    /// 1970, and go now.
    fn deleted_at(&self, now: Timestamp) -> Timestamp {
        now.max(self.inner.time.now())
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
        if self.destroy_key(&after, self.deleted_at(now)).await? {
            stuck.keyless.insert(after.1.clone());
        }
        Ok(Place { after, ..place })
    }

    /// Destroys the key of a conversation whose rows can't be deleted: what is left of it nobody reads.
    /// Answers whether it has none any more.
    async fn destroy_key(&self, place: &Cursor, now: Timestamp) -> Result<bool, StoreError> {
        let (keys, id, reason) = (self.inner.keys.clone(), place.1.clone(), batch::reason(place.0));
        let ended = batch::ended(place.0, now);
        let (runner, wall) = (self.inner.runner.clone(), self.inner.clock.now());
        let job = self.inner.writer.write_apart(move |conn| {
            Box::pin(async move {
                let owner: Option<(String,)> =
                    conn.keys.optional(sql::KEY_OWNER, args![&id]).await?;
                let Some((dealer,)) = &owner else { return Ok(Vec::new()) };
                // It may be held since it was found.
                refuse_held(conn, dealer, &id).await?;
                runner.take(conn, wall).await?;
                let gone = Gone { conversation: &id, dealer, ended, size: None, told: &[] };
                keys.destroy(conn, &[gone], reason, now).await
            })
        });
        match job.await {
            // The keys are damaged, too; it is told already.
            Err(error) if error.is_damage() || matches!(error, StoreError::Held { .. }) => {
                Ok(false)
            }
            destroyed => destroyed.map(|_| true),
        }
    }

    /// How many conversations the sweep leaves alone since their index and their row differ on
    /// whether they are over: one of the two is damaged.
    pub(crate) async fn disputed(&self, now: Timestamp) -> Result<u64, StoreError> {
        let row: Option<(i64,)> = self.inner.readers.optional(sql::DISPUTED, args![now]).await?;
        Ok(row.map_or(0, |(count,)| row::seq(count)))
    }

    /// Copies the log to the database and cuts it, so that no deleted text is left in it. False: a
    /// reader holds it open, and another try is due.
    pub(crate) async fn cut_log(&self) -> Result<bool, StoreError> {
        self.inner.writer.alone(|conn| Box::pin(conn.cut_logs())).await
    }

    /// Wipes the keys from memory that nobody has used lately.
    pub(crate) fn forget_unused_keys(&self) {
        self.inner.keys.forget_unused();
    }

    /// Gives some free pages back to the disk; answers how many are left.
    pub(crate) async fn vacuum(&self) -> Result<i64, StoreError> {
        if self.inner.is_untidy {
            return Ok(0);
        }
        self.inner.writer.alone(|conn| Box::pin(conn.vacuum())).await
    }
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
