//! The register of requests: the operator's own rows, across all dealers. It names no visitor and no
//! conversation, so it is no way around [`Store::dealer`]; which changes are allowed is decided in
//! `domain/request`.

use jiff::civil::Date;
use protocol::DealerId;
use sqlx::FromRow;

use super::{
    Store, StoreError,
    chain::{Digested, Link, damaged},
    db::{Conn, args},
    row, sql,
};
use crate::{
    clock::Timestamp,
    domain::request::{
        Change, Channel, Closed, Entry, Ground, Jurisdiction, Kind, Outcome, Proof, Refusal,
        Request, Tally, day_of, tally,
    },
    random,
};

/// A request on its way in.
#[derive(Clone, Debug)]
pub struct NewRequest {
    /// With whom it was made.
    pub dealer: DealerId,
    /// The controller's name in law.
    pub controller: String,
    /// What is asked for.
    pub kind: Kind,
    /// Whose law it falls under.
    pub law: Jurisdiction,
    /// The day on which it was received.
    pub received: Date,
    /// How it came.
    pub channel: Channel,
    /// How the person showed that the data are theirs.
    pub proof: Proof,
}

/// A closed request or a notice that has come to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueRow {
    /// Of what, in words.
    pub of: &'static str,
    /// Which.
    pub id: String,
    /// Since when it should be gone.
    pub expires_at: Timestamp,
}

#[derive(FromRow)]
struct RequestRow {
    id: String,
    dealer_id: String,
    controller: String,
    kind: String,
    jurisdiction: String,
    received: String,
    channel: String,
    proof: String,
    entries: String,
    outcome: Option<String>,
    ground: Option<String>,
    closed_at: Option<i64>,
    expires_at: Option<i64>,
    seal: Vec<u8>,
}

impl RequestRow {
    /// The row of a request; its seal is what it must be.
    fn of(request: &Request) -> Self {
        let closed = request.closed;
        let mut row = Self {
            id: request.id.clone(),
            dealer_id: request.dealer.to_string(),
            controller: request.controller.clone(),
            kind: request.kind.word().to_owned(),
            jurisdiction: request.law.word().to_owned(),
            received: request.received.to_string(),
            channel: request.channel.word().to_owned(),
            proof: request.proof.word().to_owned(),
            entries: serde_json::to_string(&request.entries).unwrap_or_default(),
            outcome: closed.map(|closed| closed.outcome.word().to_owned()),
            ground: closed.and_then(|closed| Some(closed.ground?.word().to_owned())),
            closed_at: closed.map(|closed| closed.at.millis()),
            expires_at: request.expires_at().map(Timestamp::millis),
            seal: Vec::new(),
        };
        row.seal = row.sealed().as_bytes().to_vec();
        row
    }

    fn sealed(&self) -> Link {
        Digested::of("request")
            .text(&self.id)
            .text(&self.dealer_id)
            .text(&self.controller)
            .text(&self.kind)
            .text(&self.jurisdiction)
            .text(&self.received)
            .text(&self.channel)
            .text(&self.proof)
            .text(&self.entries)
            .maybe(self.outcome.as_deref())
            .maybe(self.ground.as_deref())
            .number(self.closed_at.unwrap_or(-1))
            .number(self.expires_at.unwrap_or(-1))
            .end()
    }

    /// What was written, or an error where the disk holds something else.
    fn read(self) -> Result<Request, StoreError> {
        if self.seal != self.sealed().as_bytes() {
            return Err(damaged(&self.id, "the seal of a request"));
        }
        let id = self.id.as_str();
        let bad = |column| row::inconsistent("requests", column, id);
        let closed = match (&self.outcome, self.closed_at) {
            (Some(outcome), Some(at)) => Some(Closed {
                outcome: Outcome::parse(outcome).map_err(|_| bad("outcome"))?,
                ground: self
                    .ground
                    .as_deref()
                    .map(Ground::parse)
                    .transpose()
                    .map_err(|_| bad("ground"))?,
                at: row::at(at),
            }),
            _ => None,
        };
        let entries: Vec<Entry> =
            serde_json::from_str(&self.entries).map_err(|_| bad("entries"))?;
        Ok(Request {
            dealer: DealerId::parse(&self.dealer_id).map_err(|_| bad("dealer_id"))?,
            kind: Kind::parse(&self.kind).map_err(|_| bad("kind"))?,
            law: Jurisdiction::parse(&self.jurisdiction).map_err(|_| bad("jurisdiction"))?,
            received: self.received.parse().map_err(|_| bad("received"))?,
            channel: Channel::parse(&self.channel).map_err(|_| bad("channel"))?,
            proof: Proof::parse(&self.proof).map_err(|_| bad("proof"))?,
            id: self.id,
            controller: self.controller,
            entries,
            closed,
        })
    }
}

