//! The rows of the proof that deleting was done: signing receipts, making reports of them, checking
//! both (G-50, G-51). Which receipts there are: see `keys/gone.rs`.

use super::{Store, StoreError, db::args, keys::json, row, sql};
use crate::{
    crypt::{Signer, has_signed},
    domain::proof::{Chain, Receipt, Report, Signed, Sum, hash},
    limits::RECEIPT_BATCH,
};

/// How many reports were made, in `meta` of the data: so it is missed in the keys if the last ones are
/// taken away.
const REPORTS: &str = "reports";

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
    /// The public key of today.
    pub key: String,
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
    fn holds(&self) -> bool {
        let (Some(key), Some(signature)) = (&self.signed_with, &self.signature) else {
            return false;
        };
        has_signed(key, &self.body, signature)
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

    /// All reports, the oldest first.
    pub async fn reports(&self) -> Result<Vec<Signed>, StoreError> {
        let mut all = Vec::new();
        let mut after = 0;
        loop {
            let page: Vec<ReportRow> =
                self.inner.keys.readers().all(sql::REPORTS, args![after, RECEIPT_BATCH]).await?;
            let Some(last) = page.last() else { return Ok(all) };
            after = last.at.number;
            all.extend(page.into_iter().map(Row::signed));
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
            let page: Vec<_> =
                page.into_iter().map(|row| (signer.sign(&row.body), row.at.id)).collect();
            let job = self.inner.writer.write(move |conn| {
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
        let number = last.as_ref().map_or(1, |last| last.at.number + 1);
        while self.claim(number).await? == RECEIPT_BATCH.unsigned_abs() {}
        let mut faults = Vec::new();
        let sum = self.sum(number, &mut faults, &mut 0).await?;
        for fault in faults {
            tracing::error!("{fault}");
        }
        let (receipts, receipts_hash, deleted) = sum.end();
        let report = Report {
            report: row::seq(number),
            made_at: now.to_string(),
            previous: last.map(|last| hash(&last.body)).unwrap_or_default(),
            receipts,
            receipts_hash,
            deleted,
            overdue_seconds: moment.overdue_seconds,
            retention: moment.retention,
            version: env!("CARGO_PKG_VERSION").to_owned(),
        };
        self.keep_report(number, json(&report)?, &signer).await?;
        Ok(Some(report.report))
    }

    /// Has a report count some of the receipts that none counts yet; answers how many.
    async fn claim(&self, report: i64) -> Result<u64, StoreError> {
        let job = self.inner.writer.write(move |conn| {
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
        let (public, signature) = (signer.public(), signer.sign(&body));
        let job = self.inner.writer.write(move |conn| {
            Box::pin(async move {
                let args = args![number, &body, &public, &signature];
                conn.keys.execute(sql::INSERT_REPORT, args).await?;
                conn.execute(sql::PUT_META, args![REPORTS, &number.to_string()]).await.map(drop)
            })
        });
        job.await
    }

    /// Adds up the receipts that a report counts; what is wrong with one is kept.
    async fn sum(
        &self,
        report: i64,
        faults: &mut Vec<String>,
        unsigned: &mut u64,
    ) -> Result<Sum, StoreError> {
        let (mut sum, mut after) = (Sum::default(), String::new());
        loop {
            let args = args![report, &after, RECEIPT_BATCH];
            let page: Vec<ReceiptRow> =
                self.inner.keys.readers().all(sql::RECEIPTS_OF, args).await?;
            let Some(last) = page.last() else { return Ok(sum) };
            after.clone_from(&last.at.id);
            for row in &page {
                check(row, faults, unsigned);
                if sum.add(&row.body).is_err() {
                    faults.push(format!("receipt {} can't be read", row.at.id));
                }
            }
        }
    }

    /// Checks each receipt and each report, and that none is missing.
    pub async fn prove(&self) -> Result<Proof, StoreError> {
        let key = self.inner.keys.todays_signer().await?.public();
        let (mut chain, mut proof, mut after) = (Chain::default(), Proof::default(), 0);
        let mut last_key = None;
        loop {
            let page: Vec<ReportRow> =
                self.inner.keys.readers().all(sql::REPORTS, args![after, RECEIPT_BATCH]).await?;
            let Some(last) = page.last() else { break };
            after = last.at.number;
            for row in page {
                let number = row.at.number;
                let sum = self.sum(number, &mut proof.faults, &mut proof.unsigned).await?;
                proof.reports += 1;
                proof.receipts += sum.receipts();
                chain.take(&row.body, row.holds(), sum);
                last_key = row.signed_with;
            }
        }
        let known = self.inner.keys.signers().await?;
        if last_key.is_some_and(|key| !known.contains(&key)) {
            chain.faults.push("the last report is signed with none of your keys".to_owned());
        }
        let made: Option<(String,)> =
            self.inner.readers.optional(sql::META, args![REPORTS]).await?;
        chain.end(made.and_then(|(made,)| made.parse().ok()).unwrap_or(0));
        proof.open = self.check_open(&mut proof.faults, &mut proof.unsigned).await?;
        proof.faults.append(&mut chain.faults);
        Ok(Proof { key, ..proof })
    }

    /// Checks the receipts that no report counts yet; answers how many there are.
    async fn check_open(
        &self,
        faults: &mut Vec<String>,
        unsigned: &mut u64,
    ) -> Result<u64, StoreError> {
        let (mut open, mut after) = (0, String::new());
        loop {
            let args = args![&after, RECEIPT_BATCH];
            let page: Vec<ReceiptRow> =
                self.inner.keys.readers().all(sql::OPEN_RECEIPTS, args).await?;
            let Some(last) = page.last() else { return Ok(open) };
            after.clone_from(&last.at.id);
            open += page.len() as u64;
            for row in &page {
                check(row, faults, unsigned);
            }
        }
    }
}

/// Keeps what is wrong with a receipt.
fn check(row: &ReceiptRow, faults: &mut Vec<String>, unsigned: &mut u64) {
    let names = serde_json::from_str::<Receipt>(&row.body).ok().map(|receipt| receipt.receipt);
    if names.as_ref() != Some(&row.at.id) {
        faults.push(format!("receipt {} is not the one that was written", row.at.id));
    }
    if row.signature.is_none() && row.signed_with.is_none() {
        *unsigned += 1;
    } else if !row.holds() {
        faults.push(format!("receipt {} is not what was signed", row.at.id));
    }
}

fn read(body: &str) -> Option<Report> {
    serde_json::from_str(body).ok()
}

#[cfg(test)]
mod tests;
