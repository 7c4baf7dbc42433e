//! What visitors were promised, against what they are offered afterwards. Each message carries a
//! mark of its id: a place that has other words is not kept, a second call of the model is seen.

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
    /// Acknowledged and not offered to the visitor who came back, or at another place, or with
    /// other words.
    pub lost: u64,
    /// One `client_msg_id` in more than one place, and answers beyond the first of a question.
    pub doubled: u64,
    /// Places that are missing before the last one.
    pub gaps: u64,
    /// Questions that neither have an answer nor an honest end.
    pub unanswered: u64,
    /// Frames that no widget could read or show.
    pub wrongs: u64,
}

impl Verdict {
    /// Adds another visitor's.
    pub fn add(&mut self, other: Self) {
        self.acknowledged += other.acknowledged;
        self.lost += other.lost;
        self.doubled += other.doubled;
        self.gaps += other.gaps;
        self.unanswered += other.unanswered;
        self.wrongs += other.wrongs;
    }

    /// Holds each promise against what was found.
    pub fn judge(self, findings: &mut Findings) {
        findings.at_least("acknowledged", count(self.acknowledged), 1.0);
        findings.exactly("lost", self.lost, 0);
        findings.exactly("doubled", self.doubled, 0);
        findings.exactly("gaps", self.gaps, 0);
        findings.exactly("unanswered", self.unanswered, 0);
        findings.exactly("wrongs", self.wrongs, 0);
    }

    /// Whether every promise was kept.
    pub fn is_clean(self) -> bool {
        self.lost + self.doubled + self.gaps + self.unanswered + self.wrongs == 0
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

    /// The same as it stood when only these had been acknowledged.
    #[must_use]
    pub fn of_these(&self, ids: &BTreeSet<ClientMsgId>) -> Self {
        let mut these = self.clone();
        these.acknowledged.retain(|id, _| ids.contains(id));
        these
    }

    /// Compares with the whole conversation as it is offered now.
    pub fn compare(&self, offered: &[Message]) -> Verdict {
        let mut places: BTreeMap<&ClientMsgId, BTreeMap<u64, bool>> = BTreeMap::new();
        for message in offered {
            if let Some(id) = &message.client_msg_id {
                let has_words = message.text.contains(&mark(id));
                places.entry(id).or_default().insert(message.seq, has_words);
            }
        }
        let seqs: BTreeSet<u64> = offered.iter().map(|message| message.seq).collect();
        let kept = |(id, seq): &(&ClientMsgId, &u64)| {
            places.get(*id).is_some_and(|places| places.get(seq) == Some(&true))
        };
        let (unanswered, answered_again) = answers(offered);
        let twice = places.values().filter(|places| 1 < places.len()).count() as u64;
        Verdict {
            acknowledged: self.acknowledged.len() as u64,
            lost: self.acknowledged.iter().filter(|entry| !kept(entry)).count() as u64,
            doubled: self.contradictions + twice + answered_again,
            gaps: seqs.last().copied().unwrap_or(0) - seqs.len() as u64,
            unanswered,
            wrongs: 0,
        }
    }
}

/// Questions without an answer behind them, and answers that no question was left for.
fn answers(offered: &[Message]) -> (u64, u64) {
    let (mut open, mut beyond) = (0_u64, 0);
    for message in offered {
        match message.author_kind {
            AuthorKind::Visitor => open += 1,
            AuthorKind::Ai if open == 0 => beyond += 1,
            AuthorKind::Ai => open -= 1,
            _ => {}
        }
    }
    (open, beyond)
}

/// How often the model was asked, turn by turn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// How often in all.
    pub calls: u64,
    /// Turns for which it was asked more than once.
    pub twice: u64,
    /// Calls for words that nobody said.
    pub for_nothing: u64,
    /// Acknowledged turns for which it was never asked: a crash may come before that.
    pub never: u64,
}

