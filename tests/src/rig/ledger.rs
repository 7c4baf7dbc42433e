//! What visitors were promised, against what they are offered afterwards.

use std::collections::{BTreeMap, BTreeSet};

use protocol::{AuthorKind, ClientMsgId, Message};

use super::Findings;
use crate::measure::count;

/// What one visitor sent and what was acknowledged.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    /// Each message that was acknowledged, and the place it was given.
    pub acknowledged: BTreeMap<ClientMsgId, u64>,
    /// Acknowledgements of one message with different places.
    pub contradictions: u64,
}

/// What a comparison found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Messages that were acknowledged.
    pub acknowledged: u64,
    /// Acknowledged and not offered to the visitor who came back, or at another place.
    pub lost: u64,
    /// One `client_msg_id` in more than one place.
    pub doubled: u64,
    /// Places that are missing before the last one.
    pub gaps: u64,
    /// Questions that neither have an answer nor an honest end.
    pub unanswered: u64,
}

impl Verdict {
    /// Adds another visitor's.
    pub fn add(&mut self, other: Self) {
        self.acknowledged += other.acknowledged;
        self.lost += other.lost;
        self.doubled += other.doubled;
        self.gaps += other.gaps;
        self.unanswered += other.unanswered;
    }

    /// Holds each promise against what was found.
    pub fn judge(self, findings: &mut Findings) {
        findings.at_least("acknowledged", count(self.acknowledged), 1.0);
        findings.exactly("lost", self.lost, 0);
        findings.exactly("doubled", self.doubled, 0);
        findings.exactly("gaps", self.gaps, 0);
        findings.exactly("unanswered", self.unanswered, 0);
    }

    /// Whether every promise was kept.
    pub fn is_clean(self) -> bool {
        self.lost + self.doubled + self.gaps + self.unanswered == 0
    }
}

impl Ledger {
    /// Notes an acknowledgement.
    pub fn note(&mut self, id: ClientMsgId, seq: u64) {
        let before = self.acknowledged.insert(id, seq);
        if before.is_some_and(|before| before != seq) {
            self.contradictions += 1;
        }
    }

    /// Compares with the whole conversation as it is offered now.
    pub fn compare(&self, offered: &[Message]) -> Verdict {
        let mut places: BTreeMap<&ClientMsgId, BTreeSet<u64>> = BTreeMap::new();
        for message in offered {
            if let Some(id) = &message.client_msg_id {
                places.entry(id).or_default().insert(message.seq);
            }
        }
        let seqs: BTreeSet<u64> = offered.iter().map(|message| message.seq).collect();
        let n_questions = by(offered, AuthorKind::Visitor);
        let kept = |(id, seq): &(&ClientMsgId, &u64)| {
            places.get(*id).is_some_and(|places| places.contains(seq))
        };
        Verdict {
            acknowledged: self.acknowledged.len() as u64,
            lost: self.acknowledged.iter().filter(|entry| !kept(entry)).count() as u64,
            doubled: self.contradictions
                + places.values().filter(|places| 1 < places.len()).count() as u64,
            gaps: seqs.last().copied().unwrap_or(0) - seqs.len() as u64,
            unanswered: n_questions.saturating_sub(by(offered, AuthorKind::Ai)),
        }
    }
}

fn by(messages: &[Message], author: AuthorKind) -> u64 {
    messages.iter().filter(|message| message.author_kind == author).count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(seq: u64, id: Option<u8>) -> Message {
        Message {
            seq,
            author_kind: if id.is_some() { AuthorKind::Visitor } else { AuthorKind::Ai },
            text: String::new(),
            at: 0,
            client_msg_id: id.map(|id| ClientMsgId::from_bytes(&[id; 16])),
            reply_id: None,
            finish: None,
            generator: None,
            sources: Vec::new(),
            offer: protocol::Offer::None,
        }
    }

    fn ledger() -> Ledger {
        let mut ledger = Ledger::default();
        ledger.note(ClientMsgId::from_bytes(&[1; 16]), 1);
        ledger
    }

    #[test]
    fn a_kept_promise_is_clean() {
        let verdict = ledger().compare(&[message(1, Some(1)), message(2, None)]);
        assert!(verdict.is_clean(), "{verdict:?}");
        assert_eq!(verdict.acknowledged, 1);
    }

    #[test]
    fn each_broken_promise_is_seen() {
        assert_eq!(ledger().compare(&[]).lost, 1);
        assert_eq!(ledger().compare(&[message(2, Some(1)), message(3, None)]).lost, 1);
        let twice = [message(1, Some(1)), message(2, None), message(3, Some(1)), message(4, None)];
        assert_eq!(ledger().compare(&twice).doubled, 1);
        assert_eq!(ledger().compare(&[message(1, Some(1)), message(3, None)]).gaps, 1);
        assert_eq!(ledger().compare(&[message(1, Some(1))]).unanswered, 1);
    }
}
