//! Checking all receipts and reports: what is wrong with them, and what is missing.

use std::collections::BTreeSet;

use super::{Proof, REPORT, ReceiptRow, is_receipt};
use crate::{
    domain::proof::Chain,
    store::{Store, StoreError, db::args, keys::RECEIPT, row, sql},
};

/// What is wrong with whatever somebody else has signed.
const NO_KNOWN_KEY: &str =
    "is signed with none of the keys that are known: by somebody else, or that key was forgotten";

impl Store {
    /// Checks each receipt and each report, and that none is missing, by the operator's keys.
    pub async fn prove(&self) -> Result<Proof, StoreError> {
        let key = self.inner.keys.todays_signer().await?.public();
        let mut known = self.inner.keys.signers().await?;
        // One that the operator has forgotten since.
        known.extend(self.remembered().await?.map(|remembered| remembered.key));
        Ok(Proof { key: Some(key), ..self.prove_by(known).await? })
    }

    /// The same by public keys that are known from elsewhere: no secret is needed for that.
    pub async fn prove_by(&self, known: Vec<String>) -> Result<Proof, StoreError> {
        // First: a report that is made meanwhile is one more, not one that is missing.
        let remembered = self.remembered().await?;
        let (mut chain, mut proof) = (Chain::default(), Proof::default());
        let (mut next, mut last_key) = (1, None);
        let is_known = |key: &String| known.contains(key);
        for row in self.report_rows().await? {
            let number = Some(row.at.number);
            let (mut keys, unsigned) = (BTreeSet::new(), &mut proof.unsigned);
            let sum = self.sum(number, &mut proof.faults, &mut keys, unsigned).await?;
            proof.reports += 1;
            proof.receipts += sum.receipts();
            chain.take(&row.body, row.holds(REPORT), sum);
            (next, last_key) = (row.at.number + 1, row.signed_with);
        }
        if last_key.is_some_and(|key| !is_known(&key)) {
            chain.faults.push(format!("the last report {NO_KNOWN_KEY}"));
        }
        chain.end(remembered.map(|last| (row::seq(last.number), last.hash)));
        // Those of a report that a crash has cut off, and those of none yet.
        for report in [Some(next), None] {
            let mut keys = BTreeSet::new();
            let sum = self.sum(report, &mut proof.faults, &mut keys, &mut proof.unsigned).await?;
            proof.open += sum.receipts();
            // No report holds these: only their signatures do.
            if !keys.iter().all(is_known) {
                proof.faults.push(format!("a receipt since the last report {NO_KNOWN_KEY}"));
            }
        }
        let stray: Option<(i64,)> =
            self.inner.keys.readers().optional(sql::STRAY_RECEIPTS, args![next]).await?;
        if let Some((stray @ 1..,)) = stray {
            proof.faults.push(format!("{stray} receipts name a report that there is not"));
        }
        proof.faults.append(&mut chain.faults);
        Ok(proof)
    }
}

/// Keeps what is wrong with a receipt, and who has signed it.
pub(super) fn note(
    row: &ReceiptRow,
    faults: &mut Vec<String>,
    keys: &mut BTreeSet<String>,
    unsigned: &mut u64,
) {
    keys.extend(row.signed_with.clone());
    if !is_receipt(row) {
        faults.push(format!("receipt {} is not the one that was written", row.at.id));
    }
    if row.signature.is_none() && row.signed_with.is_none() {
        *unsigned += 1;
    } else if !row.holds(RECEIPT) {
        faults.push(format!("receipt {} is not what was signed", row.at.id));
    }
}
