//! The proof that deleting was done: receipts, the daily reports that count them, and what is wrong
//! with either (G-50, G-51). Pure: rows and keys are elsewhere.
//!
//! A receipt names no person, no word and no id that a conversation had. A report says how many
//! receipts there were since the one before, and their hash; and the hash of the one before. So who
//! alters, removes or reorders one of them would have to sign all later reports anew.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::crypt::hex;

/// That a conversation was deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Its own id, drawn at random.
    pub receipt: String,
    /// Whose conversation it was.
    pub dealer: String,
    /// `expired`, `erasure` or `account`.
    pub reason: String,
    /// From when on nobody could read it here.
    pub unreachable_since: String,
    /// When its key was destroyed, and its rows with it.
    pub deleted_at: String,
    /// By when the last backup is gone that held its ciphertext; without the key nobody reads it.
    pub backups_end: String,
    /// How many messages it had; `null` where the disk was too damaged to tell.
    pub messages: Option<u64>,
    /// How many leads.
    pub leads: Option<u64>,
    /// Which relay deleted it.
    pub version: String,
}

/// How much was deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deleted {
    /// Conversations.
    pub conversations: u64,
    /// Their messages.
    pub messages: u64,
    /// Their leads.
    pub leads: u64,
}

/// By dealer, and by reason.
pub type Tally = BTreeMap<String, BTreeMap<String, Deleted>>;

/// What was deleted since the report before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// 1 is the first.
    pub report: u64,
    /// When it was made.
    pub made_at: String,
    /// The hash of the report before; empty for the first.
    pub previous: String,
    /// How many receipts it counts.
    pub receipts: u64,
    /// The hash of those, in the order of their ids.
    pub receipts_hash: String,
    /// What they say, added up.
    pub deleted: Tally,
    /// How long ago the oldest conversation ended that was still there then, in seconds.
    pub overdue_seconds: u64,
    /// How many legal holds stood then.
    #[serde(default)]
    pub holds: u64,
    /// How many conversations were past their end then and held. Reports from before holds say none.
    #[serde(default)]
    pub held: u64,
    /// How the deleting stood: `ok`, or what was wrong.
    pub retention: String,
    /// Which relay made it.
    pub version: String,
}

/// A receipt or a report as it is kept: its exact text, and who has signed it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signed {
    /// The text, JSON.
    pub body: String,
    /// The public key, in hexadecimal; `None` where nobody has signed yet.
    pub signed_with: Option<String>,
    /// The signature under `body` (Ed25519), in hexadecimal.
    pub signature: Option<String>,
}

/// Adds receipts up, in the order of their ids.
#[derive(Debug, Default)]
pub struct Sum {
    hash: Sha256,
    receipts: u64,
    deleted: Tally,
}

impl Sum {
    /// Adds the next receipt, or says why it can't be read.
    pub fn add(&mut self, body: &str) -> Result<(), serde_json::Error> {
        let receipt: Receipt = serde_json::from_str(body)?;
        self.hash.update((body.len() as u64).to_be_bytes());
        self.hash.update(body);
        self.receipts += 1;
        let of_dealer = self.deleted.entry(receipt.dealer).or_default();
        let deleted = of_dealer.entry(receipt.reason).or_default();
        deleted.conversations += 1;
        deleted.messages += receipt.messages.unwrap_or(0);
        deleted.leads += receipt.leads.unwrap_or(0);
        Ok(())
    }

    /// How many receipts until now.
    pub fn receipts(&self) -> u64 {
        self.receipts
    }

    /// How many receipts, their hash, and what they say together.
    pub fn end(self) -> (u64, String, Tally) {
        (self.receipts, hex(&self.hash.finalize()).to_string(), self.deleted)
    }
}

/// The hash of a report, which the next one holds.
pub fn hash(body: &str) -> String {
    hex(&Sha256::digest(body)).to_string()
}

/// Goes along the chain of reports, the oldest first, and keeps what is wrong with it.
#[derive(Debug, Default)]
pub struct Chain {
    last: String,
    n_reports: u64,
    /// What is wrong, in sentences.
    pub faults: Vec<String>,
}

impl Chain {
    /// Looks at the next report; `signed`: whether its signature holds. `sum`: of the receipts that
    /// name it.
    pub fn take(&mut self, body: &str, signed: bool, sum: Sum) {
        let wanted = self.n_reports + 1;
        self.n_reports = wanted;
        let previous = std::mem::replace(&mut self.last, hash(body));
        let Ok(report) = serde_json::from_str::<Report>(body) else {
            return self.fault(wanted, "can't be read");
        };
        if report.report != wanted {
            let told = format!("stands where {wanted} should: one was removed or moved");
            self.fault(report.report, &told);
        }
        self.n_reports = report.report;
        if report.previous != previous {
            self.fault(wanted, "does not follow from the one before");
        }
        if !signed {
            self.fault(wanted, "is not what was signed");
        }
        let (receipts, receipts_hash, deleted) = sum.end();
        if receipts != report.receipts {
            let told = format!("counts {} receipts, and there are {receipts}", report.receipts);
            self.fault(wanted, &told);
        } else if receipts_hash != report.receipts_hash || deleted != report.deleted {
            self.fault(wanted, "counts other receipts than there are: one was altered");
        }
    }

