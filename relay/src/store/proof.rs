//! The rows of the proof that deleting was done: signing receipts, making reports of them, checking
//! both (G-50, G-51). Which receipts there are: see `keys/gone.rs`.

mod check;

use std::collections::BTreeSet;

use super::{
    Store, StoreError,
    db::args,
    keys::{RECEIPT, json},
    row, sql,
};
use crate::{
    crypt::{Signer, has_signed},
    domain::proof::{FORMAT, Receipt, Report, Signed, Sum, hash},
    limits::RECEIPT_BATCH,
};

/// The last report, in `meta` of the data, apart from the reports: its number, its hash and who signed
/// it. So it is missed if the last ones are taken away, and no other takes its place.
const LAST_REPORT: &str = "last_report";

/// For what a signature under a report is.
const REPORT: &str = "report";

/// What the data remember of the last report.
struct Remembered {
    number: i64,
    hash: String,
    key: String,
}

impl Remembered {
    fn read(text: &str) -> Option<Self> {
        let mut words = text.split(' ').map(ToOwned::to_owned);
        let number = words.next()?.parse().ok()?;
        Some(Self { number, hash: words.next()?, key: words.next()? })
    }

    fn to_text(&self) -> String {
        format!("{} {} {}", self.number, self.hash, self.key)
    }

    /// Whether this is the last report, or the one after it, which a crash has kept from being
    /// remembered.
    fn is_followed_by(&self, last: &ReportRow) -> bool {
        let is_same = self.hash == hash(&last.body) && last.signed_with.as_ref() == Some(&self.key);
        let previous = read(&last.body).map(|report| report.previous);
        is_same || (last.at.number == self.number + 1 && previous.as_ref() == Some(&self.hash))
    }
}

/// A receipt or a report as it is kept: id or number, text, public key, signature.
#[derive(sqlx::FromRow)]
struct Row<T> {
    #[sqlx(flatten)]
    at: T,
    body: String,
    signed_with: Option<String>,
    signature: Option<String>,
}

#[derive(sqlx::FromRow)]
struct Id {
    id: String,
}

#[derive(sqlx::FromRow)]
struct Number {
    number: i64,
}

type ReceiptRow = Row<Id>;
type ReportRow = Row<Number>;

/// Where the next report stands.
struct Next {
    number: i64,
    previous: String,
    /// Whether the last report is the one that was made. If somebody has changed it the chain goes on
    /// from what is remembered, and stays broken: what is forged is never signed over.
    is_sound: bool,
}

impl Next {
    fn after(remembered: Option<Remembered>, last: Option<ReportRow>) -> Self {
        let is_sound = match (&remembered, &last) {
            (None, last) => last.as_ref().is_none_or(|last| last.holds(REPORT)),
            (Some(_), None) => false,
            (Some(remembered), Some(last)) => last.holds(REPORT) && remembered.is_followed_by(last),
        };
        let stands = last.as_ref().map_or(0, |last| last.at.number);
        let known = remembered.as_ref().map_or(0, |remembered| remembered.number);
        let previous = match (remembered, last) {
            (Some(remembered), _) if !is_sound => remembered.hash,
            (_, last) => last.map(|last| hash(&last.body)).unwrap_or_default(),
        };
        Self { number: stands.max(known) + 1, previous, is_sound }
    }
}

/// What a check of all reports and receipts has come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proof {
    /// How many reports there are.
    pub reports: u64,
    /// How many receipts they count.
    pub receipts: u64,
    /// How many receipts have come since the last report.
    pub open: u64,
    /// How many of all receipts nobody has signed yet.
    pub unsigned: u64,
    /// The public key of today; `None` where the check was made by others.
    pub key: Option<String>,
    /// What is wrong, in sentences.
    pub faults: Vec<String>,
}

/// How the deleting stands when a report is made.
#[derive(Clone, Debug)]
pub(crate) struct Moment {
    /// How long ago the oldest ended that is still there, in seconds.
    pub(crate) overdue_seconds: u64,
    /// In words.
    pub(crate) retention: String,
}

