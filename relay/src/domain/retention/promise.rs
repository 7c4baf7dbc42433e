//! What one conversation was promised: by which version of the policy, for how long, and what becomes
//! of it then (G-41 to G-43).

use std::fmt;

use super::{Action, Period, RetentionPolicy};
use crate::clock::Timestamp;

/// The strictest that a conversation was ever promised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Promise {
    /// How long after its last message it ends.
    pub period: Period,
    /// By which policy; `None` where that was not kept yet.
    pub policy: Option<PolicyVersion>,
}

/// Which of a dealer's policies made a promise, and what is done at its end. Written `3 delete`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PolicyVersion {
    /// 1 is the dealer's first.
    pub number: u32,
    /// What happens at the end: to be deleted, once any policy in force since says so.
    pub action: Action,
}

impl Promise {
    /// What a policy promises to a conversation that begins.
    pub fn of(policy: &RetentionPolicy) -> Self {
        let version = PolicyVersion { number: policy.version, action: policy.action };
        Self { period: policy.period, policy: Some(version) }
    }

    /// The promise and the end that hold after a last message at `at`: the shorter of what was promised
    /// and what is policy now. A longer policy never lengthens what is stored (G-43), and what was to be
    /// deleted is never counted.
    #[must_use]
    pub fn under(self, policy: &RetentionPolicy, at: Timestamp) -> (Self, Timestamp) {
        let today = Self::of(policy);
        let (before, end) = (self.period.after(at), today.period.after(at));
        // Not where only this month makes it the shorter one: the next would make it the longer one.
        let is_shorter = end < before && today.period.never_longer_than(self.period);
        let action = if policy.action == Action::Delete { Action::Delete } else { self.action() };
        let under = |policy: PolicyVersion| PolicyVersion { action, ..policy };
        if is_shorter || today.period == self.period {
            (Self { policy: today.policy.map(under), ..today }, end)
        } else {
            (Self { policy: self.policy.map(under), ..self }, before)
        }
    }

    /// What happens at the end; what was promised before versions were kept is deleted.
    pub fn action(self) -> Action {
        self.policy.map_or(Action::Delete, |policy| policy.action)
    }
}

impl PolicyVersion {
    /// Reads `3 delete`.
    pub fn parse(text: &str) -> Option<Self> {
        let (number, action) = text.split_once(' ')?;
        Some(Self { number: number.parse().ok()?, action: Action::of(action)? })
    }
}

impl fmt::Display for PolicyVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.number, self.action.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(version: u32, period: &str, action: Action) -> RetentionPolicy {
        RetentionPolicy { version, ..RetentionPolicy::own(Period::parse(period).unwrap(), action) }
    }

    fn told(promise: Promise) -> (String, String) {
        (promise.period.to_string(), promise.policy.map_or("?".to_owned(), |one| one.to_string()))
    }

    #[test]
    fn the_strictest_promise_stays_and_names_the_policy_that_made_it() {
        let february = Timestamp::from_millis(1_770_000_000_000);
        let first = Promise::of(&policy(1, "P90D", Action::Anonymise));
        for (version, period, action, wanted) in [
            (2, "P30D", Action::Anonymise, ("P30D", "2 anonymise")),
            (3, "P12M", Action::Anonymise, ("P90D", "1 anonymise")),
            (4, "P90D", Action::Anonymise, ("P90D", "4 anonymise")),
            (5, "P90D", Action::Delete, ("P90D", "5 delete")),
            (6, "P12M", Action::Delete, ("P90D", "1 delete")),
        ] {
            let (promise, end) = first.under(&policy(version, period, action), february);
            assert_eq!(told(promise), (wanted.0.to_owned(), wanted.1.to_owned()));
            assert_eq!(end, promise.period.after(february));
        }
        // What was to be deleted is deleted, also where its end comes sooner by a policy that counts.
        let strict = Promise::of(&policy(1, "P90D", Action::Delete));
        let (promise, _) = strict.under(&policy(2, "P7D", Action::Anonymise), february);
        assert_eq!(told(promise), ("P7D".to_owned(), "2 delete".to_owned()));
        let unknown = Promise { policy: None, ..first };
        assert_eq!(unknown.action(), Action::Delete);
        let (promise, _) = unknown.under(&policy(2, "P7D", Action::Anonymise), february);
        assert_eq!(promise.action(), Action::Delete);
    }

    #[test]
    fn a_month_does_not_take_the_place_of_as_many_days() {
        let february = Timestamp::from_millis(1_770_000_000_000);
        let april = Timestamp::from_millis(1_775_001_600_000);
        let days = Promise::of(&policy(1, "P30D", Action::Delete));
        let month = policy(2, "P1M", Action::Delete);
        assert!(month.period.after(february) < days.period.after(february), "it is shorter there");
        assert_eq!(days.period.after(april), month.period.after(april), "they end alike in April");
        for start in [february, april] {
            assert_eq!(days.under(&month, start), (days, days.period.after(start)));
        }
    }

    #[test]
    fn a_version_is_read_as_it_was_written() {
        for text in ["1 delete", "4294967295 anonymise"] {
            assert_eq!(PolicyVersion::parse(text).unwrap().to_string(), text);
        }
        for wrong in ["", "1", "delete", "-1 delete", "1 keep", "1  delete", "4294967296 delete"] {
            assert_eq!(PolicyVersion::parse(wrong), None, "{wrong}");
        }
    }
}
