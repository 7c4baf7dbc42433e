//! A legal hold (G-29): what is kept beyond its end, since a court, a claim or an authority asks for it.
//! Two people stand for it, and it is looked at again within 90 days. Pure.

use protocol::{ConversationId, DealerId};

use crate::{
    clock::Timestamp,
    limits::{HOLD_CHARS, HOLD_REVIEW_MAX},
};

/// A hold that somebody asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewHold {
    /// Which conversation; `None`: all of the dealer's, also those that begin later.
    pub conversation: Option<ConversationId>,
    /// Why.
    pub reason: String,
    /// What in the law allows it.
    pub basis: String,
    /// Who asks for it.
    pub requested_by: String,
    /// Who has agreed; somebody else.
    pub approved_by: String,
    /// From when on it is to be looked at again.
    pub review_at: Timestamp,
}

/// A hold that stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// Its id, drawn at random.
    pub id: String,
    /// Whose conversations it holds.
    pub dealer: DealerId,
    /// What was asked for.
    pub what: NewHold,
    /// Since when it stands.
    pub set_at: Timestamp,
    /// Whether it hides what it holds at once: a restriction (Art. 18 GDPR).
    pub restricts: bool,
    /// How many conversations it holds.
    pub conversations: u64,
    /// How many of them are hidden: a legal hold's since their end.
    pub past_end: u64,
}

/// Why there is no such hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HoldProblem {
    /// One person alone.
    #[error("who asks for a hold can't approve it: name somebody else with --approved-by")]
    SamePerson,
    /// A word is missing.
    #[error("--{0} says nothing: a hold without it can't be accounted for")]
    Empty(&'static str),
    /// Too many words.
    #[error("--{0} is longer than {HOLD_CHARS} characters: put the rest where the matter is kept")]
    TooLong(&'static str),
    /// No date.
    #[error("--review {0} is no date: write it as 2027-01-31")]
    NoDate(String),
    /// The review lies in the past, or is today.
    #[error("--review must lie ahead: from then on the hold is to be looked at again")]
    ReviewPast,
    /// The review lies too far ahead.
    #[error(
        "--review lies more than {} days ahead: hold it until then, and look at it again",
        HOLD_REVIEW_MAX.as_secs() / 86_400
    )]
    ReviewTooFar,
}

impl NewHold {
    /// The hold as it may be kept, or why it may not be.
    pub fn checked(self, now: Timestamp) -> Result<Self, HoldProblem> {
        let hold = Self {
            reason: said("reason", &self.reason)?,
            basis: said("basis", &self.basis)?,
            requested_by: said("requested-by", &self.requested_by)?,
            approved_by: said("approved-by", &self.approved_by)?,
            ..self
        };
        if hold.requested_by.to_lowercase() == hold.approved_by.to_lowercase() {
            return Err(HoldProblem::SamePerson);
        }
        if hold.review_at <= now {
            return Err(HoldProblem::ReviewPast);
        }
        if now.plus(HOLD_REVIEW_MAX) < hold.review_at {
            return Err(HoldProblem::ReviewTooFar);
        }
        Ok(hold)
    }
}

impl Hold {
    /// Whether it is to be looked at again.
    pub fn is_to_review(&self, now: Timestamp) -> bool {
        self.what.review_at <= now
    }
}

/// The beginning of a day in UTC.
pub fn day(text: &str) -> Result<Timestamp, HoldProblem> {
    let wrong = |_| HoldProblem::NoDate(text.to_owned());
    let date: jiff::civil::Date = text.trim().parse().map_err(wrong)?;
    let begin = date.to_zoned(jiff::tz::TimeZone::UTC).map_err(wrong)?;
    Ok(Timestamp::from_millis(begin.timestamp().as_millisecond()))
}

/// What was said, trimmed.
fn said(flag: &'static str, text: &str) -> Result<String, HoldProblem> {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if words.is_empty() {
        return Err(HoldProblem::Empty(flag));
    }
    if HOLD_CHARS < words.chars().count() {
        return Err(HoldProblem::TooLong(flag));
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_795_338_000_000);

    fn hold(change: impl FnOnce(&mut NewHold)) -> Result<NewHold, HoldProblem> {
        let mut hold = NewHold {
            conversation: None,
            reason: " Claim\n 7 ".to_owned(),
            basis: "Art. 17(3)(e) GDPR".to_owned(),
            requested_by: "Ada".to_owned(),
            approved_by: "Ben".to_owned(),
            review_at: NOW.plus(HOLD_REVIEW_MAX),
        };
        change(&mut hold);
        hold.checked(NOW)
    }

    #[test]
    fn a_hold_needs_two_people_a_reason_and_a_review_within_ninety_days() {
        assert_eq!(hold(|_| ()).unwrap().reason, "Claim 7");
        let same = hold(|hold| hold.approved_by = " aDA ".to_owned());
        assert_eq!(same, Err(HoldProblem::SamePerson));
        let silent = hold(|hold| hold.reason = " \n".to_owned());
        assert_eq!(silent, Err(HoldProblem::Empty("reason")));
        let long = hold(|hold| hold.basis = "x".repeat(HOLD_CHARS + 1));
        assert_eq!(long, Err(HoldProblem::TooLong("basis")));
        assert_eq!(hold(|hold| hold.review_at = NOW), Err(HoldProblem::ReviewPast));
        let far = hold(|hold| hold.review_at = hold.review_at.plus(Duration::from_millis(1)));
        assert_eq!(far, Err(HoldProblem::ReviewTooFar));
        assert!(HoldProblem::ReviewTooFar.to_string().contains("more than 90 days"));
    }

    #[test]
    fn a_day_begins_at_midnight_in_utc() {
        assert_eq!(day("2027-01-31").unwrap().to_string(), "2027-01-31T00:00:00Z");
        for wrong in ["31.1.2027", "2027-02-30", "soon", ""] {
            assert_eq!(day(wrong), Err(HoldProblem::NoDate(wrong.to_owned())), "{wrong}");
        }
    }
}
