//! The proof that deleting was done: receipts, the daily reports that count them, and what is wrong
//! with either (G-50, G-51). Pure: rows and keys are elsewhere.
//!
//! A report says how many
//! receipts there were since the one before, and their hash; and the hash of the one before. So who
//! alters, removes or reorders one of them would have to sign all later reports anew.

mod receipt;
mod state;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::retention::Action;
use crate::crypt::hex;
pub use receipt::{FORMAT, Policy, Receipt};
pub use state::{Late, Oldest, State};

/// How much was deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deleted {
    /// Conversations.
    pub conversations: u64,
    /// Their messages.
    pub messages: u64,
    /// Their leads.
    pub leads: u64,
    /// How many of the conversations were counted for the dealer's figures.
    #[serde(default)]
    pub anonymised: u64,
    /// Their sealed bytes.
    #[serde(default)]
    pub bytes: u64,
}

/// By dealer, and by reason.
pub type Tally = BTreeMap<String, BTreeMap<String, Deleted>>;

/// What was deleted since the report before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Which form this text has.
    #[serde(default = "receipt::first_format")]
    pub format: u32,
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
    /// The same in figures. Reports of the first form have none.
    #[serde(default)]
    pub state: Option<State>,
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
        deleted.anonymised += u64::from(receipt.action == Action::Anonymise);
        deleted.bytes += receipt.bytes.unwrap_or(0);
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
            format: FORMAT,
            receipt: format!("rcp_{n}"),
            dealer: "dlr_1".to_owned(),
            reason: if n.is_multiple_of(2) { "expired" } else { "erasure" }.to_owned(),
            action: if n == 4 { Action::Anonymise } else { Action::Delete },
            policy: Some(Policy { version: Some(2), period: "P90D".to_owned() }),
            unreachable_since: "2026-11-22T00:00:00Z".to_owned(),
            deleted_at: "2026-11-22T00:30:00Z".to_owned(),
            backups_end: "2026-12-27T00:30:00Z".to_owned(),
            providers_end: None,
            messages,
            leads: Some(1),
            consents: Some(1),
            contacts: Some(0),
            deliveries: None,
            bytes: messages.map(|n| 100 * n),
            told: Vec::new(),
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
                format: FORMAT,
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
                state: None,
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
        let expired =
            Deleted { conversations: 2, messages: 3, leads: 2, anonymised: 1, bytes: 300 };
        let erased = Deleted { conversations: 1, messages: 2, leads: 1, anonymised: 0, bytes: 200 };
        assert_eq!(n, 3);
        let wanted = [("erasure".to_owned(), erased), ("expired".to_owned(), expired)];
        assert_eq!(deleted["dlr_1"], BTreeMap::from(wanted));
    }

    #[test]
    fn what_the_first_form_lacks_is_read_as_not_known() {
        let old = r#"{"receipt":"rcp_1","dealer":"dlr_1","reason":"erasure","unreachable_since":"a","deleted_at":"b","backups_end":"c","messages":2,"leads":0,"version":"1"}"#;
        let read: Receipt = serde_json::from_str(old).unwrap();
        assert_eq!(
            (read.format, read.action, read.policy, read.bytes),
            (1, Action::Delete, None, None)
        );
        let (n, _, deleted) = sum(&[old.to_owned()]).end();
        assert_eq!((n, deleted["dlr_1"]["erasure"].bytes), (1, 0));
        let old = r#"{"report":1,"made_at":"a","previous":"","receipts":0,"receipts_hash":"x","deleted":{"dlr_1":{"erasure":{"conversations":1,"messages":2,"leads":0}}},"overdue_seconds":0,"retention":"ok","version":"1"}"#;
        let read: Report = serde_json::from_str(old).unwrap();
        assert_eq!((read.format, read.state, read.deleted), (1, None, deleted));
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
