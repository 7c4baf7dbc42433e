//! Restriction of processing (Art. 18 GDPR; A-C6.4, B-36): a person may ask that what is kept of them is
//! kept and not used. Pure: what it does to the rows is in `crate::store`.

use super::hold::{HoldProblem, NewHold};
use crate::clock::Timestamp;

/// Why somebody may ask for it; the law's own list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ground {
    /// What is kept of them is wrong, they say: until that is looked into.
    Accuracy,
    /// It should not be kept, and they would rather have it restricted than erased.
    Unlawful,
    /// It is not needed any more, but they need it for a claim of theirs.
    Claim,
    /// They object: until it is known whose reasons weigh more.
    Objection,
}

impl Ground {
    /// All of them, in the order of the law.
    pub const ALL: [Self; 4] = [Self::Accuracy, Self::Unlawful, Self::Claim, Self::Objection];

    /// Its name in a command.
    pub fn word(self) -> &'static str {
        match self {
            Self::Accuracy => "accuracy",
            Self::Unlawful => "unlawful",
            Self::Claim => "claim",
            Self::Objection => "objection",
        }
    }

    /// Reads the name.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|ground| ground.word() == word)
    }

    /// Where it stands in the law; the UK GDPR has the same letters.
    fn basis(self) -> &'static str {
        match self {
            Self::Accuracy => "Art. 18(1)(a) GDPR",
            Self::Unlawful => "Art. 18(1)(b) GDPR",
            Self::Claim => "Art. 18(1)(c) GDPR",
            Self::Objection => "Art. 18(1)(d) GDPR",
        }
    }

    /// The ground in words.
    fn reason(self) -> &'static str {
        match self {
            Self::Accuracy => "Its accuracy is contested",
            Self::Unlawful => "Restricted instead of erased",
            Self::Claim => "Needed for a claim of the person's",
            Self::Objection => "An objection is being looked into",
        }
    }

    /// What keeps and hides a conversation on this ground, whichever it is; `by`: who of the staff
    /// restricts it.
    pub fn hold(
        self,
        by: String,
        review_at: Timestamp,
        now: Timestamp,
    ) -> Result<NewHold, HoldProblem> {
        if by.trim().is_empty() {
            return Err(HoldProblem::Empty("by"));
        }
        let hold = NewHold {
            conversation: None,
            reason: self.reason().to_owned(),
            basis: self.basis().to_owned(),
            requested_by: "the person concerned".to_owned(),
            approved_by: by,
            review_at,
        };
        hold.checked(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::HOLD_REVIEW_MAX;

    const NOW: Timestamp = Timestamp::from_millis(1_795_338_000_000);

    #[test]
    fn each_ground_has_a_name_of_its_own_and_its_letter_of_the_law() {
        for (ground, letter) in Ground::ALL.into_iter().zip('a'..) {
            assert_eq!(Ground::from_word(ground.word()), Some(ground));
            assert_eq!(ground.basis(), format!("Art. 18(1)({letter}) GDPR"));
        }
        assert_eq!(Ground::from_word("because"), None);
    }

    #[test]
    fn a_restriction_names_who_has_set_it_and_is_looked_at_again_within_ninety_days() {
        let hold = |by: &str, review| Ground::Accuracy.hold(by.to_owned(), review, NOW);
        assert!(hold("Ada", NOW.plus(HOLD_REVIEW_MAX)).is_ok());
        assert_eq!(hold(" ", NOW.plus(HOLD_REVIEW_MAX)), Err(HoldProblem::Empty("by")));
        assert_eq!(hold("Ada", NOW), Err(HoldProblem::ReviewPast));
    }
}
