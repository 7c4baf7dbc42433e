//! The rows of the trail of what the staff did (B-44). Written before it is done, so that nothing is done
//! that stands nowhere.

use protocol::DealerId;

use super::{
    Store, StoreError,
    db::{Conn, args},
    keys::json,
    row, sql,
};
use crate::{
    clock::Timestamp,
    domain::audit::{Entry, Mark, Trail},
    limits::{AUDIT_LIFE, VERIFY_BATCH},
};

/// The last entry, in `keys_meta`: its whole text, so that it can be put back.
const LAST: &str = "last_audit";

/// The last entry that was dropped when its time was up, in `keys_meta`.
const DROPPED: &str = "dropped_audit";

/// What somebody is about to do.
#[derive(Clone, Debug)]
pub struct Act {
    /// Who.
    pub who: String,
    /// What: a word such as `subject.export`.
    pub what: &'static str,
    /// With which dealer's data.
    pub dealer: Option<DealerId>,
    /// Ids of what it is done with.
    pub about: Vec<String>,
}

/// What a check of the whole trail has come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audited {
    /// How many entries there are.
    pub entries: u64,
    /// What is wrong, in sentences.
    pub faults: Vec<String>,
}

#[derive(sqlx::FromRow)]
struct AuditRow {
    number: i64,
    at: i64,
    dealer_id: Option<String>,
    body: String,
}

impl Store {
    /// Writes an entry; answers its number after the commit.
    pub async fn audit(&self, act: Act) -> Result<u64, StoreError> {
        let now = self.inner.time.now();
        self.inner.writer.write(move |conn| Box::pin(append(conn, act, now))).await
    }

    /// The entries since a moment, the oldest first; of one dealer's data only where it is named.
    pub async fn audit_trail(
        &self,
        dealer: Option<&DealerId>,
        since: Timestamp,
    ) -> Result<Vec<Entry>, StoreError> {
        let mut all = Vec::new();
        let mut after = 0;
        loop {
            let page = self.audit_page(after).await?;
            let Some(last) = page.last() else { return Ok(all) };
            after = last.number;
            for row in page {
                let is_theirs =
                    dealer.is_none_or(|id| row.dealer_id.as_deref() == Some(id.as_str()));
                if is_theirs && since <= row::at(row.at) {
                    all.push(read(&row)?);
                }
            }
        }
    }

    /// Checks the whole trail.
    pub async fn check_audit(&self) -> Result<Audited, StoreError> {
        let mut trail = self.trail().await?;
        let known = self.kept_beside(LAST).await?.and_then(|body| Mark::of_body(&body));
        let mut after = 0;
        loop {
            let page = self.audit_page(after).await?;
            let Some(last) = page.last() else { break };
            after = last.number;
            for row in &page {
                trail.take_row(row);
            }
        }
        trail.end(known);
        Ok(Audited { entries: trail.entries, faults: trail.faults })
    }

