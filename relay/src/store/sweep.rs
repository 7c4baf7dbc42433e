//! Taking away what has expired, from everyone: one of the two files that cross dealers (D6).
//! What is due, one batch of it, and the scrub that makes it physically true. When: see
//! `crate::retention`.

use protocol::{ConversationId, DealerId};

use super::{
    Store, StoreError,
    db::{Conn, args},
    row, sql,
};
use crate::{
    clock::Timestamp,
    limits::{SWEEP_BATCH, SWEEP_BATCH_MESSAGES},
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

    /// Deletes one batch of what is past its end at `now`, in one short job of the writer. False:
    /// there is no more.
    pub(crate) async fn sweep_batch(&self, now: Timestamp) -> Result<(Swept, bool), StoreError> {
        self.inner.writer.write(move |conn| Box::pin(sweep_batch(conn, now))).await
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
        self.inner.writer.alone(|conn| Box::pin(conn.cut_log())).await
    }

    /// Gives some free pages back to the disk; answers how many are left.
    pub(crate) async fn vacuum(&self) -> Result<i64, StoreError> {
        self.inner.writer.alone(|conn| Box::pin(conn.vacuum())).await
    }

    /// Begins the removal of a dealer: from now on neither it nor any of its rows is found. The
    /// rows go in batches like expired ones; [`Store::finish_removals`] does the rest.
    pub async fn remove_dealer(&self, id: &DealerId) -> Result<Swept, StoreError> {
        let (dealer, now) = (id.clone(), self.inner.clock.now());
        self.change_dealers(move |conn| {
            Box::pin(async move {
                let id = dealer.as_str();
                if conn.execute(sql::MARK_REMOVING, args![id, now]).await? == 0 {
                    return Err(StoreError::NoSuchDealer(dealer));
                }
                conn.execute(sql::DELETE_SITES, args![id]).await?;
                conn.execute(sql::EXPIRE_DEALER, args![id]).await.map(drop)
            })
        })
        .await?;
        self.finish_removals().await
    }

    /// Deletes the rows of all dealers whose removal has begun, also one that a crash cut short.
    pub async fn finish_removals(&self) -> Result<Swept, StoreError> {
        let mut swept = Swept::default();
        let removing: Vec<(String,)> = self.inner.readers.all(sql::REMOVING, args![]).await?;
        for (dealer,) in removing {
            let again = dealer.clone();
            self.inner
                .writer
                .write(move |conn| {
                    Box::pin(async move {
                        conn.execute(sql::EXPIRE_DEALER, args![&again]).await.map(drop)
                    })
                })
                .await?;
            // All that expired in 1970 belongs to dealers that are being removed.
            loop {
                let (batch, more) = self.sweep_batch(Timestamp::from_millis(0)).await?;
                swept.add(batch);
                if !more {
                    break;
                }
            }
            self.inner.writer.write(move |conn| Box::pin(delete_dealer(conn, dealer))).await?;
            swept.dealers += 1;
        }
        Ok(swept)
    }
}

async fn sweep_batch(conn: &mut Conn, now: Timestamp) -> Result<(Swept, bool), StoreError> {
    let limit = i64::try_from(SWEEP_BATCH).unwrap_or(i64::MAX);
    let args = args![now, START.0, START.1, limit];
    let found: Vec<DueRow> = conn.all(sql::DUE, args).await?;
    let Some((up_to, whole)) = cut(&found) else { return Ok((Swept::default(), false)) };
    let args = args![now, up_to.0, &up_to.1];
    let swept = Swept {
        outbox: conn.execute(sql::SWEEP_OUTBOX, args).await?,
        consents: conn.execute(sql::SWEEP_CONSENTS, args).await?,
        leads: conn.execute(sql::SWEEP_LEADS, args).await?,
        replies: conn.execute(sql::SWEEP_REPLIES, args).await?,
        messages: conn.execute(sql::SWEEP_MESSAGES, args).await?,
        conversations: conn.execute(sql::SWEEP_CONVERSATIONS, args).await?,
        dealers: 0,
        batches: 1,
    };
    Ok((swept, !whole || found.len() == SWEEP_BATCH))
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

async fn delete_dealer(conn: &mut Conn, dealer: String) -> Result<(), StoreError> {
    conn.execute(sql::DELETE_DOCUMENTS, args![&dealer]).await?;
    conn.execute(sql::DELETE_USAGE, args![&dealer]).await?;
    conn.execute(sql::DELETE_DEALER, args![&dealer]).await.map(drop)
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
