//! The ledger of a crowd, against what the database holds and what the model's server was asked.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use sqlx::{Connection, SqliteConnection};

use super::{
    Findings, integrity,
    ledger::{Asked, Verdict},
    swarm::plan::Record,
};

/// What a comparison of all three found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reconciled {
    /// What the ledger and the database say.
    pub kept: Verdict,
    /// What a visitor was shown and the database doesn't hold at that place.
    pub strange: u64,
    /// How often the model was asked.
    pub asked: u64,
    /// Turns for which the model was asked more than once.
    pub asked_twice: u64,
    /// Calls of the model for words that nobody said.
    pub asked_for_nothing: u64,
    /// Acknowledged turns for which it was never asked: a crash may come before that.
    pub never_asked: u64,
}

impl Reconciled {
    /// Holds each promise against what was found.
    pub fn judge(self, findings: &mut Findings) {
        self.kept.judge(findings);
        findings.exactly("strange", self.strange, 0);
        findings.note("model_calls", self.asked);
        findings.exactly("asked_twice", self.asked_twice, 0);
        findings.exactly("asked_for_nothing", self.asked_for_nothing, 0);
    }

    /// Whether every promise was kept.
    pub fn is_clean(self) -> bool {
        self.kept.is_clean() && self.strange + self.asked_twice + self.asked_for_nothing == 0
    }
}

/// Compares. `calls` are the last words of each request at the model's server; none where no model
/// answers.
pub async fn check(
    records: &[Record],
    data: &Path,
    calls: &[String],
) -> anyhow::Result<Reconciled> {
    let mut conn = integrity::open(data).await?;
    let rows = Rows::read(&mut conn).await?;
    let kept = Verdict {
        acknowledged: accepted(records).count() as u64,
        lost: accepted(records).filter(|(place, id)| !rows.holds(place, id)).count() as u64,
        doubled: doubled(records, &rows),
        gaps: gaps(&mut conn).await?,
        unanswered: unanswered(records, &mut conn).await?,
        // A crowd complains of them itself.
        wrongs: 0,
    };
    conn.close().await?;
    let received = records.iter().flat_map(|record| {
        record.received.iter().map(move |(seq, id)| (place(record, *seq), id.as_str()))
    });
    let strange = received.filter(|(place, id)| !rows.holds(place, id)).count() as u64;
    Ok(Reconciled { kept, strange, ..asked(records, calls) })
}

/// A place: conversation and seq.
type Place = (String, u64);

fn place(record: &Record, seq: u64) -> Place {
    (record.conversation.clone().unwrap_or_default(), seq)
}

/// Each place that was acknowledged, and the id of the message.
fn accepted(records: &[Record]) -> impl Iterator<Item = (Place, &str)> {
    records.iter().flat_map(|record| {
        let said = record.said.iter();
        said.filter_map(|said| Some((place(record, said.accepted?.0), said.id.as_str())))
    })
}

/// What the database holds.
struct Rows {
    /// The id of the message or of the reply at each place.
    ids: BTreeMap<Place, String>,
    /// How many rows have one visitor's id.
    n_of: BTreeMap<String, u64>,
}

impl Rows {
    async fn read(conn: &mut SqliteConnection) -> anyhow::Result<Self> {
        let rows: Vec<(String, i64, Option<String>, Option<String>)> =
            sqlx::query_as("SELECT conversation_id, seq, client_msg_id, reply_id FROM messages")
                .fetch_all(conn)
                .await?;
        let mut all = Self { ids: BTreeMap::new(), n_of: BTreeMap::new() };
        for (conversation, seq, message, reply) in rows {
            if let Some(id) = &message {
                *all.n_of.entry(id.clone()).or_default() += 1;
            }
            let id = message.or(reply).unwrap_or_default();
            all.ids.insert((conversation, u64::try_from(seq)?), id);
        }
        Ok(all)
    }

    fn holds(&self, place: &Place, id: &str) -> bool {
        self.ids.get(place).is_some_and(|kept| kept == id)
    }
}

/// One id in more than one row, in any conversation, or acknowledged at more than one place.
fn doubled(records: &[Record], rows: &Rows) -> u64 {
    let twice_kept = rows.n_of.values().filter(|n| 1 < **n).count() as u64;
    let twice_told: u64 = records.iter().map(|record| record.contradictions).sum();
    twice_kept + twice_told
}

/// Places that are missing in any conversation, before its last one or before its next one.
async fn gaps(conn: &mut SqliteConnection) -> anyhow::Result<u64> {
    let (gaps,): (i64,) = sqlx::query_as(
        "SELECT COALESCE(SUM(c.next_seq - 1 - (SELECT COUNT(*) FROM messages m
            WHERE m.conversation_id = c.id AND m.seq < c.next_seq)), 0)
        FROM conversations c",
    )
    .fetch_one(conn)
    .await?;
    Ok(u64::try_from(gaps)?)
}

/// Replies of these conversations that never ended.
async fn unanswered(records: &[Record], conn: &mut SqliteConnection) -> anyhow::Result<u64> {
    let running: Vec<(String,)> =
        sqlx::query_as("SELECT conversation_id FROM replies WHERE state = 'running'")
            .fetch_all(conn)
            .await?;
    let known: BTreeSet<&str> =
        records.iter().filter_map(|record| record.conversation.as_deref()).collect();
    Ok(running.iter().filter(|(id,)| known.contains(id.as_str())).count() as u64)
}

/// What the model was asked, turn by turn.
fn asked(records: &[Record], calls: &[String]) -> Reconciled {
    let said = records.iter().flat_map(|record| &record.said);
    let asked = Asked::of(said.map(|said| (&said.id, said.accepted.is_some())), calls);
    Reconciled {
        asked: asked.calls,
        asked_twice: asked.twice,
        asked_for_nothing: asked.for_nothing,
        never_asked: asked.never,
        ..Reconciled::default()
    }
}

/// What the model's server was asked, the last words of each request.
pub async fn calls(model_url: &str) -> anyhow::Result<Vec<String>> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    let url = model_url.trim_end_matches("/v1").to_owned() + "/__calls";
    Ok(client.get(url).send().await?.error_for_status()?.json().await?)
}

#[cfg(test)]
mod tests;