    /// Drops the entries whose time is up; answers how many. Where the trail goes on is remembered. Where
    /// it was changed nothing is dropped, so that it stays told.
    pub(crate) async fn drop_audit(&self, now: Timestamp) -> Result<u64, StoreError> {
        let before = now.minus(AUDIT_LIFE);
        let any: Option<AuditRow> =
            self.inner.readers.optional(sql::OLD_AUDIT, args![before]).await?;
        if any.is_none() {
            return Ok(0);
        }
        let mut trail = self.trail().await?;
        let mut old: Option<AuditRow> = None;
        let mut after = 0;
        'trail: loop {
            let page = self.audit_page(after).await?;
            let Some(last) = page.last() else { break };
            after = last.number;
            for row in page {
                // By the time that is hashed, not by the column.
                let is_old = read(&row).is_ok_and(|entry| entry.at < before.to_string());
                if !is_old {
                    break 'trail;
                }
                trail.take_row(&row);
                old = Some(row);
            }
        }
        let Some(old) = old.filter(|_| trail.faults.is_empty()) else {
            tracing::error!(
                "The trail of what the staff did was changed: see `forecourt audit verify`"
            );
            return Ok(0);
        };
        let mark = Mark::of(row::seq(old.number), &old.body).to_text();
        let job = self.inner.writer.write_apart(move |conn| {
            Box::pin(async move {
                conn.keys.execute(sql::PUT_KEYS_META, args![DROPPED, &mark]).await?;
                conn.execute(sql::DROP_AUDIT, args![old.number]).await
            })
        });
        job.await
    }

    /// The trail from where its beginning was dropped.
    async fn trail(&self) -> Result<Trail, StoreError> {
        let start = self.kept_beside(DROPPED).await?.and_then(|text| Mark::read(&text));
        Ok(Trail::after(start.unwrap_or_default()))
    }

    async fn audit_page(&self, after: i64) -> Result<Vec<AuditRow>, StoreError> {
        self.inner.readers.all(sql::AUDIT, args![after, VERIFY_BATCH]).await
    }

    async fn kept_beside(&self, key: &str) -> Result<Option<String>, StoreError> {
        let readers = self.inner.keys.readers();
        let found: Option<(String,)> = readers.optional(sql::KEYS_META, args![key]).await?;
        Ok(found.map(|(text,)| text))
    }
}

impl Trail {
    fn take_row(&mut self, row: &AuditRow) {
        let AuditRow { number, at, dealer_id, body } = row;
        self.take(row::seq(*number), &row::at(*at).to_string(), dealer_id.as_deref(), body);
    }
}

async fn append(conn: &mut Conn, act: Act, now: Timestamp) -> Result<u64, StoreError> {
    let last = last_mark(conn).await?;
    let number = last.number + 1;
    let dealer = act.dealer.map(|id| id.as_str().to_owned());
    let entry = Entry {
        entry: number,
        at: now.to_string(),
        who: act.who,
        what: act.what.to_owned(),
        dealer,
        about: act.about,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        previous: last.hash,
    };
    let body = json(&entry)?;
    conn.keys.execute(sql::PUT_KEYS_META, args![LAST, &body]).await?;
    insert(conn, &entry, now, &body).await?;
    Ok(number)
}

/// The last entry. One that the rows have lost is put back.
async fn last_mark(conn: &mut Conn) -> Result<Mark, StoreError> {
    let last: Option<AuditRow> = conn.optional(sql::LAST_AUDIT, args![]).await?;
    let dropped: Option<(String,)> = conn.keys.optional(sql::KEYS_META, args![DROPPED]).await?;
    let dropped = dropped.and_then(|(text,)| Mark::read(&text)).unwrap_or_default();
    let stands = last.map_or(dropped, |row| Mark::of(row::seq(row.number), &row.body));
    let known: Option<(String,)> = conn.keys.optional(sql::KEYS_META, args![LAST]).await?;
    let Some((body,)) = known else { return Ok(stands) };
    let Ok(entry) = serde_json::from_str::<Entry>(&body) else { return Ok(stands) };
    if entry.entry == stands.number + 1 {
        let at = entry.at.parse::<jiff::Timestamp>().map_or(0, jiff::Timestamp::as_millisecond);
        insert(conn, &entry, Timestamp::from_millis(at), &body).await?;
    }
    // The trail goes on from what the keys know, whatever the rows say: what was altered, put in or taken
    // away meanwhile is never followed by anything.
    Ok(Mark { number: entry.entry.max(stands.number), ..Mark::of(entry.entry, &body) })
}

async fn insert(
    conn: &mut Conn,
    entry: &Entry,
    at: Timestamp,
    body: &str,
) -> Result<(), StoreError> {
    let dealer = entry.dealer.as_deref().unwrap_or_default();
    let args = args![row::count(entry.entry), at, dealer, body];
    conn.execute_one(sql::INSERT_AUDIT, args).await
}

fn read(row: &AuditRow) -> Result<Entry, StoreError> {
    serde_json::from_str(&row.body)
        .map_err(|_| row::inconsistent("audit", "body", &row.number.to_string()))
}

#[cfg(test)]
mod tests;