impl<T> Row<T> {
    fn holds(&self, kind: &str) -> bool {
        let (Some(key), Some(signature)) = (&self.signed_with, &self.signature) else {
            return false;
        };
        has_signed(key, kind, &self.body, signature)
    }

    fn signed(self) -> Signed {
        Signed { body: self.body, signed_with: self.signed_with, signature: self.signature }
    }
}

impl Store {
    /// A receipt, by its id.
    pub async fn receipt(&self, id: &str) -> Result<Option<Signed>, StoreError> {
        let found: Option<ReceiptRow> =
            self.inner.keys.readers().optional(sql::RECEIPT, args![id]).await?;
        Ok(found.map(Row::signed))
    }

    /// Some receipts, in the order of their ids, and the id after which the next are; none at the end.
    pub async fn receipts(&self, after: &str) -> Result<Option<(Vec<Signed>, String)>, StoreError> {
        let page: Vec<ReceiptRow> =
            self.inner.keys.readers().all(sql::RECEIPTS, args![after, RECEIPT_BATCH]).await?;
        let last = page.last().map(|last| last.at.id.clone());
        Ok(last.map(|last| (page.into_iter().map(Row::signed).collect(), last)))
    }

    /// All reports, the oldest first.
    pub async fn reports(&self) -> Result<Vec<Signed>, StoreError> {
        Ok(self.report_rows().await?.into_iter().map(Row::signed).collect())
    }

    async fn report_rows(&self) -> Result<Vec<ReportRow>, StoreError> {
        let mut all = Vec::new();
        let mut after = 0;
        loop {
            let page: Vec<ReportRow> =
                self.inner.keys.readers().all(sql::REPORTS, args![after, RECEIPT_BATCH]).await?;
            let Some(last) = page.last() else { return Ok(all) };
            after = last.at.number;
            all.extend(page);
        }
    }

    /// Signs the receipts that were written where nobody had the operator's key at hand; answers how
    /// many.
    pub(crate) async fn sign_receipts(&self) -> Result<u64, StoreError> {
        if self.inner.keys.is_open() {
            return Ok(0);
        }
        let signer = self.inner.keys.todays_signer().await?;
        let (mut n_signed, mut after) = (0, String::new());
        loop {
            let args = args![&after, RECEIPT_BATCH];
            let page: Vec<ReceiptRow> =
                self.inner.keys.readers().all(sql::UNSIGNED_RECEIPTS, args).await?;
            let Some(last) = page.last() else { return Ok(n_signed) };
            after.clone_from(&last.at.id);
            let public = signer.public();
            // Nothing else is signed, whoever has put it there.
            let page: Vec<_> = page
                .into_iter()
                .filter(is_receipt)
                .map(|row| (signer.sign(RECEIPT, &row.body), row.at.id))
                .collect();
            let job = self.inner.writer.write_apart(move |conn| {
                Box::pin(async move {
                    let mut done = 0;
                    for (signature, id) in &page {
                        let args = args![id, &public, signature];
                        done += conn.keys.execute(sql::SIGN_RECEIPT, args).await?;
                    }
                    Ok(done)
                })
            });
            n_signed += job.await?;
        }
    }