impl Store {
    /// Opens a request.
    pub async fn open_request(&self, new: NewRequest) -> Result<Request, StoreError> {
        let request = Request {
            id: random::id(self.inner.random.as_ref(), "req"),
            dealer: new.dealer,
            controller: new.controller,
            kind: new.kind,
            law: new.law,
            received: new.received,
            channel: new.channel,
            proof: new.proof,
            entries: Vec::new(),
            closed: None,
        };
        let kept = request.clone();
        let job = self.inner.writer.write(move |conn| Box::pin(insert(conn, kept)));
        job.await.map(|()| request)
    }

    /// A request by its id, unless the register has forgotten it.
    pub async fn request(&self, id: &str) -> Result<Option<Request>, StoreError> {
        let args = args![id, self.inner.time.now()];
        let found: Option<RequestRow> = self.inner.readers.optional(sql::REQUEST, args).await?;
        found.map(RequestRow::read).transpose()
    }

    /// All requests that the register has not forgotten, the oldest first, each for itself: one that
    /// can't be read must not hide the others from the people who have to answer them.
    pub async fn requests(&self) -> Result<Vec<Result<Request, StoreError>>, StoreError> {
        let args = args![self.inner.time.now()];
        let rows = self.inner.readers.each::<RequestRow>(sql::REQUESTS, args).await?;
        Ok(rows.into_iter().map(|row| row.and_then(RequestRow::read)).collect())
    }

    /// How many requests are open, near their last day, and late.
    pub async fn request_tally(&self) -> Result<Tally, StoreError> {
        let all = self.requests().await?;
        Ok(tally(all.iter().flatten(), self.request_day()))
    }

    /// Today, as requests count it: in UTC, by the time of the store.
    pub fn request_day(&self) -> Date {
        day_of(self.inner.time.now())
    }

    /// Changes a request; answers it, or why it was refused; `None` where there is none.
    pub async fn change_request(
        &self,
        id: &str,
        change: Change,
    ) -> Result<Option<Result<Request, Refusal>>, StoreError> {
        let (id, now) = (id.to_owned(), self.inner.time.now());
        let job = self.inner.writer.write(move |conn| {
            Box::pin(async move {
                let found: Option<RequestRow> =
                    conn.optional(sql::REQUEST, args![&id, now]).await?;
                let Some(found) = found else { return Ok(None) };
                match found.read()?.changed(change, now) {
                    Ok(request) => put(conn, &request).await.map(|()| Some(Ok(request))),
                    Err(refusal) => Ok(Some(Err(refusal))),
                }
            })
        });
        job.await
    }
}

async fn insert(conn: &mut Conn, request: Request) -> Result<(), StoreError> {
    let row = RequestRow::of(&request);
    let seal = row.sealed();
    let args = args![
        &row.id,
        &row.dealer_id,
        &row.controller,
        &row.kind,
        &row.jurisdiction,
        &row.received,
        &row.channel,
        &row.proof,
        &row.entries,
        &seal,
    ];
    conn.execute_one(sql::INSERT_REQUEST, args).await
}

async fn put(conn: &mut Conn, request: &Request) -> Result<(), StoreError> {
    let row = RequestRow::of(request);
    let seal = row.sealed();
    if let (Some(outcome), Some(at), Some(end)) = (&row.outcome, row.closed_at, row.expires_at) {
        let args = args![&row.id, outcome, row.ground.as_deref(), at, end, &seal];
        return conn.execute_one(sql::CLOSE_REQUEST, args).await;
    }
    conn.execute_one(sql::NOTE_REQUEST, args![&row.id, &row.entries, &seal]).await
}