    /// The end of the chain: the number and the hash of the last report, as the data remember it.
    pub fn end(&mut self, remembered: Option<(u64, String)>) {
        let Some((number, hash)) = remembered else { return };
        // One more: a crash came before the data heard of it.
        if self.n_reports < number {
            let told = format!("{number} reports were made, and the last is {}", self.n_reports);
            self.faults.push(told);
        } else if self.n_reports == number && self.last != hash {
            self.fault(number, "is not the one that was made");
        }
    }

    fn fault(&mut self, number: u64, what: &str) {
        self.faults.push(format!("report {number} {what}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn receipt(n: u64, messages: Option<u64>) -> String {
        let receipt = Receipt {
            receipt: format!("rcp_{n}"),
            dealer: "dlr_1".to_owned(),
            reason: if n.is_multiple_of(2) { "expired" } else { "erasure" }.to_owned(),
            unreachable_since: "2026-11-22T00:00:00Z".to_owned(),
            deleted_at: "2026-11-22T00:30:00Z".to_owned(),
            backups_end: "2026-12-27T00:30:00Z".to_owned(),
            messages,
            leads: Some(1),
            version: "1".to_owned(),
        };
        serde_json::to_string(&receipt).unwrap()
    }

    fn sum(receipts: &[String]) -> Sum {
        let mut sum = Sum::default();
        for body in receipts {
            sum.add(body).unwrap();
        }
        sum
    }

    /// Three reports, with the receipts that each counts.
    fn chain() -> Vec<(String, Vec<String>)> {
        let mut all: Vec<(String, Vec<String>)> = Vec::new();
        for number in 1..=3 {
            let receipts: Vec<_> = (0..number).map(|n| receipt(10 * number + n, Some(n))).collect();
            let (n, receipts_hash, deleted) = sum(&receipts).end();
            let report = Report {
                report: number,
                made_at: format!("2026-11-2{number}T01:00:00Z"),
                previous: all.last().map(|(body, _)| hash(body)).unwrap_or_default(),
                receipts: n,
                receipts_hash,
                deleted,
                overdue_seconds: 0,
                holds: 0,
                held: 0,
                retention: "ok".to_owned(),
                version: "1".to_owned(),
            };
            all.push((serde_json::to_string(&report).unwrap(), receipts));
        }
        all
    }

    fn faults(all: &[(String, Vec<String>)]) -> Vec<String> {
        let mut chain = Chain::default();
        for (body, receipts) in all {
            chain.take(body, true, sum(receipts));
        }
        chain.end(self::chain().last().map(|(last, _)| (3, hash(last))));
        chain.faults
    }

    #[test]
    fn receipts_are_added_up_by_dealer_and_reason() {
        let (n, _, deleted) =
            sum(&[receipt(1, Some(2)), receipt(2, Some(3)), receipt(4, None)]).end();
        let expired = Deleted { conversations: 2, messages: 3, leads: 2 };
        let erased = Deleted { conversations: 1, messages: 2, leads: 1 };
        assert_eq!(n, 3);
        let wanted = [("erasure".to_owned(), erased), ("expired".to_owned(), expired)];
        assert_eq!(deleted["dlr_1"], BTreeMap::from(wanted));
    }

    #[test]
    fn whoever_alters_removes_or_reorders_something_is_told() {
        let good = chain();
        assert_eq!(faults(&good), Vec::<String>::new());
        // A character of a report; its number stays.
        let mut altered = good.clone();
        altered[0].0 = altered[0].0.replace("2026-11-21", "2026-11-20");
        assert_eq!(faults(&altered), ["report 2 does not follow from the one before"]);
        for n in 0..3 {
            let mut removed = good.clone();
            removed.remove(n);
            assert!(!faults(&removed).is_empty(), "report {n} is missing");
            let mut fewer = good.clone();
            fewer[n].1.pop();
            assert_eq!(faults(&fewer).len(), 1, "a receipt is missing");
            let mut other = good.clone();
            other[n].1[0] = other[n].1[0].replace("\"leads\":1", "\"leads\":0");
            assert_eq!(faults(&other).len(), 1, "a receipt was altered");
        }
        let mut swapped = good.clone();
        swapped.swap(1, 2);
        assert!(2 <= faults(&swapped).len());
        let mut doubled = good;
        doubled.push(doubled[2].clone());
        assert!(!faults(&doubled).is_empty());
    }
}