    /// Makes the report of a day, if the last one is of another: it counts all receipts since that.
    /// One that a crash has cut off is gone on with. Answers its number.
    pub(crate) async fn report(&self, moment: Moment) -> Result<Option<u64>, StoreError> {
        if self.inner.keys.is_open() {
            return Ok(None);
        }
        let now = self.inner.time.now();
        let last: Option<ReportRow> =
            self.inner.keys.readers().optional(sql::LAST_REPORT, args![]).await?;
        let made_at = last.as_ref().and_then(|last| read(&last.body)).map(|last| last.made_at);
        if made_at.is_some_and(|at| at.starts_with(&now.day())) {
            return Ok(None);
        }
        let signer = self.inner.keys.todays_signer().await?;
        let Next { number, previous, is_sound } = Next::after(self.remembered().await?, last);
        if !is_sound {
            tracing::error!(
                "The reports on what was deleted were changed: see `forecourt retention verify`"
            );
        }
        while self.claim(number).await? == RECEIPT_BATCH.unsigned_abs() {}
        let mut faults = Vec::new();
        let sum = self.sum(Some(number), &mut faults, &mut BTreeSet::new(), &mut 0).await?;
        for fault in faults {
            tracing::error!("{fault}");
        }
        let (receipts, receipts_hash, deleted) = sum.end();
        let holds = self.count_holds(now).await?;
        let report = Report {
            format: FORMAT,
            report: row::seq(number),
            made_at: now.to_string(),
            previous,
            receipts,
            receipts_hash,
            deleted,
            overdue_seconds: moment.overdue_seconds,
            holds: holds.standing,
            held: holds.past_end,
            retention: if is_sound {
                moment.retention
            } else {
                format!("the reports before were changed; {}", moment.retention)
            },
            state: Some(self.state().await?),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        };
        self.keep_report(number, json(&report)?, &signer).await?;
        Ok(Some(report.report))
    }

    /// Has a report count some of the receipts that none counts yet; answers how many.
    async fn claim(&self, report: i64) -> Result<u64, StoreError> {
        let job = self.inner.writer.write_apart(move |conn| {
            Box::pin(async move {
                conn.keys.execute(sql::CLAIM_RECEIPTS, args![report, RECEIPT_BATCH]).await
            })
        });
        job.await
    }

    async fn keep_report(
        &self,
        number: i64,
        body: String,
        signer: &Signer,
    ) -> Result<(), StoreError> {
        let (public, signature) = (signer.public(), signer.sign(REPORT, &body));
        let remembered = Remembered { number, hash: hash(&body), key: public.clone() }.to_text();
        let job = self.inner.writer.write_apart(move |conn| {
            Box::pin(async move {
                let args = args![number, &body, &public, &signature];
                conn.keys.execute(sql::INSERT_REPORT, args).await?;
                conn.execute(sql::PUT_META, args![LAST_REPORT, &remembered]).await.map(drop)
            })
        });
        job.await
    }

    /// Adds up the receipts that a report counts, or those that none counts yet; what is wrong with one
    /// is kept.
    async fn sum(
        &self,
        report: Option<i64>,
        faults: &mut Vec<String>,
        keys: &mut BTreeSet<String>,
        unsigned: &mut u64,
    ) -> Result<Sum, StoreError> {
        let (mut sum, mut after) = (Sum::default(), String::new());
        loop {
            let readers = self.inner.keys.readers();
            let page: Vec<ReceiptRow> = match report {
                Some(n) => readers.all(sql::RECEIPTS_OF, args![n, &after, RECEIPT_BATCH]).await?,
                None => readers.all(sql::OPEN_RECEIPTS, args![&after, RECEIPT_BATCH]).await?,
            };
            let Some(last) = page.last() else { return Ok(sum) };
            after.clone_from(&last.at.id);
            for row in &page {
                check::note(row, faults, keys, unsigned);
                if sum.add(&row.body).is_err() {
                    faults.push(format!("receipt {} can't be read", row.at.id));
                }
            }
        }
    }

    async fn remembered(&self) -> Result<Option<Remembered>, StoreError> {
        let found: Option<(String,)> =
            self.inner.readers.optional(sql::META, args![LAST_REPORT]).await?;
        Ok(found.and_then(|(text,)| Remembered::read(&text)))
    }
}

/// Whether a row holds a receipt, and the one of its id.
fn is_receipt(row: &ReceiptRow) -> bool {
    let receipt = serde_json::from_str::<Receipt>(&row.body);
    receipt.is_ok_and(|receipt| receipt.receipt == row.at.id)
}

fn read(body: &str) -> Option<Report> {
    serde_json::from_str(body).ok()
}

#[cfg(test)]
mod tests;