impl Asked {
    /// Compares what was said, and whether it was acknowledged, with the last words of each call.
    pub fn of<'a>(
        said: impl IntoIterator<Item = (&'a ClientMsgId, bool)>,
        calls: &[String],
    ) -> Self {
        let mut turns: BTreeMap<String, (bool, u64)> =
            said.into_iter().map(|(id, accepted)| (mark(id), (accepted, 0))).collect();
        let mut asked = Self { calls: calls.len() as u64, ..Self::default() };
        for call in calls {
            match marked(call).and_then(|mark| turns.get_mut(mark)) {
                Some((_, n)) => *n += 1,
                None => asked.for_nothing += 1,
            }
        }
        asked.twice = turns.values().filter(|(_, n)| 1 < *n).count() as u64;
        asked.never = turns.values().filter(|turn| **turn == (true, 0)).count() as u64;
        asked
    }
}

/// The words that mark a message, so that the model's server can be asked what became of it:
/// letters, since digits may look like a telephone number and be taken out.
pub fn mark(id: &ClientMsgId) -> String {
    let letter = |digit: char| digit.to_digit(16).and_then(|n| char::from_digit(n + 10, 26));
    let digits = id.as_str().trim_start_matches(ClientMsgId::PREFIX).chars();
    let letters: String = digits.filter_map(letter).collect();
    format!("{MARK}{letters}")
}

/// Where a mark begins.
pub const MARK: &str = "ref-";

/// The mark in the words of a call: the last one.
pub fn marked(call: &str) -> Option<&str> {
    let from = &call[call.rfind(MARK)?..];
    let end = from[MARK.len()..].find(|c: char| !c.is_ascii_lowercase());
    Some(&from[..end.map_or(from.len(), |end| MARK.len() + end)])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u8) -> ClientMsgId {
        ClientMsgId::from_bytes(&[number; 16])
    }

    fn message(seq: u64, number: Option<u8>) -> Message {
        let text = number.map(|number| format!("How long? {}", mark(&id(number))));
        Message {
            seq,
            author_kind: if number.is_some() { AuthorKind::Visitor } else { AuthorKind::Ai },
            text: text.unwrap_or_default(),
            at: 0,
            client_msg_id: number.map(id),
            reply_id: None,
            finish: None,
            generator: None,
            sources: Vec::new(),
            offer: protocol::Offer::None,
        }
    }

    fn ledger() -> Ledger {
        let mut ledger = Ledger::default();
        ledger.note(id(1), 1);
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

    #[test]
    fn other_words_at_the_right_place_are_a_loss() {
        let other = Message { text: "How long?".to_owned(), ..message(1, Some(1)) };
        assert_eq!(ledger().compare(&[other, message(2, None)]).lost, 1);
    }

    #[test]
    fn a_second_answer_is_a_double_even_where_another_question_has_none() {
        let again = [message(1, Some(1)), message(2, None), message(3, None)];
        assert_eq!(ledger().compare(&again).doubled, 1);
        let and_none = [again.as_slice(), &[message(4, Some(2))]].concat();
        let verdict = ledger().compare(&and_none);
        assert_eq!((verdict.doubled, verdict.unanswered), (1, 1));
    }

    #[test]
    fn each_call_is_held_against_what_was_said() {
        let said = [(&id(1), true), (&id(2), true), (&id(3), false)];
        let call = |number: u8| format!("How long? {}, and please hurry", mark(&id(number)));
        let asked = Asked::of(said, &[call(1), call(1), call(9), "Hello".to_owned()]);
        assert_eq!(asked, Asked { calls: 4, twice: 1, for_nothing: 2, never: 1 });
    }

    #[test]
    fn a_mark_has_letters_only_and_one_for_each_id() {
        let (one, other) = (id(1), id(2));
        assert_ne!(mark(&one), mark(&other));
        let letters = mark(&one)[MARK.len()..].to_owned();
        assert_eq!(letters.len(), 32);
        assert!(letters.chars().all(|c| c.is_ascii_lowercase()), "{letters}");
    }
}
